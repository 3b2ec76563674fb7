"""What each component of the project does, in the stacks there are and, where it is in none, beside one of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from groundwork.core import yamlfile
from groundwork.core.contract import contracts_of
from groundwork.core.errors import StackError
from groundwork.core.project import Project
from groundwork.core.registry import Registry
from groundwork.core.signature import Spec
from groundwork.core.stacks import StackFile
from groundwork.docs.dry import Use, dry_build
from groundwork.testing.whole import merged

EXAMPLES = Path("docs") / "examples.yaml"
"""Component -> what a stack file has to give it at least: for those that cannot do with `{}`, and are in no stack."""

BESIDE = "beside"
"""The key of that file that says what has to be otherwise beside a component: null leaves another one out."""


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
    examples = _examples(project)
    for environment, stack in stacks.items():
        # All at once is much faster; where one of them is refused, each is tried alone.
        absent = [name for name in registry if not seen[name].places]
        if not _look_beside(absent, environment, stack, seen, project, registry, examples):
            for name in absent:
                if not seen[name].places:
                    _look_beside([name], environment, stack, seen, project, registry, examples)
    return seen


def _examples(project: Project) -> Mapping[str, Any]:
    """Return component -> what it is given to be looked at, where it cannot do without."""
    file = project.root / EXAMPLES
    return (yamlfile.read(file).data or {}) if file.is_file() else {}


def _look_beside(
    names: Sequence[str],
    environment: str,
    stack: StackFile,
    seen: dict[str, Seen],
    project: Project,
    registry: Registry,
    examples: Mapping[str, Any],
) -> bool:
    """Look at components that no stack has beside one that is there; return whether they could be built."""
    components: dict[str, Any] = dict(stack.components)
    todo = list(names)
    while todo:
        name = todo.pop(0)
        if name in components:
            continue
        # A stack would have to say which of two is meant.
        components = {key: given for key, given in components.items() if not _rivals(key, given, name, registry)}
        components[name] = examples.get(name, {})
        for key, change in (examples.get(BESIDE) or {}).get(name, {}).items():
            if change is None:
                components.pop(key, None)
            elif key in components:
                components[key] = {**components[key], **change}
        offered = {offer for key, given in components.items() for offer in _offered(_spec(key, given, registry))}
        for need in registry[name].needs:
            if not need.optional and need.contract not in offered:
                providers = [each for each in registry.values() if each.provides and not each.is_api]
                todo += [each.name for each in providers if issubclass(each.provides or object, need.contract)][:1]
    try:
        uses = dry_build(project, replace(stack, components=components), registry)
    except StackError as error:
        for name in names:
            seen[name].unknown = error.problems
        return False
    for name in uses:
        if not seen[name].places:
            seen[name].add(uses[name], f"beside {environment}")
            seen[name].unknown = ()
    return True


def _rivals(key: str, given: Mapping[str, Any], name: str, registry: Registry) -> bool:
    """Whether an instance provides what the component provides."""
    return bool(set(_offered(registry[name])) & set(_offered(_spec(key, given, registry))))


def _spec(key: str, given: Mapping[str, Any], registry: Registry) -> Spec:
    return registry[str(given.get("component", key))]


def _offered(spec: Spec) -> Iterable[object]:
    return contracts_of(spec.provides) if spec.provides else ()
