"""Building a stack without any engine: which component asks for which third-party part, and registers what.

Faster than a recording, and enough for this: no input of a resource is looked at, and no Output ever gets a value.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

from pulumi.runtime import rpc
from pulumi.runtime.mocks import MockCallArgs, MockResourceArgs, Mocks, set_mocks
from pulumi.runtime.resource import resource_output

from groundwork.core.catalogue import Catalogue, load_catalogue
from groundwork.core.charts import SANDBOX
from groundwork.core.component import Component, Site
from groundwork.core.compose import compose
from groundwork.core.errors import StackError
from groundwork.core.project import Project
from groundwork.core.registry import Registry
from groundwork.core.stacks import StackFile

KINDS = ("charts", "images", "definitions", "managed_addons")


@dataclass
class Use:
    """What one component did.

    Attributes:
        parts: ("charts", "airflow"), ("images", "postgres"): what it asked the catalogue for.
        resources: type token -> how many it registered.
    """

    parts: set[tuple[str, str]] = field(default_factory=set)
    resources: Counter[str] = field(default_factory=Counter)


class _Asked(dict[str, Any]):
    """One table of the catalogue that notes what is taken from it."""

    def __init__(self, kind: str, entries: Mapping[str, Any], note: _Notes) -> None:
        super().__init__(entries)
        self._kind, self._note = kind, note

    def __getitem__(self, key: str) -> Any:
        entry = super().__getitem__(key)
        self._note.current.parts.add((self._kind, key))
        return entry

    def get(self, key: str, default: Any = None) -> Any:
        return self[key] if key in self else default  # noqa: SIM401 - what is taken has to be noted


class _Notes:
    """Who is being built, and what it did."""

    def __init__(self) -> None:
        self.current = Use()

    def register(
        self, res: Any, ty: str, name: str, custom: bool, remote: bool, new: Any, props: Any, *rest: Any
    ) -> None:
        """Stand in the place of the SDK's function: nobody will ever resolve these Outputs."""
        _, res.__dict__["urn"] = resource_output(res)
        if custom:
            _, res.__dict__["id"] = resource_output(res)
            self.current.resources[ty] += 1
        rpc.transfer_properties(res, props, custom)


def dry_build(project: Project, stack: StackFile, registry: Registry) -> dict[str, Use]:
    """Build a stack that imports nothing, and return what each component did, by the component's name.

    Raises:
        StackError: as composing and building do.
    """
    composition = compose(project, stack, registry)
    notes = _Notes()
    environment, catalogue = stack.surroundings(project.name, project.root), _noting(project.root, notes)
    uses: dict[str, Use] = {}
    made: dict[str, Component[Any]] = {}
    problems: list[str] = []
    claims: dict[str, str] = {}
    with _no_engine(notes):
        for step in composition.steps:
            if any(p is not None and p.instance not in made for p in step.bindings.values()):
                continue  # what it needs was refused, and that is told
            notes.current = uses.setdefault(step.spec.name, Use())
            needs = {name: made[p.instance].provided if p else None for name, p in step.bindings.items()}
            try:
                made[step.instance] = step.spec.cls(
                    step.instance, step.config, Site(environment, catalogue, needs, (), claims)
                )
            except StackError as error:
                problems += error.problems
    if problems:
        raise StackError(problems)
    return uses


def _noting(root: Path, notes: _Notes) -> Catalogue:
    catalogue = load_catalogue(root)
    return catalogue.model_copy(update={kind: _Asked(kind, getattr(catalogue, kind), notes) for kind in KINDS})


class _Nobody(Mocks):
    """Answers nothing."""

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        """Refuse: registrations never come this far."""
        raise AssertionError(args.typ)

    def call(self, args: MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        """Refuse: an answer would decide what is registered."""
        raise AssertionError(args.token)


@contextmanager
def _no_engine(notes: _Notes) -> Iterator[None]:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        with (
            patch("pulumi.resource.register_resource", notes.register),
            patch("pulumi.resource.register_resource_outputs", lambda *ignored: None),
            patch.dict("os.environ", {SANDBOX: "dry"}),
        ):
            # What a program has once is kept by its monitor. It also refuses whatever would ask an engine.
            set_mocks(_Nobody(), project="groundwork", stack="dry", preview=True)
            yield
    finally:
        waiting = asyncio.all_tasks(loop)
        for task in waiting:
            task.cancel()
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(asyncio.gather(*waiting, return_exceptions=True))
        loop.close()
        asyncio.set_event_loop(asyncio.new_event_loop())
