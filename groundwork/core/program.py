"""The one program of every stack: compose, build, export."""

from __future__ import annotations

import asyncio
import datetime
import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime.sync_await import _sync_await

from groundwork.core import kept, refusal
from groundwork.core.catalogue import load_catalogue
from groundwork.core.component import Component, Site
from groundwork.core.compose import Composition, Step, compose
from groundwork.core.contract import Contract
from groundwork.core.errors import StackError
from groundwork.core.project import Project, load_project
from groundwork.core.registry import Registry, discover
from groundwork.core.wanted import Provider
from groundwork.policy.exemptions import approved

# The exit code by which Pulumi's language host knows that the user has been told what is wrong.
_TOLD = 32


class OtherStack:
    """The outputs of an imported stack."""

    def __init__(self, project: str, stack: str) -> None:
        self.name = stack
        self.reference = pulumi.StackReference(f"{pulumi.get_organization()}/{project}/{stack}")

    def plain(self, key: str, *, optional: bool) -> Any:
        """Return a value that is known now; the engine keeps no output that is None.

        Raises:
            StackError: where the stack has no such output: it was never brought up, or by another version.
        """
        # The SDK offers no public way to wait for a coroutine in a program that its own event loop runs.
        details = _sync_await(asyncio.ensure_future(self.reference.get_output_details(key)))
        value = details.secret_value if details.value is None else details.value
        if value is None and not optional:
            raise StackError([f"the imported stack {self.name} has no output {key!r}: bring {self.name} up first"])
        return value

    def output(self, key: str) -> pulumi.Output[Any]:
        """Return a value that may be secret, or known only later."""
        return self.reference.require_output(key)


def build(composition: Composition, project: Project, *, whole: bool = True) -> None:
    """Build a composed stack: register its resources, export its contracts.

    Args:
        whole: whether nothing was left out of the stack; else nobody is asked what only all of it together shows.

    Raises:
        StackError: with what every component refuses, all at once.
    """
    today = datetime.datetime.now(datetime.UTC).date()
    environment = replace(
        composition.stack.surroundings(project.name, project.root),
        approved=approved(project.root, composition.stack.environment, today),
    )
    catalogue = load_catalogue(project.root)
    made: dict[str, Component[Any]] = {}
    others: dict[str, OtherStack] = {}
    loaded: dict[Provider, Contract] = {}

    def resolve(provider: Provider | None) -> Contract | None:
        if provider is None:
            return None
        if provider.stack is None:
            return made[provider.instance].provided
        if provider not in loaded:
            if provider.stack not in others:
                others[provider.stack] = OtherStack(project.name, provider.stack)
            loaded[provider] = provider.contract.load(others[provider.stack], provider.instance)
        return loaded[provider]

    # Imports first: to wait for them lets the SDK send what was registered before, and a later step may refuse.
    for step in composition.steps:
        for provider in step.bindings.values():
            if provider is not None and provider.stack is not None:
                resolve(provider)
    before = kept.before(project.name, environment.stack)
    problems = kept.lost(before, composition)
    claims: dict[str, str] = {}
    remedies: dict[str, str] = {}
    refused: list[str] = []
    for step in composition.steps:
        if any(p is not None and p.stack is None and p.instance not in made for p in step.bindings.values()):
            continue  # what it needs was refused, and that is told
        needs = {parameter: resolve(provider) for parameter, provider in step.bindings.items()}
        site = Site(
            environment,
            catalogue,
            needs,
            _after(step, made),
            claims,
            remedies,
            refused,
            retire=step.retire,
            before=kept.offered(before, step.instance),
        )
        told = len(refused)
        try:
            made[step.instance] = step.spec.cls(step.instance, step.config, site)
        except StackError as error:
            problems += composition.stack.placed(step.instance, error.problems)
        refused[told:] = composition.stack.placed(step.instance, refused[told:])
    if problems or refused:
        raise StackError(dict.fromkeys([*problems, *refused]))
    for instance, component in made.items() if whole else ():
        try:
            component.complete()
        except StackError as error:
            problems += composition.stack.placed(instance, error.problems)
    if problems:
        raise StackError(problems)
    for step in composition.steps:
        _export(step, made[step.instance])
    kept.export((step.instance, step.spec.name) for step in composition.steps if made[step.instance].keeps)


def _after(step: Step, made: Mapping[str, Component[Any]]) -> list[pulumi.Resource]:
    needed = [p.instance for p in step.bindings.values() if p is not None and p.stack is None]
    # An operator that was refused is told; nothing is registered then.
    return [made[instance] for instance in dict.fromkeys([*needed, *step.gates]) if instance in made]


def _export(step: Step, component: Component[Any]) -> None:
    if component.provided is not None:
        for name, value in component.provided.exports().items():
            pulumi.export(f"{step.instance}.{name}", value)


def run(root: Path, stack: str | None = None, registry: Registry | None = None) -> None:
    """Run the program of a stack: the one that the engine asks for.

    Raises:
        StackError: with everything that is wrong in the stack file; nothing has been registered then.
    """
    project = load_project(root)
    chosen = project.stack(stack or pulumi.get_stack())
    build(compose(project, chosen, registry or discover()), project)


def main(root: Path) -> None:
    """Run, and end with a readable message where the stack file is wrong."""
    try:
        run(root)
    except StackError as error:
        refusal.tell(error)
        pulumi.log.error(str(error))
        sys.stdout.flush()
        sys.stderr.flush()
        # At once: an orderly end would first register what components before the refusing one asked for.
        os._exit(_TOLD)
