"""The command: exit codes and messages."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.mirror.conftest import catalogue


def run(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "groundwork", "--root", str(root), "mirror", *arguments]
    environ = {"PATH": "/usr/bin:/bin", "COLUMNS": "200"}
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)


@pytest.fixture
def project(root: Path) -> Path:
    catalogue(root, paint={"chart": "painter", "version": "1.0.0", "repository": "https://charts.invalid"})
    return root


def test_a_mirror_that_is_not_whole_is_a_failure(project: Path, tmp_path: Path) -> None:
    done = run(project, "--to", str(tmp_path / "charts"), "--check")
    assert done.returncode == 1
    told = " ".join(done.stdout.split())
    folder = tmp_path / "charts"
    assert told == (
        f"{folder} is not there: fill it with `groundwork mirror --to {folder}` {folder}: 1 is wrong or missing."
    )
    assert not (tmp_path / "charts").exists(), "a check makes nothing"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--check", "--only", "pain"), "the catalogue has no chart 'pain'; did you mean 'paint'? valid: paint"),
        (("--git", "https://example.com/x"), "--git https://example.com/x: write URL=FOLDER"),
        (("--archives", "/nowhere/at/all"), "--archives /nowhere/at/all: there is no such folder"),
        (("--git", "https://example.com/x=/nowhere/at/all"), "--git https://example.com/x=/nowhere/at/all: write URL="),
    ],
)
def test_wrong_input_is_answered(project: Path, tmp_path: Path, arguments: tuple[str, ...], told: str) -> None:
    done = run(project, "--to", str(tmp_path / "charts"), *arguments)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert told in done.stderr
