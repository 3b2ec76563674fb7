"""Follow a kind for as long as one likes, over broken connections and restarted servers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from groundwork.sandbox.controlplane.errors import GONE, ApiError, ApiUnreachableError

EventType = Literal["ADDED", "MODIFIED", "DELETED"]
Key = tuple[str, str]
_PAUSE_SECONDS = 0.5


@dataclass(frozen=True)
class WatchEvent:
    """One change of one object; at the start every object that exists is ADDED."""

    type: EventType
    object: dict[str, Any]


def follow(
    list_all: Callable[[], tuple[list[dict[str, Any]], str]],
    changes_since: Callable[[str], Iterator[Mapping[str, Any]]],
    stop: threading.Event,
) -> Iterator[WatchEvent]:
    """Yield every change until `stop` is set.

    When the server has forgotten where we were, or was away, the difference to what was last seen is worked
    out from a new list, so that no change is missed and none is told twice.

    Raises:
        ApiError: the server refuses, other than by asking for a new list.
    """
    known: dict[Key, dict[str, Any]] = {}
    version: str | None = None
    while not stop.is_set():
        try:
            if version is None:
                items, version = list_all()
                yield from _differences(known, items)
            for change in changes_since(version):
                if stop.is_set():
                    return
                if change["type"] == "ERROR":
                    version = None
                    if change["object"].get("code") != GONE:
                        stop.wait(_PAUSE_SECONDS)
                    break
                item = change["object"]
                version = item["metadata"]["resourceVersion"]
                if change["type"] != "BOOKMARK":
                    yield _remembered(known, change["type"], item)
        except ApiUnreachableError:
            version = None
            stop.wait(_PAUSE_SECONDS)
        except ApiError as error:
            if error.status != GONE:
                raise
            version = None


def _key(item: Mapping[str, Any]) -> Key:
    return item["metadata"].get("namespace", ""), item["metadata"]["name"]


def _remembered(known: dict[Key, dict[str, Any]], kind: EventType, item: dict[str, Any]) -> WatchEvent:
    if kind == "DELETED":
        known.pop(_key(item), None)
    else:
        known[_key(item)] = item
    return WatchEvent(kind, item)


def _differences(known: dict[Key, dict[str, Any]], items: list[dict[str, Any]]) -> Iterator[WatchEvent]:
    present = {_key(item): item for item in items}
    for key in [key for key in known if key not in present]:
        yield WatchEvent("DELETED", known.pop(key))
    for key, item in present.items():
        before = known.get(key)
        if before is None:
            yield _remembered(known, "ADDED", item)
        elif before["metadata"]["uid"] != item["metadata"]["uid"]:
            yield _remembered(known, "DELETED", before)
            yield _remembered(known, "ADDED", item)
        elif before["metadata"]["resourceVersion"] != item["metadata"]["resourceVersion"]:
            yield _remembered(known, "MODIFIED", item)
