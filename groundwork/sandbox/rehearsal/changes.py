"""What the policies say beside the engine: of what a run replaces and deletes, and of several stacks together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from groundwork.core.stacks import StackFile
from groundwork.policy.facts import Change
from groundwork.policy.judge import Finding, Violation
from groundwork.policy.planned import approvals, judge_of, judged, uses
from groundwork.policy.subject import Subject
from groundwork.sandbox.engine import events
from groundwork.sandbox.engine.outcome import LOSING, Outcome

_PACK = "groundwork"


def judge_lost(root: Path, stack: StackFile, there: Sequence[Subject], outcome: Outcome) -> str:
    """Add what the policies say of an outcome's changes to its violations; return why it is refused, else nothing.

    Args:
        there: the resources of the stack after the changes.

    Raises:
        StackError: the file of exemptions and approvals is wrong.
    """
    judge = judge_of(root, stack)
    if judge is None:
        return ""
    changes = [
        Change(LOSING[step.op], step.type, step.name, step.urn, step.protected, step.keys, step.old)
        for step in outcome.lost.values()
        if not step.retained
    ]
    outcome.approved = {
        urn: f"approved by {one.owner} until {one.until}: {one.reason}"
        for urn, one in approvals(judge, changes).items()
    }
    outcome.uses = uses(judge, changes, there)
    refused = _add(judged(judge, changes), outcome)
    return "\n".join([f"The changes of {stack.name} are refused:", *refused]) if refused else ""


def judge_whole(root: Path, stack: StackFile, stacks: Mapping[str, Sequence[Subject]], outcome: Outcome) -> str:
    """Judge an environment's stacks together, where it has several; return why that is refused, else nothing.

    Args:
        stack: the last of them.
        stacks: the resources of each.
        outcome: where what is said is added: no run of one stack says it.

    Raises:
        StackError: the file of exemptions and approvals is wrong.
    """
    judge = judge_of(root, stack) if len(stacks) > 1 else None
    if judge is None:
        return ""
    refused = _add(judge.whole(list(stacks.values())), outcome)
    return "\n".join([f"{', '.join(stacks)} are refused together:", *refused]) if refused else ""


def _add(findings: Iterable[Finding], outcome: Outcome) -> list[str]:
    """Add violations to an outcome's; return a line for each that refuses."""
    refused = []
    for found in findings:
        if not isinstance(found, Violation):
            continue
        mandatory = found.level == "refuse"
        level = "mandatory" if mandatory else "advisory"
        outcome.checked[f"{_PACK}/{found.rule.id}"] += 1
        outcome.violations.append(events.Violation(_PACK, found.rule.id, level, found.said, found.subject.urn))
        if mandatory:
            refused.append(f"- {found.rule.id}: {found.said}")
    return refused
