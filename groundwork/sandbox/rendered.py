"""What charts rendered: the objects of each Release, kept where policies and reports read them.

Secrets' contents are left out: rules read what objects are, and no file needs to hold what they hide.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

Moment = Literal["live", "planned"]
_HIDDEN = ("data", "stringData")


@dataclass(frozen=True)
class ChartObjects:
    """One Release's objects.

    Attributes:
        urn: the Release's.
        double: whether a double took the chart's place.
        namespace: the Release's, where an object without one goes.
        objects: what was rendered, hooks included.
    """

    urn: str
    chart: str
    version: str
    double: bool
    namespace: str
    objects: Sequence[Mapping[str, Any]]


class Rendered:
    """The objects of all Releases of a sandbox: those that are installed, and those that the last plan would bring."""

    def __init__(self, folder: Path) -> None:
        """Keep them in `folder`."""
        self._folder = folder

    def keep(self, found: ChartObjects, moment: Moment) -> None:
        """Keep a Release's objects in the place of those that were kept before."""
        path = self._path(found.urn, moment)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        kept = [_without_secrets(each) for each in _flattened(found.objects)]
        written = path.with_suffix(".new")
        written.write_text(json.dumps({**asdict(found), "objects": kept}, default=str), encoding="utf-8")
        written.replace(path)

    def remove(self, urn: str) -> None:
        """Forget a Release: it was uninstalled."""
        self._path(urn, "live").unlink(missing_ok=True)

    def plan_anew(self) -> None:
        """Forget what an earlier plan rendered."""
        shutil.rmtree(self._folder / "planned", ignore_errors=True)

    def of(self, urns: Sequence[str], *, planned: bool) -> Iterator[ChartObjects]:
        """Return the objects of these Releases, in a plan as they would be; none for what was never rendered."""
        for urn in urns:
            paths = [self._path(urn, moment) for moment in (("planned", "live") if planned else ("live",))]
            found = next((path for path in paths if path.is_file()), None)
            if found:
                yield ChartObjects(**json.loads(found.read_text(encoding="utf-8")))

    def _path(self, urn: str, moment: Moment) -> Path:
        return self._folder / moment / f"{hashlib.sha256(urn.encode()).hexdigest()[:24]}.json"


def _flattened(objects: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for each in objects:
        kind, items = str(each.get("kind")), each.get("items")
        if kind.endswith("List") and isinstance(items, list):
            # A RoleList's items need not say what they are.
            own = {"apiVersion": each.get("apiVersion"), "kind": kind.removesuffix("List")} if kind != "List" else {}
            yield from _flattened([{**own, **item} for item in items])
        elif each.get("kind") != "CustomResourceDefinition":
            yield each


def _without_secrets(manifest: Mapping[str, Any]) -> Mapping[str, Any]:
    if manifest.get("kind") != "Secret":
        return manifest
    return {
        key: dict.fromkeys(value or {}, "") if key in _HIDDEN and isinstance(value, Mapping) else value
        for key, value in manifest.items()
    }
