"""What a plan needs to be there already, and says before anything is started."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from groundwork.core.errors import StackError
from groundwork.core.project import load_project
from groundwork.sandbox.engine.state import checkpoint_file
from groundwork.sandbox.rehearsal.plan import _require_imports
from groundwork.sandbox.rehearsal.sandbox import Sandbox

STACKS = {"ground": "[]", "upper": "[ground]", "teams": "[ground, upper]"}
LOST = "the emulated AWS API has ended, and its state with it"


def refused(root: Path, name: str, *up: str, lost: str = "") -> str:
    """Return why an environment of three stacks, of which some are up, cannot be planned; empty where it can."""
    (root / "stacks").mkdir()
    (root / "Pulumi.yaml").write_text("name: demo\nmain: stacks/\nstackConfigDir: stacks\nruntime: python\n")
    for stack, imports in STACKS.items():
        text = f"config:\n  groundwork:environment: lab\n  groundwork:profile: dev\n  groundwork:imports: {imports}\n"
        text += f"  groundwork:components: {{of-{stack}: {{}}}}\n"
        (root / "stacks" / f"Pulumi.{stack}.yaml").write_text(text)
    project, sandbox = load_project(root), Sandbox.of(root, "lab")
    for stack in up:
        file = checkpoint_file(sandbox.paths.pulumi_state, project.name, stack)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({"checkpoint": {"latest": {"resources": [{}]}}}))
    try:
        _require_imports(name, sandbox, project, project.environment(name), lost)
    except StackError as error:
        return error.problems[0]
    return ""


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROUNDWORK_HOME", str(tmp_path / "home"))


def test_a_plan_of_stacks_on_top_of_nothing_names_what_to_run_and_what_can_be_planned_now(tmp_path: Path) -> None:
    assert refused(tmp_path, "lab") == (
        "upper and teams import ground and upper, of which the sandbox has nothing to plan against: run `groundwork "
        "rehearse lab` first; `groundwork plan ground` can be run already"
    )


def test_one_stack_asks_only_for_what_it_imports(tmp_path: Path) -> None:
    assert refused(tmp_path, "upper") == (
        "upper imports ground, of which the sandbox has nothing to plan against: run `groundwork rehearse upper` first"
    )


def test_what_is_up_can_be_planned_on(tmp_path: Path) -> None:
    assert refused(tmp_path, "lab", "ground", "upper") == ""


def test_what_was_up_and_is_lost_is_told_as_that(tmp_path: Path) -> None:
    assert refused(tmp_path, "upper", "ground", lost=LOST) == (
        f"upper imports ground, of which the sandbox has nothing to plan against ({LOST}): run `groundwork rehearse "
        "upper` first"
    )
