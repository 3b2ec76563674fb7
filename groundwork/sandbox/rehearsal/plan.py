"""The engine's preview in the sandbox."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from groundwork.core.errors import StackError
from groundwork.sandbox.engine.failures import EngineError
from groundwork.sandbox.engine.outcome import Outcome
from groundwork.sandbox.rehearsal.narrator import Narrator, Phase
from groundwork.sandbox.rehearsal.stage import Stage, on_stage


@dataclass
class Plan:
    """What would change, by stack, and why the plan is not whole where `error` is not empty."""

    name: str
    phases: list[Phase]
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    error: str = ""
    seconds: float = 0.0


def plan(root: Path, name: str, narrator: Narrator) -> Plan:
    """Plan an environment's stacks, or one stack, against what is in the sandbox now.

    Raises:
        StackError: the stack files are wrong, or a stack's imports were not rehearsed yet.
        ToolsMissing, SandboxBusyError, StartError, StackLockedError: it could not begin.
    """
    with on_stage(root, name, narrator) as stage:
        made = Plan(name, narrator.phases)
        asked = [stack for stack in stage.stacks if stack.name == name] or stage.stacks
        for stack in asked:
            _require_imports(stage, stack.name, stack.imports)
            with narrator.phase(f"prepare {stack.name}"):
                stage.recover(stack.name)
            try:
                made.outcomes[stack.name] = stage.run("preview", stack.name, *stage.policy_flags)
            except EngineError as error:
                made.outcomes[stack.name] = error.outcome
                made.error = str(error)
                break
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
