"""Rule: the doctor names each thing that is missing, stale or left over, with the command that mends it."""

from __future__ import annotations

from pathlib import Path

import pytest

from groundwork.sandbox.finding import Finding, Severity
from groundwork.sandbox.tools import check as module
from groundwork.sandbox.tools.check import check
from groundwork.sandbox.tools.lock import exclusive


@pytest.fixture(autouse=True)
def settled(search_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No fitting tool on PATH, and an environment that is up to date."""
    monkeypatch.setattr(module, "is_current", lambda checkout: True)


def about(subject: str) -> list[Finding]:
    return [finding for finding in check() if subject in finding.subject]


def test_each_missing_tool_is_an_error() -> None:
    assert about("helm") == [Finding("helm 3.22.0", "is not installed", "make tools", Severity.ERROR)]
    assert len(check()) == 5


def test_an_environment_that_is_out_of_date_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "is_current", lambda checkout: False)
    assert about("Python") == [
        Finding(
            "Python packages in .venv",
            "is not known to be what pyproject.toml and uv.lock say now",
            "make tools",
            Severity.WARNING,
        )
    ]


def test_what_a_killed_build_left_is_a_warning_with_its_size(home: Path) -> None:
    left = home / "scratch" / "build-abc"
    left.mkdir(parents=True)
    (left / "cache").write_bytes(b"x" * 60_000_000)
    assert about("build-abc") == [
        Finding(str(left), "was left by a killed build (0.1 GB)", "make tools", Severity.WARNING)
    ]


def test_the_folder_of_a_build_that_is_going_on_is_nobodys_business(home: Path) -> None:
    (home / "scratch" / "build-abc").mkdir(parents=True)
    with exclusive("tools", lambda holder: None):
        assert about("build-abc") == []


def test_tools_of_other_versions_are_a_note(home: Path) -> None:
    (home / "tools" / "helm-3.1.0").mkdir(parents=True)
    assert about("helm-3.1.0") == [
        Finding(
            f"{home}/tools/helm-3.1.0",
            "is of another version than this checkout uses; another checkout may",
            f"rm -r {home}/tools/helm-3.1.0",
            Severity.NOTE,
        )
    ]


def test_what_other_tests_put_beside_the_tools_is_not_of_another_version(home: Path) -> None:
    (home / "tools" / "checkov-831e81ba9244").mkdir(parents=True)
    assert about("checkov") == []


def test_a_disk_without_room_is_told_before_it_is_full(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "free_at", lambda folder: 200_000_000)
    assert about(str(home)) == [
        Finding(
            str(home),
            "has 0.2 GB free; a sandbox takes up to 0.5 GB",
            "export GROUNDWORK_HOME=..., a folder on another disk; or make room: the sandboxes below can go, too",
            Severity.WARNING,
        )
    ]
