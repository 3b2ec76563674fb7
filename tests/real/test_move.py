"""A move is done as a whole, and what a kill left of one is finished by the next."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from groundwork.core import kept
from groundwork.real.errors import RealError
from groundwork.real.move import move
from tests.real.conftest import fake_pulumi, project_of


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    """A project whose files say that `store` is in the stack `two`, and whose states say so too."""
    stacks = {"one": "  groundwork:components: {other: {}}\n", "two": "  groundwork:components: {store: {}}\n"}
    root = project_of(tmp_path / "project", stacks)
    fake_pulumi(tmp_path)
    component = {"type": "groundwork:component:Store", "urn": "urn:pulumi:two::demo::groundwork:component:Store::store"}
    state(tmp_path, "one", {"other": {}, "store": {}})
    state(tmp_path, "two", {}, component)
    return root


def state(folder: Path, stack: str, keeps: dict[str, Any], *resources: dict[str, Any]) -> None:
    itself = {"type": "pulumi:pulumi:Stack", "urn": f"urn:pulumi:{stack}::demo::pulumi:pulumi:Stack::demo-{stack}"}
    told = {"deployment": {"resources": [{**itself, "outputs": {kept.OUTPUT: keeps}}, *resources]}}
    (folder / f"{stack}.json").write_text(json.dumps(told))


def test_what_a_kill_left_of_a_move_is_finished_by_the_next(lab: Path) -> None:
    """The resources are there, and the stack that they left still says that it keeps them: its next up would refuse."""
    environ = {"PATH": f"{lab.parent}:{os.environ['PATH']}"}
    assert move(lab, "store", "one", "two", environ).resources == 1
    (itself,) = json.loads((lab.parent / "one.json").read_text())["deployment"]["resources"]
    assert itself["outputs"][kept.OUTPUT] == {"other": {}}
    with pytest.raises(RealError) as error:
        move(lab, "store", "one", "two", environ)
    assert str(error.value) == "The stack one has no component store in its state; two has it already."
