"""A watch misses nothing and tells nothing twice, whatever happens to the server."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from groundwork.sandbox.controlplane.errors import ApiError, ApiUnreachableError
from groundwork.sandbox.controlplane.watching import follow

GONE = ApiError(410, "Expired", "too old resource version")


def thing(name: str, version: int, uid: str = "") -> dict[str, Any]:
    return {"metadata": {"name": name, "resourceVersion": str(version), "uid": uid or name}}


class Server:
    """Plays lists and streams in turn; stops the watch when there is nothing left to play."""

    def __init__(self, lists: list[list[dict[str, Any]]], streams: list[list[Any]]) -> None:
        self.lists, self.streams = iter(lists), iter(streams)
        self.stop = threading.Event()
        self.since: list[str] = []

    def list_all(self) -> tuple[list[dict[str, Any]], str]:
        items = next(self.lists)
        return items, max((item["metadata"]["resourceVersion"] for item in items), default="0")

    def changes_since(self, version: str) -> Iterator[Mapping[str, Any]]:
        self.since.append(version)
        stream = next(self.streams, None)
        if stream is None:
            self.stop.set()
            return
        for each in stream:
            if isinstance(each, Exception):
                raise each
            yield each

    def told(self) -> list[tuple[str, str, str]]:
        return [
            (event.type, event.object["metadata"]["name"], event.object["metadata"]["resourceVersion"])
            for event in follow(self.list_all, self.changes_since, self.stop)
        ]


def test_what_exists_comes_first_and_each_request_goes_on_where_the_last_ended() -> None:
    server = Server(
        [[thing("a", 1)]],
        [
            [{"type": "MODIFIED", "object": thing("a", 2)}, {"type": "BOOKMARK", "object": thing("", 7)}],
            [{"type": "DELETED", "object": thing("a", 8)}],
        ],
    )
    assert server.told() == [("ADDED", "a", "1"), ("MODIFIED", "a", "2"), ("DELETED", "a", "8")]
    assert server.since == ["1", "7", "8"]


@pytest.mark.parametrize(
    "interruption",
    [
        GONE,
        {"type": "ERROR", "object": {"code": 410}},
        ApiUnreachableError("https://127.0.0.1:1", "gone"),
    ],
)
def test_after_an_interruption_only_the_difference_is_told(interruption: Any) -> None:
    server = Server(
        [
            [thing("same", 1), thing("changed", 2), thing("removed", 3), thing("remade", 4)],
            [thing("same", 1), thing("changed", 5), thing("remade", 6, uid="other"), thing("new", 7)],
        ],
        [[interruption]],
    )
    assert server.told()[4:] == [
        ("DELETED", "removed", "3"),
        ("MODIFIED", "changed", "5"),
        ("DELETED", "remade", "4"),
        ("ADDED", "remade", "6"),
        ("ADDED", "new", "7"),
    ]


def test_a_refusal_ends_the_watch() -> None:
    forbidden = ApiError(403, "Forbidden", "no")
    with pytest.raises(ApiError, match="no"):
        Server([[]], [[forbidden]]).told()
