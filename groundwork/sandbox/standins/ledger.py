"""How each resource of a rehearsal was answered: the marks of the final table."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from groundwork.sandbox.standins.lines import Lines

Mark = Literal["executed", "rendered", "double", "recorded"]
"""executed: by a real engine or emulation. rendered: by the real tool, applied nowhere. double: a generated
chart or CRD took its place. recorded: checked and remembered, and nothing more."""

MARKS: tuple[Mark, ...] = get_args(Mark)


@dataclass(frozen=True)
class Entry:
    """The mark of one resource and why; `notes` are remarks for the report, such as "may replace"."""

    mark: Mark
    reason: str = ""
    notes: tuple[str, ...] = ()


class Ledger:
    """Marks by URN, on disk and safe for use by many threads."""

    def __init__(self, path: Path) -> None:
        """Open the ledger kept at `path`, with what an earlier process wrote into it."""
        self._lines = Lines(path)
        self._lock = threading.Lock()
        self._entries: dict[str, Entry] = {}
        for record in self._lines.read():
            urn = str(record["urn"])
            if record.get("mark") is None:
                self._entries.pop(urn, None)
            else:
                self._entries[urn] = Entry(record["mark"], record["reason"], tuple(record["notes"]))
        self._lines.rewrite(_record(urn, entry) for urn, entry in self._entries.items())

    def mark(self, urn: str, mark: Mark, reason: str = "", notes: tuple[str, ...] = ()) -> None:
        """Set the mark of `urn`, with the reason and the remarks that the report prints."""
        entry = Entry(mark, reason, notes)
        with self._lock:
            if self._entries.get(urn) == entry:
                return
            self._entries[urn] = entry
            self._lines.append(_record(urn, entry))

    def note(self, urn: str, *notes: str, default: Mark = "recorded") -> None:
        """Add remarks to `urn`; one that has no mark yet gets `default`."""
        entry = self.get(urn) or Entry(default)
        added = tuple(note for note in notes if note not in entry.notes)
        if added:
            self.mark(urn, entry.mark, entry.reason, entry.notes + added)

    def remove(self, urn: str) -> None:
        """Forget `urn`: its resource was deleted."""
        with self._lock:
            if self._entries.pop(urn, None) is not None:
                self._lines.append({"urn": urn, "mark": None})

    def get(self, urn: str) -> Entry | None:
        """Return the entry of `urn`."""
        with self._lock:
            return self._entries.get(urn)

    def entries(self) -> dict[str, Entry]:
        """Return a copy of all entries."""
        with self._lock:
            return dict(self._entries)

    def to_json(self) -> dict[str, dict[str, Any]]:
        """Return the entries as plain data."""
        return {
            urn: {"mark": entry.mark, "reason": entry.reason, "notes": list(entry.notes)}
            for urn, entry in self.entries().items()
        }


def _record(urn: str, entry: Entry) -> dict[str, Any]:
    return {"urn": urn, "mark": entry.mark, "reason": entry.reason, "notes": list(entry.notes)}
