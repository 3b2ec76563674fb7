"""What a mirror holds, and whether it is what was put there: a folder of chart archives with a lock beside them.

A digest of the catalogue is what counts. Where upstream's is not known, the lock has the one of the archive that was
fetched or built: it shows that a file changed since, not that the first one was upstream's.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from pydantic import Field, TypeAdapter, ValidationError

from groundwork.core.catalogue import Chart
from groundwork.core.config import Config
from groundwork.core.errors import StackError

LOCK = "mirror.json"
"""The file of the mirror that says what each archive is, and where it came from."""


class Locked(Config):
    """One archive of a mirror.

    Attributes:
        source: the repository that it was fetched from, or what it was built of.
    """

    file: str
    digest: str = Field(pattern=r"^sha256:[0-9a-f]{64}$")
    source: str


_LOCKS = TypeAdapter(dict[str, Locked])


def archive_name(entry: Chart) -> str:
    """Return the file of a chart in a mirror."""
    return f"{entry.chart}-{entry.version}.tgz"


def digest_of(file: Path) -> str:
    """Return a file's digest, as the catalogue writes it."""
    return f"sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}"


def read_lock(mirror: Path) -> dict[str, Locked]:
    """Return key of the catalogue -> archive; nothing where the mirror has no lock.

    Raises:
        StackError: where the lock is none.
    """
    file = mirror / LOCK
    if not file.is_file():
        return {}
    try:
        return _LOCKS.validate_json(file.read_bytes())
    except ValidationError:
        raise StackError([f"{file} is no lock of a mirror: delete it and run `groundwork mirror` again"]) from None


def write_lock(mirror: Path, locks: Mapping[str, Locked]) -> None:
    """Write the lock, sorted."""
    plain = {key: locks[key].model_dump(by_alias=True) for key in sorted(locks)}
    (mirror / LOCK).write_text(json.dumps(plain, indent=1) + "\n", encoding="utf-8")


def expected_digest(key: str, entry: Chart, locks: Mapping[str, Locked]) -> tuple[str, str] | None:
    """Return the digest that an archive has to have and who says so, None where nobody knows it."""
    if entry.digest:
        return entry.digest, "the catalogue"
    locked = locks.get(key)
    return (locked.digest, "the mirror's lock") if locked and locked.file == archive_name(entry) else None


def fault(mirror: Path, key: str, entry: Chart, locks: Mapping[str, Locked]) -> str | None:
    """Return what is wrong with an archive that is there, None where it is what it should be or nobody knows that."""
    expected = expected_digest(key, entry, locks)
    file = mirror / archive_name(entry)
    if expected is None or (found := digest_of(file)) == expected[0]:
        return None
    return (
        f"{key}: {file} is not what {expected[1]} says: expected {expected[0]}, found {found}; "
        f"delete it and run `groundwork mirror --to {mirror} --only {key}`"
    )


def check_archives(mirror: Path, charts: Mapping[str, Chart]) -> None:
    """Refuse a mirror in which an archive is not what it should be; one that is not there is no matter here.

    Raises:
        StackError: naming every such archive, with the digest expected and the one found.
    """
    locks = read_lock(mirror)
    there = {key: entry for key, entry in charts.items() if (mirror / archive_name(entry)).is_file()}
    faults = [fault(mirror, key, entry, locks) for key, entry in there.items()]
    problems = [problem for problem in faults if problem]
    if problems:
        raise StackError(problems)
