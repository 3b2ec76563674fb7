"""Whole environments, recorded: what all of an environment's stacks register together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from groundwork.core.project import Project
from groundwork.core.stacks import StackFile
from groundwork.core.yamlfile import Document
from groundwork.testing.graph import Graph
from groundwork.testing.record import record


def merged(project: Project, environment: str) -> StackFile:
    """Return an environment's stacks as one: what they import of each other, one stack simply has.

    Raises:
        StackError: a stack file is wrong.
    """
    stacks = project.environment(environment)
    components: dict[str, Any] = {}
    homes: dict[str, Document] = {}
    for stack in stacks:
        for instance, given in stack.components.items():
            use = given.get("use")
            if isinstance(use, Mapping):  # what is no map is refused by whoever composes
                use = {each: name.rpartition("/")[2] if isinstance(name, str) else name for each, name in use.items()}
            components[instance] = {**given, **({"use": use} if use else {})}
            homes[instance] = stack.document
    return replace(stacks[-1], components=components, imports=(), homes=homes)


def record_environment(project: Project, environment: str) -> Graph:
    """Build all stacks of an environment against mocks, as one.

    Raises:
        StackError: as composing does.
    """
    return record(merged(project, environment), root=project.root)
