"""An approval takes the engine's protection off what it names, in the state too, and off nothing else."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from groundwork.core.project import load_project
from groundwork.policy.facts import Change
from groundwork.policy.planned import Use, judge_of, uses
from groundwork.policy.subject import Subject
from groundwork.sandbox.engine.state import StackState
from groundwork.sandbox.rehearsal.approved import lift_approved
from tests.real.conftest import project

_REPOSITORY, _CLAIM = "aws:ecr/repository:Repository", "kubernetes:core/v1:PersistentVolumeClaim"
_UNTIL = datetime.datetime.now(datetime.UTC).date()


def _urn(type: str, name: str) -> str:
    return f"urn:pulumi:lab::groundwork::groundwork:component:Ecr${type}::{name}"


@dataclass
class _State:
    """A stack with two repositories and a volume claim."""

    lifted: list[str] = field(default_factory=list)

    def resources(self) -> list[dict[str, Any]]:
        made: list[tuple[str, str, dict[str, Any]]] = [(_REPOSITORY, "ecr-tool", {}), (_REPOSITORY, "ecr-app", {})]
        made.append((_CLAIM, "loki-data", {"metadata": {"name": "data", "namespace": "loki"}}))
        return [{"type": type, "urn": _urn(type, name), "inputs": of, "protect": True} for type, name, of in made]

    def unprotect(self, urns: Sequence[str]) -> None:
        self.lifted += urns


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    root = project(tmp_path)
    for name in ("policies/pack.py", "platform/catalogue.yaml"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text('kubernetes: ["1.35"]\n')
    return root


def _approve(root: Path, *resources: str, environment: str = "lab") -> None:
    entries = [
        f"  - {{resource: {resource}, action: delete, environment: {environment}, owner: ada, reason: no longer used, "
        f"until: '{_UNTIL}'}}\n"
        for resource in resources
    ]
    (root / "policies" / "exemptions.yaml").write_text("approvals:\n" + "".join(entries))


def _lifted(root: Path) -> list[str]:
    state = _State()
    assert lift_approved(root, load_project(root).stack("lab"), cast(StackState, state)) == state.lifted
    return state.lifted


def test_only_what_is_approved_is_unprotected(lab: Path) -> None:
    assert _lifted(lab) == []
    _approve(lab, "Repository ecr-tool", "PersistentVolumeClaim loki/data")
    assert _lifted(lab) == [_urn(_REPOSITORY, "ecr-tool"), _urn(_CLAIM, "loki-data")]


def test_a_file_that_is_wrong_unprotects_nothing_and_keeps_nobody_from_looking_around(lab: Path) -> None:
    _approve(lab, "Repository ecr-tool", environment="labb")
    assert _lifted(lab) == []


def test_an_approval_is_used_kept_or_of_nothing(lab: Path) -> None:
    _approve(lab, "Repository ecr-tool", "Repository ecr-app", "Repository ecr-tol")
    gone = Change("delete", _REPOSITORY, "ecr-tool", _urn(_REPOSITORY, "ecr-tool"), protected=True)
    there = [Subject(_REPOSITORY, "ecr-app", {})]
    judge = judge_of(lab, load_project(lab).stack("lab"))
    assert judge is not None
    found = uses(judge, [gone], there)
    expected: list[Use] = ["used", "kept", "absent"]
    assert list(found.values()) == expected
    assert next(iter(found)) == f"the approval of ada to delete Repository ecr-tool until {_UNTIL}"
