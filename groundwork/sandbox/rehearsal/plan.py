"""The engine's preview in the sandbox."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from groundwork.core.errors import StackError, listing
from groundwork.core.project import Project
from groundwork.core.stacks import StackFile
from groundwork.preview.cost import Paid
from groundwork.sandbox.engine.outcome import Outcome, all_refused
from groundwork.sandbox.engine.state import resources_in
from groundwork.sandbox.rehearsal.changes import judge_lost, judge_whole
from groundwork.sandbox.rehearsal.judged import (
    ChartVerdict,
    judge_charts,
    planned_steps,
    planned_subjects,
    refusal,
    stored_subjects,
)
from groundwork.sandbox.rehearsal.narrator import Narrator, Phase
from groundwork.sandbox.rehearsal.sandbox import Sandbox
from groundwork.sandbox.rehearsal.stage import on_stage
from groundwork.sandbox.rendered import Rendered
from groundwork.sandbox.urns import name_of


@dataclass
class Plan:
    """What would change, by stack, and why the plan is not whole where `error` is not empty.

    Attributes:
        charts: what the policies say of what charts render.
        anew: why what was rehearsed before is lost, so that all is planned as new; empty where it is not.
        before: what there is in the sandbox now, of the stacks that were planned.
        after: what there would be.
    """

    name: str
    phases: list[Phase]
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    error: str = ""
    seconds: float = 0.0
    before: list[Paid] = field(default_factory=list)
    after: list[Paid] = field(default_factory=list)
    charts: list[ChartVerdict] = field(default_factory=list)
    anew: str = ""

    @property
    def refused(self) -> bool:
        """Whether it failed for nothing but the user's input."""
        return all_refused(self.outcomes.values())


def plan(root: Path, name: str, narrator: Narrator) -> Plan:
    """Plan an environment's stacks, or one stack, against what is in the sandbox now.

    Raises:
        StackError: the stack files are wrong, or a stack's imports were not rehearsed yet.
        ToolsMissing, SandboxBusyError, StartError, StackLockedError: it could not begin.
    """
    with on_stage(root, name, narrator, check=True, require=partial(_require_imports, name)) as stage:
        made = Plan(name, narrator.phases, anew=stage.anew)
        Rendered(stage.sandbox.paths.rendered).plan_anew()
        asked = _asked(name, stage.stacks)
        with narrator.phase(f"prepare {', '.join(stack.name for stack in asked)}"):
            for stack in asked:
                made.before += [
                    Paid(r["type"], name_of(r["urn"]), r.get("inputs", {}))
                    for r in stage.recover(stack.name).resources()
                    if r.get("custom")
                ]
        # A preview reads of other stacks what their last up put out, and leaves nothing for others: none waits.
        made.outcomes = stage.side_by_side("preview", [stack.name for stack in asked], *stage.policy_flags)
        failed = {stack: outcome for stack, outcome in made.outcomes.items() if not outcome.succeeded}
        made.error = "\n".join(str(stage.failure("preview", *found)) for found in failed.items())
        there = {
            stack.name: stored_subjects(stage.state(stack.name).resources())
            for stack in stage.stacks
            if stack not in asked
        }
        for stack in asked:
            outcome = made.outcomes[stack.name]
            there[stack.name] = planned_subjects(outcome)
            refused = judge_lost(root, stack, there[stack.name], outcome)
            made.error = made.error or refused
            made.charts += judge_charts(stage, stack, there[stack.name], planned=True)
            made.after += [Paid(step.type, step.name, step.inputs) for step in planned_steps(outcome)]
        made.error = made.error or refusal(made.charts)
        made.error = made.error or judge_whole(root, asked[-1], there, made.outcomes[asked[-1].name])
        made.seconds = narrator.seconds
    return made


def _asked(name: str, stacks: Sequence[StackFile]) -> list[StackFile]:
    return [stack for stack in stacks if stack.name == name] or list(stacks)


def _require_imports(name: str, sandbox: Sandbox, project: Project, stacks: Sequence[StackFile], lost: str) -> None:
    """Refuse to plan a stack on top of nothing: what it imports has to be up (raises StackError)."""
    asked = _asked(name, stacks)
    up = {
        stack.name
        for stack in stacks
        if not lost and resources_in(sandbox.paths.pulumi_state, project.name, stack.name)
    }
    importing = [stack.name for stack in asked if set(stack.imports) - up]
    missing = list(dict.fromkeys(each for stack in asked for each in stack.imports if each not in up))
    if not missing:
        return
    why = f" ({lost})" if lost else ""
    alone = [f"`groundwork plan {stack.name}`" for stack in asked if not stack.imports]
    raise StackError(
        [
            f"{listing(importing)} {'imports' if len(importing) == 1 else 'import'} {listing(missing)}, "
            f"of which the sandbox has nothing to plan against{why}: run `groundwork rehearse {name}` first"
            + (f"; {listing(alone)} can be run already" if alone else "")
        ]
    )
