"""Copies by demand."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from groundwork.core.component import Component
from groundwork.core.contract import Contract
from groundwork.core.contracts.cluster import Namespace


@dataclass(frozen=True, kw_only=True)
class Trigger:
    """What demand is measured by: a scaler of KEDA and its metadata, all of it text as KEDA wants it."""

    kind: str
    metadata: Mapping[str, str]
    metric: str | None = None
    authentication: str | None = None
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
