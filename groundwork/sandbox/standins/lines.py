"""A small append-only file of JSON lines, from which a stand-in's memory is rebuilt after a kill."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any


class Lines:
    """JSON records on disk, readable by the owner only.

    A record is one line, written in one call and flushed, so that it survives the death of the process. A
    last line that was cut short by a kill is dropped when reading.
    """

    def __init__(self, path: Path) -> None:
        """Open the file at `path`, which need not exist yet."""
        self._path = path
        self._lock = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)

    def read(self) -> Iterator[dict[str, Any]]:
        """Yield the records in the order of writing."""
        for line in self._path.read_text(encoding="utf-8").splitlines():
            try:
                record = json.loads(line)
            except ValueError:
                continue
            if isinstance(record, dict):
                yield record

    def append(self, record: dict[str, Any]) -> None:
        """Add `record` at the end."""
        with self._lock, self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record, separators=(",", ":")) + "\n")

    def rewrite(self, records: Iterable[dict[str, Any]]) -> None:
        """Replace the whole file by `records`: at start-up, so that it does not grow for ever."""
        fresh = self._path.with_suffix(".new")
        fresh.touch(mode=0o600)
        with self._lock:
            fresh.write_text("".join(json.dumps(r, separators=(",", ":")) + "\n" for r in records), "utf-8")
            fresh.replace(self._path)
