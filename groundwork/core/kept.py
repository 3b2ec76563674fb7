"""What holds data in a stack that is up: a component of it cannot be taken out of the stack file by mistake."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pulumi

from groundwork.core.compose import Composition

OUTPUT = "kept"
"""The stack's output: instance -> component, of all that has something protected and is not retired."""

# A function of the engine itself, with what `StackReference` has, and no resource in the state.
_OUTPUTS_OF = "pulumi:pulumi:readStackOutputs"


def before(project: str, stack: str) -> Mapping[str, Any]:
    """Return the outputs of the running stack when it was last brought up, none for a new one."""
    name = f"{pulumi.get_organization()}/{project}/{stack}"
    found: Any = pulumi.runtime.invoke(_OUTPUTS_OF, {"name": name}).value
    return dict((found or {}).get("outputs") or {})


def offered(outputs: Mapping[str, Any], instance: str) -> dict[str, Any]:
    """Return what an instance offered before, by the fields of its contract; plain ones are as they were."""
    prefix = f"{instance}."
    return {key.removeprefix(prefix): value for key, value in outputs.items() if key.startswith(prefix)}


def lost(outputs: Mapping[str, Any], composition: Composition) -> list[str]:
    """Return a sentence for each instance that holds data and that the stack file no longer has.

    Args:
        outputs: of the running stack.
    """
    kept: Mapping[str, str] = outputs.get(OUTPUT) or {}
    now = {step.instance: step.spec.name for step in composition.steps}
    stack = composition.stack.name

    def renamed(instance: str, component: str) -> str:
        new = next((each for each, what in now.items() if what == component and each not in kept), None)
        if new is None or instance in now:
            return ""
        return f". If it was to be renamed: {new} would begin empty, so leave its name `{instance}`"

    return [
        f"{instance} holds data, and the stack {stack} "
        + (f"has it as a {now[instance]} now, no longer as a {component}" if instance in now else "no longer has it")
        + f": write `{instance}: {{component: {component}, retire: true}}`, bring {stack} up, and take it out then; or "
        f"let another stack have it with `groundwork move {instance} --from {stack} --to STACK`"
        + renamed(instance, component)
        for instance, component in sorted(kept.items())
        if now.get(instance) != component
    ]


def export(keeping: Iterable[tuple[str, str]]) -> None:
    """Say what this stack keeps, for the next time."""
    if kept := dict(sorted(keeping)):
        pulumi.export(OUTPUT, kept)
