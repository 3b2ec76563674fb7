"""Copies by demand."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from groundwork.core.component import Component
from groundwork.core.contract import Contract
from groundwork.core.contracts.cluster import Namespace
from groundwork.core.errors import StackError

Resource = Literal["cpu", "memory"]


@dataclass(frozen=True, kw_only=True)
class SecretKey:
    """One key of a Secret of the namespace that is scaled."""

    secret: str
    key: str


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """By what a scaler is let in where demand is measured: one of the two.

    Attributes:
        secrets: parameter of the scaler -> where its value is. What is secret never stands in a trigger.
        cloud: whether it comes as what scales does, with that one's own identity in the cloud.
    """

    secrets: Mapping[str, SecretKey] = field(default_factory=dict)
    cloud: bool = False


@dataclass(frozen=True, kw_only=True)
class Trigger:
    """What demand is measured by: a scaler of KEDA and its metadata, all of it text as KEDA wants it."""

    kind: str
    metadata: Mapping[str, str]
    metric: str | None = None
    authentication: Credentials | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Scaling(Contract):
    """Scales workloads by events."""

    @abstractmethod
    def scale(
        self,
        name: str,
        *,
        parent: Component[Any],
        namespace: Namespace,
        target: str,
        minimum: int,
        maximum: int,
        triggers: Sequence[Trigger],
        cooldown_seconds: int = 300,
    ) -> None:
        """Scale a workload between two numbers of copies.

        Args:
            target: "Deployment/name" or "StatefulSet/name" in `namespace`.
            cooldown_seconds: from the last event to zero copies; at least the longest task that a copy may run.
        """


@dataclass(frozen=True, kw_only=True)
class Usage(Contract):
    """Knows what pods use now, and scales workloads by it."""

    @abstractmethod
    def scale(
        self,
        name: str,
        *,
        parent: Component[Any],
        namespace: Namespace,
        target: str,
        minimum: int,
        maximum: int,
        cpu_percent: int,
    ) -> None:
        """Scale a workload between two numbers of copies, one at least.

        Args:
            target: "Deployment/name" or "StatefulSet/name" in `namespace`, which itself says no number of copies.
            cpu_percent: of what its pods request, that each copy is to use.

        Raises:
            StackError: where `target` is no workload, the numbers contradict each other, or something else scales it.
        """


@dataclass(frozen=True, kw_only=True)
class Sizing(Contract):
    """Finds out what pods should request.

    Attributes:
        applies: whether it can also change what they request.
    """

    applies: bool

    @abstractmethod
    def size(
        self, name: str, *, parent: Component[Any], namespace: Namespace, target: str, apply: bool = False
    ) -> None:
        """Watch a workload and say what it should request.

        Args:
            target: "Deployment/name" or "StatefulSet/name" in `namespace`.
            apply: also change it, in place where that can be done, else by a new pod.

        Raises:
            StackError: where `target` is no workload, nothing could apply it, it holds data, or its copies follow the
                same measure.
        """


_WORKLOADS = ("Deployment", "StatefulSet")


def workload(target: str, parent: Component[Any], verb: str, copies: tuple[int, int, int] | None = None) -> list[str]:
    """Return kind and name of a target.

    Args:
        verb: what is to be done to it: "scale".
        copies: the least that can be, and how many are wanted at least and at most.

    Raises:
        StackError: where it is no workload, or the numbers contradict each other.
    """
    kind, _, name = target.partition("/")
    problems = []
    if kind not in _WORKLOADS or not name:
        problems.append(f"{parent.name}: cannot {verb} {target!r}; valid: {'/name, '.join(_WORKLOADS)}/name")
    if copies is not None:
        least, minimum, maximum = copies
        if not least <= minimum <= maximum or maximum == 0:
            problems.append(f"{parent.name}: cannot scale {target!r} between {minimum} and {maximum} copies")
    if problems:
        raise StackError(problems)
    return [kind, name]


def claim_copies(parent: Component[Any], namespace: Namespace, target: str, *, by: str) -> None:
    """Say that `by` alone sets the number of copies: two would undo each other's work for ever.

    Raises:
        StackError: where something else does.
    """
    parent.claim(f"what sets the number of copies of {target} in {namespace.name}", "keep one", by=by)


def claim_resources(
    parent: Component[Any], namespace: Namespace, target: str, resources: Iterable[Resource], *, by: str
) -> None:
    """Say that `by` alone answers to the use of these.

    To request less is to use a higher share of it: two would answer each other for ever.

    Raises:
        StackError: where something else does.
    """
    for resource in resources:
        thing = f"what answers to the {resource} that {target} in {namespace.name} uses"
        parent.claim(thing, "scale it by something else, or let its requests be advised only", by=by)
