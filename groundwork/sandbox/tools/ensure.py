"""Bringing the tools in place: once a machine, by one process at a time."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate
from types import FrameType

from groundwork.sandbox.home import home, tools_dir
from groundwork.sandbox.tools.build import Workshop, build
from groundwork.sandbox.tools.definitions import MEGABYTE, TOOLS, Tool
from groundwork.sandbox.tools.disk import gigabytes, require_room
from groundwork.sandbox.tools.errors import file_errors_told
from groundwork.sandbox.tools.golang import Go, fetch_go, own_go
from groundwork.sandbox.tools.locate import survey
from groundwork.sandbox.tools.lock import exclusive
from groundwork.sandbox.tools.progress import Reporter
from groundwork.sandbox.tools.replace import replace_folder
from groundwork.sandbox.tools.scratch import build_scratch, clear_leftovers

LOCK = "tools"

FETCHED_GO_BYTES = 260 * MEGABYTE
"""The pinned Go, unpacked."""

RESERVE_BYTES = 500 * MEGABYTE
"""For what tools share: the first to be built pays for it, and the others' numbers lack it."""


def install_missing(telling: Reporter, tools: Sequence[Tool] = TOOLS) -> None:
    """Build those of `tools` that are neither installed nor on PATH, and remove what killed builds left.

    Safe to interrupt and to repeat: a tool is in place as a whole or not at all, and what was built stays.

    Raises:
        ToolsError: there is no room, something cannot be fetched, or a build fails.
    """

    def waiting(holder: str) -> None:
        telling.note(f"Another setup is building the tools ({holder}): waiting for it.")

    with file_errors_told(), exclusive(LOCK, waiting):
        for folder in clear_leftovers():
            telling.note(f"Removed what an interrupted build had left: {folder}")
        _, missing = survey(tools)
        if missing:
            _install([each.tool for each in missing], telling)


def room_needed(tools: Sequence[Tool], go: Go | None) -> int:
    """Return the bytes that building `tools` one after the other takes at its peak."""
    kept = accumulate(tool.cache_bytes + tool.installed_bytes for tool in tools)
    peak = max(before + tool.linking_bytes for before, tool in zip(kept, tools, strict=True))
    return peak + RESERVE_BYTES + (0 if go else FETCHED_GO_BYTES)


def _install(tools: Sequence[Tool], telling: Reporter) -> None:
    go = own_go()
    needed = room_needed(tools, go)
    stays = sum(tool.installed_bytes for tool in tools)
    labels = ", ".join(tool.label for tool in tools)
    require_room(home(), needed, f"building {labels}", "set GROUNDWORK_HOME to a folder with more room")
    telling.note(
        f"Building {labels}, once for this machine: about {sum(t.build_minutes for t in tools):.0f} min "
        f"on 2 cores. It takes {gigabytes(needed)} in {home()}, of which {gigabytes(stays)} stay."
    )
    with _ended_properly(), build_scratch() as scratch:
        workshop = Workshop(go or fetch_go(scratch, telling), scratch)
        for tool in tools:
            with telling.step(f"building {tool.label}") as step:
                finished = build(tool, workshop, step)
                replace_folder(finished, tools_dir() / tool.folder, scratch / f"replaced-{tool.folder}")


@contextmanager
def _ended_properly() -> Iterator[None]:
    """Let a request to end unwind as Ctrl-C does, so that compilers end and folders go."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def leave(number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
