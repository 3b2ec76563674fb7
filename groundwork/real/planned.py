"""What the engine would replace and delete for real, judged before it is asked to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from groundwork.core.stacks import StackFile
from groundwork.policy.facts import Approval, Change
from groundwork.policy.judge import Violation
from groundwork.policy.planned import approvals, has_rules, judge_of, judged
from groundwork.real.contents import Ask, Held, filled
from groundwork.real.engine import Pulumi, resources_of
from groundwork.real.errors import RealError
from groundwork.sandbox.engine.outcome import LOSING
from groundwork.sandbox.urns import name_of


@dataclass(frozen=True)
class Allowed:
    """What an update may lose.

    Attributes:
        approvals: those that it uses.
        lifted: URNs of what is protected no longer in the state, so that it can go.
    """

    approvals: tuple[Approval, ...] = ()
    lifted: tuple[str, ...] = ()


def check_changes(
    root: Path, stack: StackFile, engine: Pulumi, warn: Callable[[str], None], ask: Ask = filled
) -> Allowed:
    """Refuse an update that would lose data without an approval, or that AWS would refuse; return what it may lose.

    What is approved to be deleted, and protected in the state, is so no longer: no program can take that off what it
    no longer has.

    Nothing is refused where the engine cannot plan: its own update says why, in its own words.

    Raises:
        RealError: with every change that no approval covers.
        StackError: the program refuses what the user gave it, or the file of exemptions and approvals is wrong.
    """
    if not has_rules(root):
        return Allowed()
    planned = engine.preview(stack.name)
    if planned is None:
        warn(f"`pulumi preview` of {stack.name} made no plan: what the update would replace or delete is not judged.")
        return Allowed()
    lost = changes(planned)
    judge = judge_of(root, stack) if lost else None
    if judge is None:
        return Allowed()
    found = judged(judge, lost)
    for each in found:
        if each.level != "refuse":
            warn(f"{each.rule.id}: {each.said}")
    refused = [_line(each) for each in found if each.level == "refuse"]
    if not refused:
        full = ask(stack.environment, [stack], [Held(each.type, each.name, each.old) for each in lost])
        refused = [f"- {sentence}: AWS deletes it empty, so empty it first, of old versions too" for sentence in full]
    if refused:
        raise RealError("\n".join([f"`pulumi up` of {stack.name} is refused, and nothing was changed:", *refused]))
    used = approvals(judge, lost)
    going = [each.urn for each in lost if each.urn in used and each.action == "delete" and each.protected]
    for urn in going:
        warn(f"{used[urn].resource} is approved to go: the engine protects it no longer.")
    if going:
        engine.read("state", "unprotect", *going, "--stack", stack.name, "--yes")
    return Allowed(tuple(used.values()), tuple(going))


def protect_again(stack: StackFile, engine: Pulumi, lifted: Sequence[str]) -> None:
    """Protect what was to go and is still there: an update that was not done leaves nothing open."""
    there = {resource["urn"] for resource in resources_of(engine.exported(stack.name))} if lifted else set()
    if left := [urn for urn in lifted if urn in there]:
        engine.read("state", "protect", *left, "--stack", stack.name, "--yes")


def changes(planned: Mapping[str, Any]) -> list[Change]:
    """Return what is replaced and deleted in what `pulumi preview --json` says, but for what stays where it is."""
    found: dict[str, Change] = {}
    for step in planned.get("steps") or ():
        old = step.get("oldState") or {}
        if step["op"] in LOSING and not old.get("retainOnDelete"):
            found.setdefault(
                step["urn"],
                Change(
                    LOSING[step["op"]],
                    str(old.get("type") or (step.get("newState") or {}).get("type") or ""),
                    name_of(step["urn"]),
                    step["urn"],
                    bool(old.get("protect")),
                    tuple(step.get("replaceReasons") or ()),
                    old.get("inputs") or {},
                ),
            )
    return list(found.values())


def _line(found: Violation) -> str:
    return f"- {found.rule.id}: {found.said}"
