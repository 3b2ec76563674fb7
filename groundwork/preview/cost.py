"""What an environment costs a month, from the resources of its plan: with its pools at minimum and at maximum."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from groundwork.preview.nodes import NODE_CLASS, NODE_POOL, TEMPLATE, class_of
from groundwork.preview.prices import Price
from groundwork.preview.tariff import BY_USE, PAID, Item, free


class Resource(Protocol):
    """A resource, whoever tells of it: the recorded program, the engine's plan or its state."""

    @property
    def type(self) -> str:
        """The token."""

    @property
    def name(self) -> str:
        """Its name in the program."""

    @property
    def inputs(self) -> Mapping[str, Any]:
        """What the program says of it."""


@dataclass(frozen=True)
class Paid:
    """A resource as the engine's plan or its state has it."""

    type: str
    name: str
    inputs: Mapping[str, Any]


@dataclass(frozen=True)
class Line:
    """One thing to pay for.

    Attributes:
        resource: its name in the program.
        item: what it is, as the table of prices names it.
        least: US dollars a month with the pools at minimum.
        most: with the pools, and storage that grows, at maximum.
    """

    resource: str
    item: str
    unit: str
    least_count: float
    most_count: float
    least: float
    most: float
    note: str = ""


@dataclass
class Estimate:
    """What is known of the cost, and what is not.

    Attributes:
        by_use: what is paid by use: kind of resource -> how many, and by what.
        unpriced: what the table has no price of, a sentence each.
        unknown: what a user's table has a price of, and is nothing, a sentence each.
    """

    lines: list[Line] = field(default_factory=list)
    by_use: dict[str, tuple[int, str]] = field(default_factory=dict)
    unpriced: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    @property
    def least(self) -> float:
        """US dollars a month with the pools at minimum."""
        return sum(line.least for line in self.lines)

    @property
    def most(self) -> float:
        """US dollars a month with the pools, and storage that grows, at maximum."""
        return sum(line.most for line in self.lines)


def estimate(resources: Iterable[Resource], prices: Mapping[str, Price]) -> Estimate:
    """Return what the AWS resources cost; what runs in the cluster is paid with its nodes."""
    given = sorted(resources, key=lambda r: (r.type, r.name))
    there = [r for r in given if r.type.startswith("aws:") or r.type == NODE_POOL]
    templates = {r.name: r.inputs for r in there if r.type == TEMPLATE}
    classes = {r.inputs["metadata"]["name"]: r.inputs for r in given if r.type == NODE_CLASS}
    found = Estimate()
    for resource in there:
        if resource.type in PAID:
            made_from = templates.get(resource.name, {})
            if resource.type == NODE_POOL:
                made_from = classes.get(class_of(resource.inputs), {})
            for item in PAID[resource.type](resource.inputs, made_from):
                _add(found, resource, item, prices)
        elif resource.type in BY_USE:
            kind = resource.type.rpartition(":")[2]
            found.by_use[kind] = (found.by_use.get(kind, (0, ""))[0] + 1, BY_USE[resource.type])
        elif not free(resource.type):
            found.unpriced.append(f"{resource.name}: nothing is known of what a {resource.type} costs")
    return found


def _add(found: Estimate, resource: Resource, item: Item, prices: Mapping[str, Price]) -> None:
    known = [prices[name] for name in (item.price, *item.others) if name in prices]
    if not known:
        found.unpriced.append(f"{resource.name}: the table has no price of {item.price}")
        return
    price = max(known, key=lambda each: each.monthly)
    found.lines.append(
        Line(
            resource=resource.name,
            item=price.item,
            unit=price.unit,
            least_count=item.least,
            most_count=item.most,
            least=item.least * price.monthly,
            most=item.most * price.monthly,
            note=item.note,
        )
    )
