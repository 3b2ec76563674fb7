"""The engine's preview in the sandbox."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from groundwork.core.errors import StackError
from groundwork.preview.cost import Paid
from groundwork.sandbox.engine.outcome import Outcome, all_refused
from groundwork.sandbox.rehearsal.changes import judge_lost
from groundwork.sandbox.rehearsal.judged import ChartVerdict, judge_charts, planned_steps, planned_subjects, refusal
from groundwork.sandbox.rehearsal.narrator import Narrator, Phase
from groundwork.sandbox.rehearsal.stage import Stage, on_stage
from groundwork.sandbox.rendered import Rendered
from groundwork.sandbox.urns import name_of


@dataclass
class Plan:
    """What would change, by stack, and why the plan is not whole where `error` is not empty.

    Attributes:
        charts: what the policies say of what charts render.
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
    with on_stage(root, name, narrator, check=True) as stage:
        made = Plan(name, narrator.phases)
        Rendered(stage.sandbox.paths.rendered).plan_anew()
        asked = [stack for stack in stage.stacks if stack.name == name] or stage.stacks
        for stack in asked:
            _require_imports(stage, stack.name, stack.imports)
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
        for stack in asked:
            outcome = made.outcomes[stack.name]
            refused = judge_lost(root, stack, outcome)
            made.error = made.error or refused
            subjects = planned_subjects(outcome)
            made.charts += judge_charts(stage, stack, subjects, planned=True)
            made.after += [Paid(step.type, step.name, step.inputs) for step in planned_steps(outcome)]
        made.error = made.error or refusal(made.charts)
        made.seconds = narrator.seconds
    return made


def _require_imports(stage: Stage, stack: str, imports: tuple[str, ...]) -> None:
    missing = [name for name in imports if not stage.state(name).resources()]
    if missing:
        raise StackError(
            [
                f"{stack} imports {', '.join(missing)}, which is not in the sandbox yet: "
                f"run `groundwork rehearse {stack}` first"
            ]
        )
