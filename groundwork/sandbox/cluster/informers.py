"""A copy in memory of every kind that matters, kept true by watches."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence

from groundwork.sandbox.cluster.marks import Object, full_name
from groundwork.sandbox.cluster.world import WATCHED, Kind, World
from groundwork.sandbox.controlplane.client import KubeClient, KubeError

_RETRY_SECONDS = 1.0
_log = logging.getLogger(__name__)


class Informers:
    """One thread for each kind.

    Args:
        client: the API server.
        changed: called after each change, from any of the threads.
        kinds: what to watch.
    """

    def __init__(self, client: KubeClient, changed: Callable[[], None], kinds: Sequence[Kind] = WATCHED) -> None:
        """Start nothing yet."""
        self._client = client
        self._changed = changed
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._objects: dict[Kind, dict[str, Object]] = {kind: {} for kind in kinds}
        self._threads = [
            threading.Thread(target=self._follow, args=(kind,), name=f"watch {kind.kind}", daemon=True)
            for kind in kinds
        ]

    def start(self) -> None:
        """Read everything, then follow it (raises `KubeError` if the API server does not answer)."""
        self.resync()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End the threads; it takes as long as a watch does to notice."""
        self._stop.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()

    def world(self) -> World:
        """Return a snapshot, whose objects must not be changed."""
        with self._lock:
            return World({kind: dict(objects) for kind, objects in self._objects.items()})

    def resync(self) -> None:
        """Compare the copy with fresh lists: what a watch missed between two connections is mended."""
        for kind in self._objects:
            listed = {full_name(obj): obj for obj in self._client.list(*kind)}
            newest = max((_version(obj) for obj in listed.values()), default=0)
            with self._lock:
                known = self._objects[kind]
                for name in [name for name in known if name not in listed]:
                    if _version(known[name]) <= newest:  # else it was made after the list was taken
                        del known[name]
                for name, obj in listed.items():
                    if name not in known or _version(known[name]) < _version(obj):
                        known[name] = _slim(obj)
        self._changed()

    def _follow(self, kind: Kind) -> None:
        while not self._stop.is_set():
            try:
                for event in self._client.watch(*kind, stop=self._stop):
                    with self._lock:
                        if event.type == "DELETED":
                            self._objects[kind].pop(full_name(event.object), None)
                        else:
                            named = {"apiVersion": kind.api_version, "kind": kind.kind, **event.object}
                            self._objects[kind][full_name(named)] = _slim(named)
                    self._changed()
            except KubeError as error:
                _log.warning("watching %s: %s", kind.kind, error)
                self._stop.wait(_RETRY_SECONDS)


def _version(obj: Object) -> int:
    return int(obj["metadata"]["resourceVersion"])


def _slim(obj: Object) -> Object:
    """Drop what nobody here reads and what is most of many objects."""
    obj["metadata"].pop("managedFields", None)
    return obj
