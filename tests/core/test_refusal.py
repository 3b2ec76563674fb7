"""What a program refuses reaches whoever called the engine."""

from __future__ import annotations

import os
from pathlib import Path

import pulumi
import pytest

from groundwork.core import program, refusal
from groundwork.core.errors import StackError


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Let the program refuse two things, and keep how it ends."""
    codes: list[int] = []

    def run(root: Path) -> None:
        raise StackError(["one", "two: \u201cquoted\u201d"])

    monkeypatch.setattr(program, "run", run)
    monkeypatch.setattr(pulumi.log, "error", lambda message: None)
    monkeypatch.setattr(os, "_exit", codes.append)
    monkeypatch.delenv(refusal.FILE, raising=False)
    return codes


def test_what_is_refused_is_written_where_the_caller_wants_it(
    ended: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(refusal.FILE, str(tmp_path / "refused.json"))
    program.main(tmp_path)
    assert refusal.told(tmp_path / "refused.json") == ("one", "two: \u201cquoted\u201d")
    assert ended == [32]


def test_plain_pulumi_asks_for_no_such_file(ended: list[int], tmp_path: Path) -> None:
    program.main(tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert refusal.told(tmp_path / "refused.json") == ()
    assert ended == [32]
