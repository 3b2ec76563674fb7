"""Taking a rehearsed environment down: everything is destroyed, the servers are stopped, the sandbox is removed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from groundwork.core.project import load_project
from groundwork.sandbox.engine.events import Step
from groundwork.sandbox.rehearsal import servers as running
from groundwork.sandbox.rehearsal.narrator import Narrator
from groundwork.sandbox.rehearsal.sandbox import Sandbox
from groundwork.sandbox.rehearsal.stage import Stage, arrange, on_stage
from groundwork.sandbox.standins.aws.protection import lift_deletion_protection
from groundwork.sandbox.standins.control import ask
from groundwork.sandbox.tools.locate import locate
from groundwork.sandbox.urns import name_of, type_of

_COMPONENT, _STACK = "groundwork:component:", "pulumi:pulumi:Stack"


@dataclass
class Down:
    """What was taken down.

    Attributes:
        destroyed: stack -> number of resources deleted.
        order: stack -> its components, in the order in which the first resource of each went.
        lifted: how many resources were protected or retained.
        swept: what no state knew any more, from creates that were cut off.
        note: why there was nothing to destroy, empty where there was.
    """

    destroyed: dict[str, int] = field(default_factory=dict)
    order: dict[str, list[str]] = field(default_factory=dict)
    lifted: int = 0
    swept: list[str] = field(default_factory=list)
    note: str = ""


def down(root: Path, name: str, narrator: Narrator) -> Down:
    """Destroy the stacks of an environment in reverse order, then remove its sandbox.

    Raises:
        EngineError: a destroy failed; the sandbox is left as it is then.
        StackError, ToolsMissing, SandboxBusyError, StartError, StackLockedError: it could not begin.
    """
    project = load_project(root)
    stacks = project.environment(name)
    sandbox = Sandbox.of(root, stacks[0].environment)
    if not sandbox.exists:
        return Down(note=f"there is no sandbox of {stacks[0].environment}")
    lost = running.is_void(sandbox, arrange(project, stacks, sandbox, locate()))
    if lost:
        result = Down(note=f"there was nothing to destroy: {lost}")
    else:
        with on_stage(root, stacks[0].environment, narrator) as stage:
            result = destroy_all(stage)
    with sandbox.alone(), narrator.phase("stop the servers and remove the sandbox"):
        running.stop(sandbox)
        sandbox.remove()
    return result


def destroy_all(stage: Stage) -> Down:
    """Destroy every stack on the stage, protected or not; the servers go on."""
    result = Down()
    for stack in reversed(stage.stacks):
        if not stage.state(stack.name).exists():
            continue
        with stage.narrator.phase(f"lift the protection of {stack.name}"):
            state = stage.recover(stack.name)
            result.lifted += state.lift_protection()
            if stack.region:
                result.lifted += lift_deletion_protection(stage.servers.ready.moto_url, stack.region)
        outcome = stage.run("destroy", stack.name, "--yes", "--skip-preview")
        result.destroyed[stack.name] = outcome.changes.get("delete", 0)
        result.order[stack.name] = order_of(outcome.steps)
    with stage.narrator.phase("look for what no stack knows"):
        result.swept = ask(stage.servers.ready, "sweep", timeout=300)
    return result


def order_of(steps: Mapping[str, Step]) -> list[str]:
    """Return the components of a destroy in the order in which it came to the first resource of each.

    That is what counts of a component: pods, nodes, a cluster. Their roles and keys go last, which hold nothing up.

    Args:
        steps: URN -> step, in the order in which the engine came to them.
    """
    owners = dict.fromkeys(_owner(urn, steps) for urn, step in steps.items() if step.op == "delete" and step.custom)
    return [name_of(owner) for owner in owners if type_of(owner).startswith(_COMPONENT)]


def _owner(urn: str, steps: Mapping[str, Step]) -> str:
    """Return the component that a resource is of: the topmost one below the stack."""
    while (above := steps[urn].parent) in steps and type_of(above) != _STACK:
        urn = above
    return urn
