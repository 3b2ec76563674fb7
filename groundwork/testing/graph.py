"""What a program registered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi


@dataclass(frozen=True)
class Registered:
    """One registration, as the engine would have got it.

    Attributes:
        type: the token: "aws:s3/bucket:Bucket".
        parent: URN of the parent, "" for none.
        depends_on: URNs of everything that it waits for, explicitly or by an input.
        provider: "urn::id" of an explicit provider, "" for the default one.
        deleted_with: URN of what it goes with: where that is deleted too, the provider is not asked to delete this.
        aliases: URNs that it had before.
        hooks: names of those that the engine runs before it changes the resource.
        references: property -> URNs of the resources that its value comes from.
    """

    type: str
    name: str
    inputs: dict[str, Any]
    custom: bool
    urn: str
    parent: str
    depends_on: tuple[str, ...] = ()
    protect: bool = False
    retain_on_delete: bool = False
    deleted_with: str = ""
    provider: str = ""
    aliases: tuple[str, ...] = ()
    hooks: tuple[str, ...] = ()
    references: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass
class Graph:
    """All registrations, the stack's outputs, and the program's hooks by name."""

    resources: list[Registered] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)
    hooks: dict[str, pulumi.ResourceHook] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Registered]:
        return iter(self.resources)

    def of(self, type_: str) -> list[Registered]:
        """Return all of one type, sorted by URN."""
        return [r for r in self.resources if r.type == type_]

    def one(self, type_: str, name: str | None = None) -> Registered:
        """Return the only one of a type (and name).

        Raises:
            LookupError: where there is none, or more than one.
        """
        found = [r for r in self.of(type_) if name in (None, r.name)]
        if len(found) != 1:
            names = sorted(r.name for r in self.of(type_))
            types = sorted({r.type for r in self.resources})
            raise LookupError(f"{len(found)} of {type_} {name or ''}: there are {names or types}")
        return found[0]

    def before(self, resource: Registered) -> set[str]:
        """Return the URNs of everything that has to exist before `resource`, however indirectly."""
        found: set[str] = set()
        todo = [resource.urn]
        known = {r.urn: r for r in self.resources}
        children: dict[str, list[str]] = {}
        for r in self.resources:
            children.setdefault(r.parent, []).append(r.urn)
        while todo:
            current = known.get(todo.pop())
            if current is None:
                continue
            direct = {*current.depends_on}
            if current.provider:
                direct.add(current.provider.rpartition("::")[0])
            for urn in list(direct):
                # The engine waits for all children of a component that is depended on.
                if urn in known and not known[urn].custom:
                    direct |= _descendants(urn, children)
            todo += direct - found
            found |= direct
        return found


def _descendants(urn: str, children: dict[str, list[str]]) -> set[str]:
    found: set[str] = set()
    todo = [urn]
    while todo:
        for child in children.get(todo.pop(), []):
            found.add(child)
            todo.append(child)
    return found
