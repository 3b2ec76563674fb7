"""A registry as a mirror, `oci://host/path`: filled and read by Helm with the user's own logins, `helm registry login`.

What counts is the digest of the archive, as in a folder. A registry keeps no lock: where the catalogue has no digest,
an archive is compared with the one that this machine pushed.
"""

from __future__ import annotations

import ipaddress
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from groundwork.core.catalogue import Chart
from groundwork.core.mirror import Locked, archive_name, digest_of, expected_digest, read_lock
from groundwork.mirror.errors import MirrorError
from groundwork.mirror.fill import Result, Tell
from groundwork.mirror.tools import Programs, ToolFailed
from groundwork.sandbox.home import pulled_from, registry_folder

SCHEME = "oci://"
_NONE_SUCH = re.compile(r"not found|manifest unknown|name unknown|404|unknown to registry", re.IGNORECASE)


@dataclass(frozen=True)
class Registry:
    """One registry; on the machine's loopback it is spoken to without TLS."""

    address: str
    programs: Programs

    @property
    def folder(self) -> Path:
        """The folder of this machine that it is filled from; what was pulled from it lies apart."""
        return registry_folder(self.address)

    def pull(self, entry: Chart, into: Path) -> Path | None:
        """Fetch an archive, None where the registry does not have it.

        Raises:
            MirrorError: the registry cannot be reached, or refuses.
        """
        place: list[str | Path] = [f"{self.address}/{entry.chart}", "--version", entry.version, "--destination", into]
        try:
            self.programs.run([self.programs.helm, "pull", *place, *self._flags()])
        except ToolFailed as failed:
            if _NONE_SUCH.search(str(failed)):
                return None
            raise MirrorError([f"{entry.chart} {entry.version} cannot be had from {self.address}: {failed}"]) from None
        return next(into.glob(f"{entry.chart}-*.tgz"))

    def push(self, archive: Path) -> None:
        """Put an archive there.

        Raises:
            MirrorError: the registry cannot be reached, or refuses.
        """
        try:
            self.programs.run([self.programs.helm, "push", archive, self.address, *self._flags()])
        except ToolFailed as failed:
            raise MirrorError([f"{archive.name} cannot be put into {self.address}: {failed}"]) from None

    def _flags(self) -> list[str]:
        host = self.address.removeprefix(SCHEME).partition("/")[0].rpartition(":")[0]
        try:
            loopback = ipaddress.ip_address(host.strip("[]")).is_loopback
        except ValueError:
            loopback = host == "localhost"
        return ["--plain-http"] if loopback else []


def publish(registry: Registry, charts: Mapping[str, Chart], filled: Result, tell: Tell) -> None:
    """Put what a folder holds into the registry, where that does not have it; what fails is added to the result."""
    locks = read_lock(filled.folder)
    filled.registry = registry.address
    filled.fetched.clear()
    for key in list(filled.held):
        entry = charts[key]
        try:
            problem, there = _compare(registry, key, entry, locks)
            if not there:
                tell(f"{key}: pushing {archive_name(entry)} to {registry.address}")
                registry.push(filled.folder / archive_name(entry))
                filled.fetched.append(key)
        except MirrorError as error:
            problem = f"{key}: {error}"
        if problem:
            filled.problems.append(f"{problem}; nothing was overwritten")
            del filled.held[key]


def check_registry(registry: Registry, charts: Mapping[str, Chart]) -> Result:
    """Verify that the registry has every chart, and each as the catalogue or this machine's folder says."""
    result = Result(registry.folder, registry.address)
    locks = read_lock(registry.folder)
    for key, entry in charts.items():
        try:
            problem, there = _compare(registry, key, entry, locks)
        except MirrorError as error:
            result.problems.append(f"{key}: {error}")
            continue
        if not there:
            remedy = f"run `groundwork mirror --to {registry.address} --only {key}`"
            result.problems.append(f"{key}: {registry.address} has no {entry.chart} {entry.version}: {remedy}")
        elif problem:
            result.problems.append(problem)
        else:
            result.held[key] = (expected_digest(key, entry, locks) or ("", "nobody"))[1]
    return result


def bring(registry: Registry, charts: Mapping[str, Chart], tell: Tell) -> Path:
    """Return a folder with all that the registry has of the catalogue; what is there already is not fetched again.

    Raises:
        MirrorError: the registry cannot be reached.
    """
    folder = pulled_from(registry.address)
    folder.mkdir(parents=True, exist_ok=True)
    for entry in charts.values():
        archive = folder / archive_name(entry)
        if archive.is_file():
            continue
        with tempfile.TemporaryDirectory(prefix=".groundwork-", dir=folder) as place:
            pulled = registry.pull(entry, Path(place))
            if pulled is not None:
                tell(f"{archive.name} came from {registry.address}")
                pulled.rename(archive)
    return folder


def _compare(registry: Registry, key: str, entry: Chart, locks: Mapping[str, Locked]) -> tuple[str | None, bool]:
    """Return what is wrong with the registry's archive, and whether it has one."""
    with tempfile.TemporaryDirectory(prefix="groundwork-registry-") as place:
        pulled = registry.pull(entry, Path(place))
        if pulled is None:
            return None, False
        expected, found = expected_digest(key, entry, locks), digest_of(pulled)
    if expected is None or found == expected[0]:
        return None, True
    what = f"{entry.chart} {entry.version} of {registry.address} is not what {expected[1]} says"
    return f"{key}: {what}: expected {expected[0]}, found {found}", True
