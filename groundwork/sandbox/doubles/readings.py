"""Which values of the program the fields of a double's Pods are read from, as in the real chart's templates."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from groundwork.sandbox.inventory import Container, InventoryObject

_PATH = re.compile(r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$")


def _path(value: str) -> str:
    if not _PATH.match(value):
        raise ValueError("expected names joined by dots, such as scheduler.replicas")
    return value


ValuePath = Annotated[str, AfterValidator(_path)]

Source = ValuePath | Annotated[tuple[ValuePath, ...], Field(min_length=1)]
"""Where a field comes from.

One path: the inventory's fact is that value's default in the chart, so Helm merges what the program says into it.
A list: the first of them that is not empty stands in the place of the fact, which the chart's template has of its own.
"""

PodField = Literal[
    "securityContext", "nodeSelector", "tolerations", "affinity", "topologySpreadConstraints", "priorityClassName"
]
ContainerField = Literal["securityContext", "securityContext.seccompProfile", "resources"]

PLACEMENT: tuple[PodField, ...] = (
    "nodeSelector",
    "tolerations",
    "affinity",
    "topologySpreadConstraints",
    "priorityClassName",
)


class Readings(BaseModel):
    """The fields of one workload's Pods, and of their containers by name; the others are the inventory's.

    `claim` is the value that names a claim made elsewhere, which the first container mounts.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    claim: ValuePath | None = None
    pod: Mapping[PodField, Source] = {}
    containers: Mapping[str, Mapping[ContainerField, Source]] = {}


@dataclass(frozen=True)
class Read:
    """One field: what the inventory says of it, and which values say otherwise."""

    fact: Any
    source: Source | None
    parts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path that the field itself is read from."""
        return () if self.source is None else (self.source,) if isinstance(self.source, str) else self.source


def placed(readings: Readings, entry: InventoryObject, path: str | None) -> Readings:
    """Return `readings` with what is placed by the map at `path`, `.` for the values' root; theirs come first."""
    first = next((container.name for container in entry.containers if not container.init), None)
    if path is None or first is None:
        return readings
    prefix = "" if path == "." else f"{path}."
    pod: dict[PodField, Source] = {name: f"{prefix}{name}" for name in PLACEMENT}
    resources: Mapping[ContainerField, Source] = {"resources": f"{prefix}resources"}
    containers = {**readings.containers, first: {**resources, **readings.containers.get(first, {})}}
    return Readings(claim=readings.claim, pod={**pod, **readings.pod}, containers=containers)


def pod_fields(entry: InventoryObject, readings: Readings) -> dict[str, Read]:
    """Return the fields of a workload's Pods."""
    facts: dict[PodField, Any] = {
        "securityContext": entry.pod_security_context or {},
        "nodeSelector": entry.node_selector or {},
        "tolerations": list(entry.tolerations),
        "affinity": {},
        "topologySpreadConstraints": [],
        "priorityClassName": entry.priority_class_name or "",
    }
    return {name: Read(fact, readings.pod.get(name)) for name, fact in facts.items()}


def container_fields(container: Container, readings: Readings) -> dict[str, Read]:
    """Return the fields of one container."""
    sources = readings.containers.get(container.name, {})
    seccomp = sources.get("securityContext.seccompProfile", ())
    parts = {"seccompProfile": (seccomp,) if isinstance(seccomp, str) else seccomp} if seccomp else {}
    return {
        "resources": Read(container.resources or {}, sources.get("resources")),
        "securityContext": Read(container.security_context or {}, sources.get("securityContext"), parts),
    }


def fields(entry: InventoryObject, readings: Readings) -> Iterator[Read]:
    """Yield every field of a workload, of its Pods and of their containers."""
    yield from pod_fields(entry, readings).values()
    for container in entry.containers:
        yield from container_fields(container, readings).values()
