"""What the stand-in remembers beside moto: recorded resources, and values that moto does not keep."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from groundwork.sandbox.standins.lines import Lines


def handle(token: str, region: str, id: str) -> str:
    """Return the key of one resource."""
    return f"{token}|{region}|{id}"


class Store:
    """Recorded resources and overlays by handle, on disk; nothing secret is ever handed to it.

    An overlay says, for a property, what was asked for and what the description showed instead. As long as it shows
    the same, the property counts as being what was asked for; once it shows something else, somebody changed it.
    """

    def __init__(self, path: Path) -> None:
        """Open the store at `path`."""
        self._lines = Lines(path)
        self._lock = threading.RLock()
        self._recorded: dict[str, dict[str, Any]] = {}
        self._overlays: dict[str, dict[str, Any]] = {}
        for record in self._lines.read():
            kind, name, value = record["kind"], record["handle"], record["value"]
            target = self._recorded if kind == "recorded" else self._overlays
            if value is None:
                target.pop(name, None)
            else:
                target[name] = value
        self._lines.rewrite(self._all())

    def recorded(self, name: str) -> dict[str, Any] | None:
        """Return the properties of a recorded resource, None where there is none."""
        with self._lock:
            found = self._recorded.get(name)
            return dict(found) if found is not None else None

    def recorded_of(self, token: str) -> list[dict[str, Any]]:
        """Return the properties of every recorded resource of one type."""
        with self._lock:
            return [dict(value) for name, value in self._recorded.items() if name.startswith(f"{token}|")]

    def record(self, name: str, properties: dict[str, Any]) -> None:
        """Remember a recorded resource."""
        self._set("recorded", self._recorded, name, properties)

    def overlay(self, name: str) -> dict[str, Any]:
        """Return the overlay of a resource: property to `{"wanted": ..., "shown": ...}`."""
        with self._lock:
            return dict(self._overlays.get(name, {}))

    def lay_over(self, name: str, overlay: dict[str, Any]) -> None:
        """Replace the overlay of a resource."""
        if overlay or name in self._overlays:
            self._set("overlay", self._overlays, name, overlay or None)

    def forget(self, name: str) -> None:
        """Forget a resource that was deleted."""
        for kind, target in (("recorded", self._recorded), ("overlay", self._overlays)):
            if name in target:
                self._set(kind, target, name, None)

    def clear(self) -> None:
        """Forget everything: the API that it belonged to is gone."""
        with self._lock:
            self._recorded.clear()
            self._overlays.clear()
            self._lines.rewrite(())

    def _set(self, kind: str, target: dict[str, Any], name: str, value: dict[str, Any] | None) -> None:
        with self._lock:
            if value is None:
                target.pop(name, None)
            else:
                target[name] = value
            self._lines.append({"kind": kind, "handle": name, "value": value})

    def _all(self) -> list[dict[str, Any]]:
        return [
            {"kind": kind, "handle": name, "value": value}
            for kind, target in (("recorded", self._recorded), ("overlay", self._overlays))
            for name, value in target.items()
        ]
