"""What a run of the engine replaces and deletes, judged by the policies over changes."""

from __future__ import annotations

from pathlib import Path

from groundwork.core.stacks import StackFile
from groundwork.policy.facts import Change
from groundwork.policy.planned import approvals, judged
from groundwork.sandbox.engine import events
from groundwork.sandbox.engine.outcome import LOSING, Outcome

_PACK = "groundwork"


def judge_lost(root: Path, stack: StackFile, outcome: Outcome) -> str:
    """Add what the policies say of an outcome's changes to its violations; return why it is refused, else nothing.

    Raises:
        StackError: the file of exemptions and approvals is wrong.
    """
    changes = [
        Change(LOSING[step.op], step.type, step.name, step.urn, step.protected, step.keys, step.old)
        for step in outcome.lost.values()
    ]
    outcome.approved = {
        urn: f"approved by {one.owner} until {one.until}: {one.reason}"
        for urn, one in approvals(root, stack, changes).items()
    }
    refused = []
    for found in judged(root, stack, changes):
        mandatory = found.level == "refuse"
        level = "mandatory" if mandatory else "advisory"
        outcome.checked[f"{_PACK}/{found.rule.id}"] += 1
        outcome.violations.append(events.Violation(_PACK, found.rule.id, level, found.said, found.subject.urn))
        if mandatory:
            refused.append(f"- {found.rule.id}: {found.said}")
    return "\n".join([f"The changes of {stack.name} are refused:", *refused]) if refused else ""
