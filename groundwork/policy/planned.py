"""Judging outside of the engine: by the rules of the project, of which the machinery knows none."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from pathlib import Path

from groundwork.core.stacks import StackFile
from groundwork.policy.facts import Approval, Change
from groundwork.policy.judge import Judge, Violation

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


def judged(root: Path, stack: StackFile, changes: Iterable[Change]) -> list[Violation]:
    """Return what is wrong with the planned changes of a stack, nothing where the project in `root` has no rules.

    Raises:
        StackError: the file of exemptions and approvals is wrong.
    """
    found = list(changes)
    judge = judge_of(root, stack) if found else None
    if judge is None:
        return []
    return [said for change in found for said in judge.change(change) if isinstance(said, Violation)]


def approvals(root: Path, stack: StackFile, changes: Iterable[Change]) -> dict[str, Approval]:
    """Return the approval of each planned change that has one which counts today, by the URN of what changes.

    Raises:
        StackError: the file of exemptions and approvals is wrong.
    """
    found = list(changes)
    judge = judge_of(root, stack) if found else None
    if judge is None:
        return {}
    return {
        change.urn: approval
        for change in found
        for approval in judge.facts.approvals
        if approval.counts(stack.environment, judge.facts.today) and approval.covers(change, stack.environment)
    }
