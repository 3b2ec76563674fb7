"""One archive: fetched by Helm, built, or taken from a folder; none is put in place that is not what it should be."""

from __future__ import annotations

import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from groundwork.core.catalogue import Chart
from groundwork.core.mirror import Locked, archive_name, digest_of, expected_digest
from groundwork.mirror.archive import read_from
from groundwork.mirror.build import build
from groundwork.mirror.errors import MirrorError
from groundwork.mirror.recipe import Recipe
from groundwork.mirror.tools import Programs, ToolFailed


@dataclass(frozen=True)
class Source:
    """Where one chart of the catalogue comes from: its repository, the recipe that it is built by, or an archive."""

    key: str
    entry: Chart
    recipe: Recipe | None = None
    archive: Path | None = None

    @property
    def words(self) -> str:
        """The source as the lock says it."""
        if self.archive is not None:
            return str(self.archive)
        if self.recipe is None:
            return str(self.entry.repository)
        return f"{self.recipe.repository} at {self.recipe.ref} ({self.recipe.commit})"


def obtain(source: Source, mirror: Path, locks: Mapping[str, Locked], programs: Programs) -> Locked:
    """Put an archive into the mirror and return what the lock says of it.

    Raises:
        MirrorError: it cannot be had, or is not the one of the catalogue, or of the lock where that has none.
        StackError: its recipe does not fit.
    """
    key, entry = source.key, source.entry
    with tempfile.TemporaryDirectory(prefix=".groundwork-", dir=mirror) as folder:
        archive = Path(folder) / archive_name(entry)
        if source.archive is not None:
            shutil.copyfile(source.archive, archive)
        elif source.recipe is not None:
            try:
                archive.write_bytes(build(entry, source.recipe, programs))
            except MirrorError as error:
                raise MirrorError([f"{key}: {problem}" for problem in error.problems]) from None
        else:
            archive = _pull(source, Path(folder), programs)
        _require_identity(source, archive)
        found = digest_of(archive)
        expected = expected_digest(key, entry, locks)
        if expected and found != expected[0]:
            raise MirrorError(
                [
                    f"{key}: {entry.chart} {entry.version} of {source.words} is not what {expected[1]} says: "
                    f"expected {expected[0]}, found {found}; it was not put into the mirror"
                ]
            )
        archive.rename(mirror / archive_name(entry))
    return Locked(file=archive_name(entry), digest=found, source=source.words)


def _pull(source: Source, folder: Path, programs: Programs) -> Path:
    entry, repository = source.entry, str(source.entry.repository)
    oci = repository.startswith("oci://")
    place = [f"{repository}/{entry.chart}"] if oci else [entry.chart, "--repo", repository]
    try:
        programs.run([programs.helm, "pull", *place, "--version", entry.version, "--destination", folder])
    except ToolFailed as failed:
        # What Helm says of the address before is said here already.
        why = str(failed).rpartition("is not a valid chart repository or cannot be reached: ")[2]
        raise MirrorError(
            [f"{source.key}: {entry.chart} {entry.version} cannot be had from {repository}: {why}"]
        ) from None
    return next(folder.glob("*.tgz"))


def _require_identity(source: Source, archive: Path) -> None:
    entry = source.entry
    try:
        about = yaml.safe_load(read_from(archive, "Chart.yaml") or b"") or {}
    except (OSError, EOFError, tarfile.TarError, zlib.error, yaml.YAMLError) as error:
        raise MirrorError([f"{source.key}: what {source.words} gave is no chart archive: {error}"]) from None
    found = (str(about.get("name")), str(about.get("version")))
    # Some charts say their version without the `v` that their repository knows them by.
    if found[0] != entry.chart or found[1].removeprefix("v") != entry.version.removeprefix("v"):
        wanted = f"{entry.chart} {entry.version}"
        raise MirrorError([f"{source.key}: {source.words} gave {found[0]} {found[1]}, and not {wanted}"])
