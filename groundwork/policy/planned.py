"""Judging what an update would replace or delete, where that is known: in a plan, a rehearsal, before an update."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from groundwork.core.stacks import StackFile
from groundwork.policy.facts import Change
from groundwork.policy.judge import Violation

_PACK = Path("policies/PulumiPolicy.yaml")


def has_rules(root: Path) -> bool:
    """Return whether the project in `root` has a pack."""
    return (root / _PACK).is_file()


def judged(root: Path, stack: StackFile, changes: Iterable[Change]) -> list[Violation]:
    """Return what is wrong with the planned changes of a stack, nothing where the project in `root` has no rules.

    Raises:
        StackError: the file of exemptions and approvals is wrong.
    """
    found = list(changes)
    if not found or not has_rules(root):
        return []
    # The rules are the project's, not the machinery's: only a project with a pack has them.
    from policies.pack import judge

    settings = {"groundwork:environment": stack.environment, "groundwork:profile": stack.profile_name}
    judge_of = judge(root, {**settings, "stack": stack.name})
    return [said for change in found for said in judge_of.change(change) if isinstance(said, Violation)]
