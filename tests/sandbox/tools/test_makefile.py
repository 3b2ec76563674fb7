"""Rule: the Makefile only sets up and passes on; what a command does is the command's own business."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[3]
MAKE = shutil.which("make")
RUN = "python3 groundwork/sandbox/bootstrap.py"

pytestmark = pytest.mark.skipif(MAKE is None, reason="make is not installed")


def commands(*arguments: str) -> list[str]:
    """What make would run, as a list of lines."""
    # Within `make test` the outer make's own options would be taken over.
    environment = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MFLAGS", "STACK")}
    done = subprocess.run(
        [str(MAKE), "--dry-run", "--no-print-directory", *arguments],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return [line.rstrip() for line in done.stdout.splitlines()]


@pytest.mark.parametrize("verb", ["rehearse", "plan", "down", "shell"])
def test_a_verb_is_passed_on_with_the_stack_which_is_dev_unless_told(verb: str) -> None:
    assert commands(verb) == [f"{RUN} groundwork {verb} dev"]
    assert commands(verb, "STACK=prod") == [f"{RUN} groundwork {verb} prod"]


def test_verbs_without_a_stack() -> None:
    assert commands("rehearse-all") == [f"{RUN} groundwork rehearse --all"]
    assert commands("doctor") == [f"{RUN} groundwork doctor"]
    assert commands("explain") == [f"{RUN} groundwork explain"]
    assert commands("explain", "COMPONENT=eks") == [f"{RUN} groundwork explain eks"]
    assert commands("bench") == [f"{RUN} groundwork bench"]


def test_the_tests_come_after_lint_types_and_tools_and_have_the_last_word() -> None:
    ran = commands("test")
    assert ran[:4] == [
        f"{RUN} {rest}" for rest in ("ruff check", "ruff format --check", "mypy", "python -m groundwork.sandbox.tools")
    ]
    assert ran[4] == f"{RUN} python -m tests.scanners"
    assert len(ran) == 6
    assert ran[5].startswith(f"{RUN} pytest ")


def test_continuous_integration_runs_the_two_commands_and_stops_at_the_first_that_fails() -> None:
    script = REPOSITORY / ".ci" / "run"
    assert os.access(script, os.X_OK)
    lines = [line for line in script.read_text().splitlines() if line and not line.startswith("#")]
    assert lines == ["set -eu", 'cd "$(dirname "$0")/.."', "make test", "make rehearse-all"]
