"""Creates by URN, on disk, so that nothing is made twice when the engine dies before it saves its state.

The engine writes its state after a provider has answered. If it is killed in between, the resource exists,
but the state does not know it, and the next run asks for it again. A stand-in keeps each create here until
a later request shows that the engine knows the id; a create of the same URN before that finds the resource
and adopts it.

The real providers have no such journal: on AWS the second run makes a second resource, or fails because the
name is taken, and the first one must be found and imported or deleted by hand.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from groundwork.sandbox.standins.lines import Lines


@dataclass(frozen=True)
class Made:
    """A resource that exists and that the engine has not shown to know yet.

    `fingerprint` tells whether it was made from the same inputs; `facts` is what the stand-in needs to find
    and delete it without the engine (a region, a namespace): never a secret.
    """

    urn: str
    id: str
    fingerprint: str
    facts: dict[str, Any] = field(default_factory=dict)


def fingerprint(inputs: Any) -> str:
    """Return a digest of `inputs`, whatever the order of their keys, that tells nothing of the values."""
    text = json.dumps(inputs, sort_keys=True, default=str)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


class Attempt:
    """One create under way: what an earlier attempt left, and where to say what was made."""

    def __init__(self, journal: Journal, urn: str, earlier: Made | None) -> None:
        """Start an attempt for `urn`; `earlier` is the unseen resource of the attempt before."""
        self._journal = journal
        self.urn = urn
        self.earlier = earlier

    def made(self, id: str, inputs: Any, **facts: Any) -> None:
        """Say that the resource now exists under `id`; call it as soon as the id is known."""
        self._journal._remember(Made(self.urn, id, fingerprint(inputs), facts))

    def gone(self) -> None:
        """Say that the earlier resource does not exist any more."""
        if self.earlier is not None:
            self._journal.seen(self.urn, self.earlier.id)
            self.earlier = None


class Journal:
    """The creates that the engine may not know of, on disk and safe for use by many threads."""

    def __init__(self, path: Path) -> None:
        """Open the journal at `path`, with what an earlier process wrote into it."""
        self._lines = Lines(path)
        self._lock = threading.Lock()
        self._busy: dict[str, threading.Lock] = {}
        self._made: dict[str, Made] = {}
        for record in self._lines.read():
            made = Made(**record["made"])
            if record["seen"]:
                if made.urn in self._made and self._made[made.urn].id == made.id:
                    del self._made[made.urn]
            else:
                self._made[made.urn] = made
        self._lines.rewrite({"seen": False, "made": asdict(made)} for made in self._made.values())

    @contextmanager
    def create(self, urn: str) -> Iterator[Attempt]:
        """Enter a create of `urn`, after an earlier one that is still under way has ended.

        The engine may be killed while a create runs on in the stand-in; the next run then waits for it here.
        """
        with self._lock:
            busy = self._busy.setdefault(urn, threading.Lock())
        with busy:
            yield Attempt(self, urn, self._made.get(urn))

    def seen(self, urn: str, id: str) -> None:
        """Note that the engine knows `id` of `urn`; call it at each request that carries an id."""
        with self._lock:
            made = self._made.get(urn)
            if made is not None and made.id == id:
                del self._made[urn]
                self._lines.append({"seen": True, "made": asdict(made)})

    def unseen(self) -> list[Made]:
        """Return what the engine has not shown to know, oldest first: after a destroy, the orphans."""
        with self._lock:
            return list(self._made.values())

    def _remember(self, made: Made) -> None:
        with self._lock:
            self._made.pop(made.urn, None)
            self._made[made.urn] = made
            self._lines.append({"seen": False, "made": asdict(made)})
