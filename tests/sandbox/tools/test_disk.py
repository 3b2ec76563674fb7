"""Rule: what needs room says how much, where, and what to do, before it starts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from groundwork.sandbox.tools.definitions import TOOLS, Tool
from groundwork.sandbox.tools.disk import require_room
from groundwork.sandbox.tools.ensure import FETCHED_GO_BYTES, RESERVE_BYTES, install_missing, room_needed
from groundwork.sandbox.tools.errors import ToolsError
from groundwork.sandbox.tools.golang import Go
from groundwork.sandbox.tools.progress import PlainReporter


def test_too_little_room_is_told_with_the_numbers_and_the_remedy() -> None:
    with pytest.raises(ToolsError) as caught:
        require_room(Path("/data"), 8_800_000_000, "building helm 3.22.0", "set GROUNDWORK_HOME", free=1_230_000_000)
    assert str(caught.value) == (
        "No room on the disk: building helm 3.22.0 needs 8.8 GB in /data, and 1.2 GB are free.\n"
        "Free some, or set GROUNDWORK_HOME; then run again."
    )


def test_exactly_enough_is_enough() -> None:
    require_room(Path("/data"), 100, "x", "y", free=100)


def test_a_folder_that_is_not_there_yet_is_measured_where_it_will_be(tmp_path: Path) -> None:
    require_room(tmp_path / "a" / "b", 1, "x", "y")


def test_the_machines_own_go_saves_the_room_for_ours(tiny: Tool) -> None:
    own = Go(Path("/usr/bin/go"), "go1.26.9", None)
    assert room_needed([tiny], None) == room_needed([tiny], own) + FETCHED_GO_BYTES


def test_caches_add_up_and_what_a_linker_takes_is_given_back(tiny: Tool) -> None:
    own = Go(Path("/usr/bin/go"), "go1.26.9", None)
    small = replace(tiny, installed_bytes=1, cache_bytes=10, linking_bytes=5)
    greedy = replace(tiny, installed_bytes=2, cache_bytes=20, linking_bytes=1000)
    assert room_needed([small, greedy], own) - RESERVE_BYTES == 11 + 22 + 1000
    assert room_needed([greedy, small], own) - RESERVE_BYTES == 22 + 1000


def test_what_building_everything_took_from_nothing_has_room() -> None:
    measured = 8_830_000_000
    assert measured < room_needed(TOOLS, None) < 1.1 * measured


def test_without_room_nothing_is_begun(
    tiny: Tool, home: Path, fake_go: Callable[[], Path], telling: PlainReporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_go()
    monkeypatch.setattr("groundwork.sandbox.tools.disk.free_at", lambda folder: 5)
    with pytest.raises(ToolsError, match=r"No room on the disk: building tiny 1\.2\.3 needs 0\.6 GB in "):
        install_missing(telling, [tiny])
    assert not (home / "scratch").exists()
    assert not (home / "tools").exists()
