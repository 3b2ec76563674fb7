"""Filling and checking a mirror from the catalogue."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from groundwork.core.catalogue import Chart, load_catalogue
from groundwork.core.errors import StackError, closest
from groundwork.core.mirror import LOCK, Locked, archive_name, digest_of, expected_digest, fault, read_lock, write_lock
from groundwork.mirror.archive import read_from
from groundwork.mirror.errors import MirrorError
from groundwork.mirror.fetch import Source, obtain
from groundwork.mirror.recipe import FOLDER, read_recipe, recipe_file
from groundwork.mirror.tools import Programs

SCHEMAS = "schemas"
Tell = Callable[[str], None]


@dataclass
class Result:
    """What came of filling or checking.

    Attributes:
        registry: the address of the registry that it is about, None where it is about the folder.
        absent: how many charts are not there, where none is: one problem tells of all.
        held: key -> who says what its digest has to be.
        fetched: keys of what was not there before.
        unproven: keys of archives taken from a folder, whose digest the catalogue does not know.
        problems: one sentence each; with one, the mirror is not whole.
        notes: what is no fault, and good to know.
    """

    folder: Path
    registry: str | None = None
    absent: int = 0
    held: dict[str, str] = field(default_factory=dict)
    fetched: list[str] = field(default_factory=list)
    unproven: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def chosen(root: Path, only: Sequence[str]) -> dict[str, Chart]:
    """Return the catalogue's charts, or those that were asked for.

    Raises:
        StackError: naming every key that the catalogue does not have.
    """
    charts = load_catalogue(root).charts
    unknown = [f"the catalogue has no chart {key!r}; {closest(key, charts)}" for key in only if key not in charts]
    if unknown:
        raise StackError(unknown)
    return {key: entry for key, entry in charts.items() if not only or key in only}


def fill(
    root: Path, folder: Path, only: Sequence[str], programs: Programs, tell: Tell, archives: Path | None = None
) -> Result:
    """Put every chart of the catalogue that is not there into the mirror; what fails does not keep the rest from it.

    Args:
        archives: a folder of archives that were brought here by other ways: what it has is not fetched or built, but
            has to be what the catalogue says all the same.

    Raises:
        StackError: a key is none, or the lock or the catalogue is wrong.
    """
    charts = chosen(root, only)
    folder.mkdir(parents=True, exist_ok=True)
    locks = read_lock(folder)
    result = Result(folder)
    for key, entry in charts.items():
        file = folder / archive_name(entry)
        try:
            if not file.is_file():
                source = source_of(root, key, entry, archives)
                tell(f"{key}: {_doing(source)} {archive_name(entry)}, {source.words}")
                locks[key] = obtain(source, folder, locks, programs)
                result.fetched.append(key)
                result.unproven += [key] if source.archive and not entry.digest else []
                write_lock(folder, locks)
            elif problem := _judge(folder, key, entry, locks):
                result.problems.append(problem)
                continue
        except (MirrorError, StackError) as error:
            result.problems += error.problems
            continue
        result.held[key] = (expected_digest(key, entry, locks) or ("", ""))[1]
        _keep_schema(folder, entry)
    return result


def check(root: Path, folder: Path, only: Sequence[str]) -> Result:
    """Verify that every chart of the catalogue is in the mirror, and is what it should be. Nothing is fetched.

    Raises:
        StackError: a key is none, or the lock or the catalogue is wrong.
    """
    charts, everything = chosen(root, only), load_catalogue(root).charts
    locks = read_lock(folder)
    result = Result(folder)
    if charts and not any((folder / archive_name(entry)).is_file() for entry in charts.values()):
        result.absent = len(charts)
        state = "is not there" if not folder.is_dir() else "is empty" if not any(folder.iterdir()) else "has no chart"
        chosen_keys = "".join(f" --only {key}" for key in only)
        result.problems.append(f"{folder} {state}: fill it with `groundwork mirror --to {folder}{chosen_keys}`")
        charts = {}
    for key, entry in charts.items():
        if not (folder / archive_name(entry)).is_file():
            result.problems.append(
                f"{key}: {folder} has no {archive_name(entry)}: run `groundwork mirror --to {folder} --only {key}`"
            )
        elif problem := _judge(folder, key, entry, locks):
            result.problems.append(problem)
        else:
            result.held[key] = (expected_digest(key, entry, locks) or ("", ""))[1]
    known = {archive_name(entry) for entry in everything.values()}
    result.notes += [f"{file.name} is of no use: the catalogue does not have it" for file in _archives(folder, known)]
    return result


def source_of(root: Path, key: str, entry: Chart, archives: Path | None = None) -> Source:
    """Return where a chart comes from.

    Args:
        archives: a folder; what it has, it gives.

    Raises:
        MirrorError: upstream ships none, and there is no recipe to build it by.
        StackError: the recipe is wrong.
    """
    if archives is not None and (archive := archives / archive_name(entry)).is_file():
        return Source(key, entry, archive=archive)
    if entry.repository is not None:
        return Source(key, entry)
    file = recipe_file(root, entry.chart)
    if not file.is_file():
        where = FOLDER / file.name
        raise MirrorError([f"{key}: upstream ships no chart, only {entry.source}, and there is no recipe {where}"])
    return Source(key, entry, read_recipe(file))


def _doing(source: Source) -> str:
    return "taking" if source.archive else "building" if source.recipe else "fetching"


def _judge(folder: Path, key: str, entry: Chart, locks: Mapping[str, Locked]) -> str | None:
    """Return what is wrong with an archive that is there; here one that nobody vouches for is wrong, too."""
    if expected_digest(key, entry, locks) is None:
        found = digest_of(folder / archive_name(entry))
        return (
            f"{key}: neither the catalogue nor {LOCK} says what {archive_name(entry)} has to be (it is {found}); "
            f"delete it and run `groundwork mirror --to {folder} --only {key}`"
        )
    return fault(folder, key, entry, locks)


def _archives(folder: Path, known: set[str]) -> list[Path]:
    return sorted(file for file in folder.glob("*.tgz") if file.name not in known)


def _keep_schema(folder: Path, entry: Chart) -> None:
    """Put the chart's own schema of its values beside it, for editors and for tests of values."""
    schema = read_from(folder / archive_name(entry), "values.schema.json")
    if schema is not None:
        (folder / SCHEMAS).mkdir(exist_ok=True)
        (folder / SCHEMAS / f"{entry.chart}-{entry.version}.json").write_bytes(schema)
