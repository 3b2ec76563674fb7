"""Bringing an environment up in its sandbox."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from groundwork.core.catalogue import Chart
from groundwork.core.errors import StackError
from groundwork.core.project import Project
from groundwork.policy.subject import Subject
from groundwork.sandbox.engine.failures import EngineError
from groundwork.sandbox.engine.outcome import Outcome, all_refused
from groundwork.sandbox.rehearsal import servers
from groundwork.sandbox.rehearsal.changes import judge_lost, judge_whole
from groundwork.sandbox.rehearsal.judged import ChartVerdict, judge_charts, refusal, stored_subjects
from groundwork.sandbox.rehearsal.narrator import Narrator, Phase
from groundwork.sandbox.rehearsal.sandbox import Sandbox
from groundwork.sandbox.rehearsal.stage import Stage, catalogued, on_stage
from groundwork.sandbox.standins.control import ask

_SETTLE_SECONDS = 30.0


@dataclass
class Rehearsal:
    """What a rehearsal came to; the report is made of it.

    Attributes:
        name: the environment or stack that was asked for.
        outcomes: stack -> what the engine told, in the order of the stacks.
        resources: stack -> its resources as the engine's state has them.
        marks: URN -> mark, reason and notes of the stand-ins.
        placement: who stands where in the cluster.
        kept_from: what was neutralised, and what was refused.
        settled: whether the cluster had nothing left to do at the end.
        recovered: what was mended of an earlier run.
        error: why it ended early, empty where it did not.
        charts: those of the catalogue, by key.
    """

    name: str
    phases: list[Phase]
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    resources: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    marks: dict[str, dict[str, Any]] = field(default_factory=dict)
    placement: dict[str, Any] = field(default_factory=dict)
    kept_from: dict[str, Any] = field(default_factory=dict)
    settled: bool = True
    anew: str = ""
    recovered: list[str] = field(default_factory=list)
    error: str = ""
    seconds: float = 0.0
    charts: Mapping[str, Chart] = field(default_factory=dict)
    rendered: list[ChartVerdict] = field(default_factory=list)

    @property
    def refused(self) -> bool:
        """Whether it failed for nothing but the user's input."""
        return all_refused(self.outcomes.values())

    @property
    def changed(self) -> int:
        """How many resources were changed."""
        return sum(outcome.changed for outcome in self.outcomes.values())


def rehearse(root: Path, name: str, narrator: Narrator) -> Rehearsal:
    """Bring up an environment, or a stack with those it imports; the servers stay up.

    A failed stack ends it: the result says so in `error`, and holds what was reached.

    Raises:
        StackError, ToolsMissing, SandboxBusyError, StartError, StackLockedError: nothing was reached.
    """
    with on_stage(root, name, narrator, check=True) as stage:
        rehearsal = Rehearsal(name, narrator.phases, anew=stage.anew, charts=catalogued(stage.project.root))
        if stage.anew:
            narrator.warn(f"starting anew: {stage.anew}")
        there: dict[str, list[Subject]] = {}
        for stack in stage.stacks:
            try:
                with narrator.phase(f"prepare {stack.name}"):
                    state = stage.recover(stack.name)
                rehearsal.outcomes[stack.name] = stage.run(
                    "up", stack.name, "--yes", "--skip-preview", *stage.policy_flags
                )
            except EngineError as error:
                rehearsal.outcomes[stack.name] = error.outcome
                rehearsal.error = str(error)
            rehearsal.resources[stack.name] = state.resources()
            there[stack.name] = stored_subjects(rehearsal.resources[stack.name])
            refused = judge_lost(root, stack, there[stack.name], rehearsal.outcomes[stack.name])
            rehearsal.error = rehearsal.error or refused
            rehearsal.rendered += judge_charts(stage, stack, there[stack.name])
            if rehearsal.error:
                break
        rehearsal.error = rehearsal.error or refusal(rehearsal.rendered)
        rehearsal.error = rehearsal.error or judge_whole(root, stack, there, rehearsal.outcomes[stack.name])
        _look(stage, rehearsal)
        rehearsal.recovered = stage.recovered
        rehearsal.seconds = narrator.seconds
    return rehearsal


def rehearse_every(
    project: Project, narrator: Callable[[], Narrator], tell: Callable[[Rehearsal], None]
) -> list[Rehearsal]:
    """Rehearse every environment, one after the other, from nothing; each sandbox is removed before the next.

    Raises:
        StackError: a stack file is wrong; nothing is rehearsed then.
    """
    problems: list[str] = []
    for stack in project.stack_names:
        try:
            project.stack(stack)
        except StackError as error:
            problems += error.problems
    if problems:
        raise StackError(problems)
    results = []
    for environment in sorted(project.environments):
        sandbox = Sandbox.of(project.root, environment)
        discard(sandbox)
        results.append(rehearse(project.root, environment, narrator()))
        tell(results[-1])
        discard(sandbox)
    return results


def discard(sandbox: Sandbox) -> None:
    """Stop a sandbox and remove it, with nothing destroyed first."""
    if sandbox.exists:
        with sandbox.alone():
            servers.stop(sandbox)
            sandbox.remove()


def _look(stage: Stage, rehearsal: Rehearsal) -> None:
    """Let the cluster come to rest and collect what is there."""
    ready = stage.servers.ready
    with stage.narrator.phase("let the cluster settle"):
        rehearsal.settled = ask(ready, "settle", timeout=_SETTLE_SECONDS + 30, seconds=_SETTLE_SECONDS)
    with stage.narrator.phase("collect the facts"):
        rehearsal.marks = ask(ready, "marks")
        rehearsal.placement = ask(ready, "placement")
        rehearsal.kept_from = ask(ready, "kept_from")
