"""Measuring: each figure with its limit, composed and flat taking turns so that the machine's mood hits both."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from groundwork.bench import flat
from groundwork.core.errors import StackError
from groundwork.core.project import load_project
from groundwork.sandbox.engine.failures import EngineError, failure
from groundwork.sandbox.engine.outcome import Outcome
from groundwork.sandbox.engine.shadow import stack_folder
from groundwork.sandbox.rehearsal.narrator import Narrator
from groundwork.sandbox.rehearsal.plan import plan
from groundwork.sandbox.rehearsal.rehearse import discard, rehearse
from groundwork.sandbox.rehearsal.sandbox import Sandbox
from groundwork.sandbox.rehearsal.stage import Stage, on_stage

ROUNDS = 5
_POLICY_SECONDS, _POLICY_SECONDS_EACH = 0.6, 0.002


@dataclass(frozen=True)
class Figure:
    """One figure, what it was worked out from, and the limit that it should keep; None where there is none."""

    name: str
    value: float
    unit: str
    limit: float | None
    basis: str

    @property
    def kept(self) -> bool:
        """Whether the limit is kept."""
        return self.limit is None or self.value <= self.limit


def measure(root: Path, name: str, narrator: Callable[[], Narrator]) -> list[Figure]:
    """Rehearse an environment from nothing and again, plan it, and compare its program with a flat one.

    Its sandbox is made anew, and left running.

    Raises:
        StackError: the stack files are wrong.
        EngineError: a run failed.
    """
    project = load_project(root)
    stacks = project.environment(name)
    discard(Sandbox.of(project.root, stacks[0].environment))
    first = rehearse(root, name, narrator())
    if first.error:
        raise EngineError(first.error, Outcome())
    second = rehearse(root, name, narrator())
    planned = plan(root, name, narrator())
    resources = sum(outcome.resources for outcome in first.outcomes.values())
    engine = sum(phase.seconds for phase in planned.phases if phase.name.startswith("preview"))
    figures = [
        Figure("rehearse from nothing", first.seconds, "s", 120.0, f"{resources} resources"),
        Figure("rehearse again", second.seconds, "s", 25.0, f"{second.changed} changed"),
        Figure("plan, servers up", planned.seconds, "s", 10.0, f"of it the engine {engine:.1f} s"),
    ]
    standalone = [stack.name for stack in stacks if not stack.imports]
    if not standalone:
        raise StackError([f"{name} has no stack without imports, which could be compared with a flat program"])
    return figures + compare(root, name, standalone[0], narrator())


def compare(root: Path, name: str, stack: str, narrator: Narrator) -> list[Figure]:
    """Return what composing and the policies cost in a preview of a stack that is up."""
    with on_stage(root, name, narrator) as stage:
        found = flat.registrations(stage.state(stack).revealed())
        flattened = _flattened(stage, stack, found)
        seconds: dict[str, list[float]] = {"composed": [], "flat": [], "policies": []}
        changed = 0
        for number in range(ROUNDS):
            with narrator.phase(f"round {number + 1} of {ROUNDS}: composed, flat, composed with policies"):
                seconds["composed"].append(_preview(stage, stack).seconds)
                outcome = _preview(flattened, stack)
                seconds["flat"].append(outcome.seconds)
                changed = outcome.changed
                seconds["policies"].append(_preview(stage, stack, *stage.policy_flags).seconds)
    # The quickest of each: what is slower is the machine's doing, not the program's.
    best = {key: min(values) for key, values in seconds.items()}
    count = len(found)
    return [
        Figure(
            "compose against flat",
            best["composed"] / best["flat"],
            "times",
            1.10,
            f"{best['composed']:.2f} s and {best['flat']:.2f} s for {count} registrations, {changed} differ",
        ),
        Figure(
            "policies in a plan",
            best["policies"] - best["composed"],
            "s",
            _POLICY_SECONDS + _POLICY_SECONDS_EACH * count,
            f"{count} resources",
        ),
    ]


def _flattened(stage: Stage, stack: str, found: list[dict[str, object]]) -> Stage:
    folder = stage.sandbox.paths.root / "bench"
    shadow = stage.sandbox.paths.project / stack_folder(stage.project.root)
    shutil.rmtree(folder, ignore_errors=True)
    flat.write_project(folder, found, stage.project.name, shadow / f"Pulumi.{stack}.yaml")
    return replace(stage, engine=replace(stage.engine, project=folder))


def _preview(stage: Stage, stack: str, *flags: str) -> Outcome:
    outcome = stage.engine.run("preview", stack, flags)
    if not outcome.succeeded:
        raise failure(f"preview of {stack}", outcome, str(stage.engine.log("preview", stack)))
    return outcome
