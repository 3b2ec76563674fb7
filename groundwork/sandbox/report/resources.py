"""Resources by component, with the mark of each: executed, rendered, double or recorded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from groundwork.sandbox.engine.events import STACK_TYPE
from groundwork.sandbox.urns import name_of, short_type

MARKS = ("executed", "rendered", "double", "recorded")
_ENGINES_OWN = "pulumi:"
# Values of `random` are made once and kept in the engine's state, as the real provider does it.
_EXECUTED_BY_NATURE = ("random:",)

Resource = Mapping[str, Any]
Marks = Mapping[str, Mapping[str, Any]]


@dataclass
class ComponentRow:
    """One component's resources, counted by mark."""

    stack: str
    component: str
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        """All of them."""
        return self.counts.total()


@dataclass(frozen=True)
class Remark:
    """What a reader has to know of some resources: why they are doubles or recorded, or may replace."""

    mark: str
    what: str
    names: tuple[str, ...]
    reason: str


def component_rows(stacks: Mapping[str, Sequence[Resource]], marks: Marks) -> list[ComponentRow]:
    """Return a row for each component, in the order in which the program registered them."""
    rows: dict[tuple[str, str], ComponentRow] = {}
    for stack, resources in stacks.items():
        by_urn = {resource["urn"]: resource for resource in resources}
        for resource in provided(resources):
            component = component_of(resource, by_urn)
            row = rows.setdefault((stack, component), ComponentRow(stack, component))
            row.counts[mark_of(resource, marks)] += 1
    return list(rows.values())


def remarks(stacks: Mapping[str, Sequence[Resource]], marks: Marks) -> list[Remark]:
    """Return why resources are not executed, and the stand-ins' notes; the same remark of many is one."""
    grouped: dict[tuple[str, str, str], list[str]] = {}
    for resources in stacks.values():
        for resource in provided(resources):
            entry = marks.get(resource["urn"]) or {}
            mark, kind = mark_of(resource, marks), short_type(resource["type"])
            told = [entry.get("reason", "")] if mark != "executed" else []
            for reason in [*told, *entry.get("notes", ())]:
                grouped.setdefault((mark, kind, reason), []).append(name_of(resource["urn"]))
    return [Remark(mark, kind, tuple(names), reason) for (mark, kind, reason), names in sorted(grouped.items())]


def provided(resources: Iterable[Resource]) -> list[Resource]:
    """Return the resources that a provider made, without components and what is the engine's own."""
    return [r for r in resources if r.get("custom") and not r["type"].startswith(_ENGINES_OWN) and not r.get("delete")]


def component_of(resource: Resource, by_urn: Mapping[str, Resource]) -> str:
    """Return the name of the topmost component above a resource; `(none)` where the stack is its parent."""
    current, found = resource, "(none)"
    while (parent := by_urn.get(current.get("parent", ""))) is not None and parent["type"] != STACK_TYPE:
        current, found = parent, name_of(parent["urn"])
    return found


def mark_of(resource: Resource, marks: Marks) -> str:
    """Return how the stand-ins answered a resource; what they said nothing of is no more than recorded."""
    if resource["type"].startswith(_EXECUTED_BY_NATURE):
        return "executed"
    return str((marks.get(resource["urn"]) or {}).get("mark", "recorded"))
