"""Judging outside of the engine: by the rules of the project, of which the machinery knows none."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from groundwork.core.stacks import StackFile
from groundwork.policy.facts import Approval, Change
from groundwork.policy.judge import Judge, Violation
from groundwork.policy.subject import Subject

_PACK = Path("policies/pack.py")


def has_rules(root: Path) -> bool:
    """Return whether the project in `root` has a pack."""
    return (root / _PACK).is_file()


def judge_of(root: Path, stack: StackFile) -> Judge | None:
    """Return who judges a stack by the project's own rules; None where the project has none.

    Raises:
        StackError: the file of exemptions and approvals is wrong.
    """
    if not has_rules(root):
        return None
    settings = {
        "groundwork:environment": stack.environment,
        "groundwork:profile": stack.profile_name,
        "stack": stack.name,
    }
    found: Judge = importlib.import_module("policies.pack").judge(root, settings)
    return found


def judged(judge: Judge, changes: Iterable[Change]) -> list[Violation]:
    """Return what is wrong with the planned changes of a stack."""
    return [said for change in changes for said in judge.change(change) if isinstance(said, Violation)]


def approvals(judge: Judge, changes: Iterable[Change]) -> dict[str, Approval]:
    """Return the approval of each planned change that has one which counts today, by the URN of what changes."""
    counting = _counting(judge)
    return {
        change.urn: approval
        for change in changes
        for approval in counting
        if approval.covers(change, judge.facts.environment)
    }


Use = Literal["used", "kept", "absent"]
"""What a plan does with an approval: what it lets be, nothing of what it names, or there is nothing of that name."""


def uses(judge: Judge, changes: Iterable[Change], there: Iterable[Subject]) -> dict[str, Use]:
    """Return what becomes of each approval that counts today in a stack's environment, by how messages call it.

    Args:
        there: the resources of the stack after the changes.
    """
    lost, labels = list(changes), {subject.label for subject in there}
    return {
        one.called: "used"
        if any(one.covers(change, judge.facts.environment) for change in lost)
        else "kept"
        if one.resource in labels
        else "absent"
        for one in _counting(judge)
    }


def _counting(judge: Judge) -> list[Approval]:
    facts = judge.facts
    return [one for one in facts.approvals if one.counts(facts.environment, facts.today)]
