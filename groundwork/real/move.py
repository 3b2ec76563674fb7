"""An installed component goes to another stack by the engine's own move of its state; nothing in the cloud changes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from groundwork.core import kept
from groundwork.core.errors import StackError, closest
from groundwork.core.project import Project, load_project
from groundwork.interrupts import unbroken
from groundwork.real.engine import Pulumi, resources_of
from groundwork.real.errors import RealError
from groundwork.real.providers import give_back, lend

_COMPONENT = "groundwork:component:"
_STACK = "pulumi:pulumi:Stack"

Resource = Mapping[str, Any]


@dataclass(frozen=True)
class Moved:
    """What a move did.

    Attributes:
        resources: how many of the instance are in the other stack now.
        tagged: whether tags say of which stack they are: the next update of the other stack writes those anew.
    """

    instance: str
    source: str
    destination: str
    resources: int
    tagged: bool = False


def move(root: Path, instance: str, source: str, destination: str, environ: Mapping[str, str] = os.environ) -> Moved:
    """Move the resources of one component from a stack's state to another's.

    The stack files come first: they say already that the other stack has it. In the sandbox's shell it moves there.

    Raises:
        StackError: the stack files do not say so.
        RealError: there is no `pulumi`, or the state has no such component, or the engine refused.
    """
    project = load_project(root)
    _check(project, instance, source, destination)
    engine = Pulumi.find(project.root, environ)
    before = engine.exported(source)
    urns = of_component(resources_of(before), instance)
    if not urns:
        there = of_component(resources_of(engine.exported(destination)), instance)
        if there and _forget(engine, source, instance):
            # A move that was killed between its two parts.
            return Moved(instance, source, destination, len(there))
        moved = f"; {destination} has it already" if there else ""
        raise RealError(f"The stack {source} has no component {instance} in its state{moved}.")
    getting = engine.exported(destination)
    lent = lend(resources_of(before), resources_of(getting))
    with unbroken():
        if lent:
            engine.restore(destination, getting)
        try:
            engine.read("state", "move", "--yes", "--source", source, "--dest", destination, *urns)
        finally:
            if lent:
                after = engine.exported(destination)
                give_back(resources_of(after), lent)
                engine.restore(destination, after)
        _forget(engine, source, instance)
    return Moved(instance, source, destination, len(urns), bool(lent))


def _check(project: Project, instance: str, source: str, destination: str) -> None:
    leaving, getting = project.stack(source), project.stack(destination)
    if source == destination:
        raise StackError([f"{instance} cannot move from {source} to itself"])
    problems = []
    known = {key for name in project.stack_names for key in project.stack(name).components}
    if instance not in known:
        raise StackError([f"no stack has a component {instance!r}; {closest(instance, known)}"])
    if leaving.environment != getting.environment:
        problems.append(
            f"{source} is of the environment {leaving.environment}, {destination} of {getting.environment}: names in "
            "the cloud would change, and so everything would be made anew"
        )
    if instance in leaving.components:
        problems.append(f"{source} still has {instance}: take it out of Pulumi.{source}.yaml first")
    if instance not in getting.components:
        problems.append(f"{destination} has no {instance}: write it into Pulumi.{destination}.yaml first")
    if problems:
        raise StackError(problems)


def of_component(resources: Iterable[Resource], instance: str) -> list[str]:
    """Return the URNs of a component and of all that is below it, parents first."""
    found: list[str] = []
    known: set[str] = set()
    # The engine writes parents before their children.
    for resource in resources:
        urn = str(resource["urn"])
        itself = str(resource["type"]).startswith(_COMPONENT) and urn.split("::", 3)[3] == instance
        if itself or resource.get("parent") in known:
            known.add(urn)
            found.append(urn)
    return found


def _forget(engine: Pulumi, stack: str, instance: str) -> bool:
    """Take the instance out of what the stack says that it keeps: its next up would refuse to go on without.

    Returns whether it was among these.
    """
    exported = engine.exported(stack)
    for resource in resources_of(exported):
        if resource["type"] == _STACK and instance in resource.get("outputs", {}).get(kept.OUTPUT, {}):
            del resource["outputs"][kept.OUTPUT][instance]
            engine.restore(stack, exported)
            return True
    return False
