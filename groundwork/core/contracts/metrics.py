"""Measuring and alerting."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from groundwork.core.component import Component
from groundwork.core.contract import Contract
from groundwork.core.contracts.cluster import Namespace


@dataclass(frozen=True, kw_only=True)
class Alert:
    """One rule.

    Attributes:
        name: in CamelCase, as Prometheus' own rules are.
        expression: PromQL; a result is an alert.
        after: how long it has to hold: "10m".
        severity: critical wakes somebody.
        summary: one sentence with what is wrong.
    """

    name: str
    expression: str
    after: str
    severity: Literal["info", "warning", "critical"]
    summary: str


@dataclass(frozen=True, kw_only=True)
class Metrics(Contract):
    """A Prometheus, or what speaks its operator's API.

    Attributes:
        url: where PromQL is asked inside the cluster.
    """

    url: str

    @abstractmethod
    def scrape(
        self,
        name: str,
        *,
        parent: Component[Any],
        namespace: Namespace,
        selector: Mapping[str, str],
        port: str,
        path: str = "/metrics",
    ) -> None:
        """Scrape the Services of `namespace` with these labels at their port of this name."""

    @abstractmethod
    def alert(self, name: str, *, parent: Component[Any], namespace: Namespace, alerts: Sequence[Alert]) -> None:
        """Alert by these rules."""
