"""Where a Release's chart comes from: a local path, a mirror, or last a double; never the network."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import yaml

from groundwork.core.mirror import digest_of
from groundwork.sandbox.doubles.chart import make_double
from groundwork.sandbox.doubles.switches import read_switches
from groundwork.sandbox.inventory import InventoryError, read_inventory
from groundwork.sandbox.standins.kubernetes.definitions import Definitions
from groundwork.sandbox.standins.kubernetes.settings import KubernetesSettings
from groundwork.sandbox.standins.protocol import ProviderError


@dataclass(frozen=True)
class Chart:
    """A chart on this machine; `mark` and `note` are what the ledger says of a Release of it."""

    name: str
    version: str
    path: Path
    mark: Literal["executed", "double"]
    note: str


class Charts:
    """Finds charts as the settings say."""

    def __init__(self, settings: KubernetesSettings, definitions: Definitions) -> None:
        """Take the schemas of a double's custom resources from `definitions`."""
        self._settings = settings
        self._definitions = definitions
        self._lock = threading.Lock()

    def locate(self, chart: str, version: str | None) -> Chart:
        """Return the chart of that name and exact version; without a version the newest there is.

        `chart` is what the program says: a name, `repository/name`, `oci://…/name` or an absolute path.

        Raises:
            ProviderError: it is nowhere; the message names where it was looked for.
        """
        if _is_path(chart):
            return self._local(chart)
        name = chart.rstrip("/").rpartition("/")[2]
        if version and not re.fullmatch(r"v?[0-9]+\.[0-9]+\.[0-9]+\S*", version):
            raise ProviderError(
                f"chart {name}: {version!r} is not an exact version, and without the network none is chosen"
            )
        for mirror in self._settings.mirrors:
            for found, path in _candidates(mirror, name, version, (".tgz", "")):
                if path.suffix == ".tgz" or (path / "Chart.yaml").is_file():
                    self._verify(name, found, path)
                    return Chart(name, found, path, "executed", f"the chart {path.name} of the mirror")
        for found, path in _candidates(self._settings.inventory, name, version, (".json",)):
            return self._double(name, found, path)
        looked = [*(f"mirror {mirror}" for mirror in self._settings.mirrors), f"inventories {self._settings.inventory}"]
        raise ProviderError(
            f"chart {name} {version or '(any version)'} is not on this machine, and the network is never asked. "
            f"Looked for {name}-{version or '*'}.tgz, then for its inventory {name}-{version or '*'}.json, in: "
            f"{'; '.join(looked)}. {self._others(name)}"
        )

    def is_held(self, chart: str, version: str | None) -> bool:
        """Whether the chart itself is on this machine, so that no double takes its place."""
        name = chart.rstrip("/").rpartition("/")[2]
        return _is_path(chart) or any(any(_candidates(m, name, version, (".tgz", ""))) for m in self._settings.mirrors)

    def _local(self, chart: str) -> Chart:
        path = Path(chart)
        if not path.is_absolute():
            raise ProviderError(f"chart {chart}: the sandbox needs an absolute path to a local chart")
        if not path.exists():
            raise ProviderError(f'path "{chart}" not found')
        if path.is_dir() and not (path / "Chart.yaml").is_file():
            raise ProviderError(f"chart {chart}: there is no Chart.yaml in it")
        about = yaml.safe_load((path / "Chart.yaml").read_text(encoding="utf-8")) if path.is_dir() else {}
        archived = re.fullmatch(r"(.+?)-(v?\d+\.\d+\.\d+.*)\.tgz", path.name)
        name = str(about.get("name") or (archived[1] if archived else path.stem))
        version = str(about.get("version") or (archived[2] if archived else ""))
        return Chart(name, version, path, "executed", "a chart of the program's own")

    def _verify(self, name: str, version: str, path: Path) -> None:
        expected = self._settings.digests.get(f"{name}-{version}", "").removeprefix("sha256:")
        if not expected or not path.is_file():
            return
        actual = digest_of(path).removeprefix("sha256:")
        if actual != expected:
            raise ProviderError(
                f"chart {name} {version}: {path} is not the archive of the catalogue (its sha256 is {actual}, the "
                f"catalogue's {expected}). Delete it and fill the mirror again"
            )

    def _double(self, name: str, version: str, path: Path) -> Chart:
        try:
            inventory = read_inventory(path)
            switches = read_switches(path.with_name(f"{name}-{version}.switches.yaml"), inventory)
        except InventoryError as error:
            raise ProviderError(str(error)) from None
        double = make_double(name, version, inventory, switches, self._definitions.schema)
        folder = self._settings.state_dir / "doubles" / f"{name}-{version}-{_digest(double.files)}"
        with self._lock:
            if not folder.is_dir():
                double.write(folder)
        left_out = f"; left out: {', '.join(double.left_out)}" if double.left_out else ""
        note = (
            f"the chart is in no mirror; its double has {len(double.files) - 3} of {len(inventory)} objects{left_out}"
        )
        return Chart(name, version, folder, "double", note)

    def _others(self, name: str) -> str:
        folders = (*self._settings.mirrors, self._settings.inventory)
        found = sorted({v for f in folders for v, _ in _candidates(f, name, None, (".tgz", ".json"))})
        return f"Versions that are there: {', '.join(found)}" if found else "No version of it is there"


def _is_path(chart: str) -> bool:
    return chart.startswith(("/", "./", "../", "~")) or chart in (".", "..") or chart.endswith(".tgz")


def _candidates(folder: Path, name: str, version: str | None, suffixes: tuple[str, ...]) -> Iterator[tuple[str, Path]]:
    """Yield what `folder` has of a chart, newest first; a leading `v` of the version makes no difference."""
    if not folder.is_dir():
        return
    if version:
        for written in (version, f"v{version}", version.removeprefix("v")):
            for suffix in suffixes:
                path = folder / f"{name}-{written}{suffix}"
                if path.exists():
                    yield written, path
        return
    pattern = re.compile(re.escape(name) + r"-(v?\d+\.\d+\.\d+[^/]*?)(\.tgz|\.json)?")
    found = [(m[1], p) for p in folder.iterdir() if (m := pattern.fullmatch(p.name)) and (m[2] or "") in suffixes]
    yield from sorted(found, key=lambda item: [int(n) for n in re.findall(r"\d+", item[0])], reverse=True)


def _digest(files: Mapping[str, str]) -> str:
    text = "\0".join(f"{name}\0{content}" for name, content in sorted(files.items()))
    return hashlib.sha256(text.encode()).hexdigest()[:12]
