"""What each component of the project does, in the stacks there are and, where it is in none, beside one of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from groundwork.core.contract import contracts_of
from groundwork.core.errors import StackError
from groundwork.core.registry import Registry
from groundwork.core.signature import Spec
from groundwork.core.stacks import Project, StackFile
from groundwork.docs.dry import Use, dry_build
from groundwork.testing.whole import merged


@dataclass
class Seen:
    """One component's use of the catalogue and its resources.

    Attributes:
        places: where it was looked at: "dev", "prod"; or "beside dev" where no stack has it.
        unknown: why it could not be looked at, empty where it was.
    """

    use: Use = field(default_factory=Use)
    places: list[str] = field(default_factory=list)
    unknown: tuple[str, ...] = ()

    def add(self, use: Use, place: str) -> None:
        """Add what it does in one more place."""
        self.use.parts |= use.parts
        self.use.resources |= use.resources
        self.places.append(place)


def gather(project: Project, registry: Registry) -> dict[str, Seen]:
    """Look at every component.

    Raises:
        StackError: a stack of the project is wrong.
    """
    seen = {name: Seen() for name in registry}
    stacks = {environment: merged(project, environment) for environment in sorted(project.environments)}
    for environment, stack in stacks.items():
        for name, use in dry_build(project, stack, registry).items():
            seen[name].add(use, environment)
    for name in registry:
        if not seen[name].places:
            _look_beside(name, seen, stacks, project, registry)
    return seen


def _look_beside(
    name: str, seen: dict[str, Seen], stacks: Mapping[str, StackFile], project: Project, registry: Registry
) -> None:
    """Add a component that no stack has to each, without what it would stand beside of the same kind."""
    problems: list[str] = []
    for environment, stack in stacks.items():
        components = {key: given for key, given in stack.components.items() if not _rivals(key, given, name, registry)}
        tried = replace(stack, components={**components, name: {}})
        try:
            uses = dry_build(project, tried, registry)
        except StackError as error:
            problems += error.problems
            continue
        seen[name].add(uses[name], f"beside {environment}")
    if not seen[name].places:
        seen[name].unknown = tuple(dict.fromkeys(problems))


def _rivals(key: str, given: Mapping[str, Any], name: str, registry: Registry) -> bool:
    """Whether an instance provides what the component provides, so that a stack would have to say which."""
    spec = registry[str(given.get("component", key))]
    mine, theirs = set(_offered(registry[name])), set(_offered(spec))
    return bool(mine & theirs)


def _offered(spec: Spec) -> Iterable[object]:
    return contracts_of(spec.provides) if spec.provides else ()
