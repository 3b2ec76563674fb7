"""Measuring, showing and alerting."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from groundwork.core.component import Component
from groundwork.core.contacts import Contact, Severity
from groundwork.core.contract import Contract
from groundwork.core.contracts.cluster import Namespace

Unit = Literal[
    "number", "percent", "fraction", "bytes", "mebibytes", "seconds", "per second", "celsius", "watts", "cores"
]


@dataclass(frozen=True, kw_only=True)
class Alert:
    """One rule.

    Attributes:
        name: in CamelCase, as Prometheus' own rules are.
        expression: PromQL; a result is an alert. Its label `namespace` decides which team is told.
        after: how long it has to hold: "10m".
        severity: critical wakes somebody.
        summary: one sentence with what is wrong.
        runbook: what whoever is told does now, in the order in which it is done.
    """

    name: str
    expression: str
    after: str
    severity: Severity
    summary: str
    runbook: str = ""


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One picture of a dashboard.

    Attributes:
        queries: legend -> PromQL. A legend may name labels: "{{pod}}". `$name` stands for a choice of the dashboard.
        unit: of the values.
        kind: `lines` over time, the `number` that it is now, or a `table` of what it is now.
        note: what a reader has to know to understand it.
        warn: from this value on it is shown as a warning; None for no such value.
    """

    title: str
    queries: Mapping[str, str]
    unit: Unit = "number"
    kind: Literal["lines", "number", "table"] = "lines"
    note: str = ""
    warn: float | None = None


@dataclass(frozen=True, kw_only=True)
class Dashboard:
    """A page of pictures.

    Attributes:
        title: of the page.
        folder: under which it is found.
        rows: title of the row -> its panels, from left to right; at most four.
        choices: name -> PromQL of a metric and one of its labels, `label_values(metric, label)`; its values can be
            chosen at the top of the page, several at once.
    """

    title: str
    folder: str
    rows: Mapping[str, Sequence[Panel]]
    choices: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Metrics(Contract):
    """A Prometheus, or what speaks its operator's API.

    Attributes:
        namespace: of what scrapes; a closed namespace lets it in.
        url: where PromQL is asked inside the cluster.
    """

    namespace: str
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

    @abstractmethod
    def dashboard(self, name: str, *, parent: Component[Any], namespace: Namespace, dashboard: Dashboard) -> None:
        """Show this page to whoever may see pages at all."""

    @abstractmethod
    def notify(self, *, parent: Component[Any], namespace: Namespace, contacts: Sequence[Contact]) -> None:
        """Tell these of every alert whose label `namespace` is this namespace.

        The Secrets that the contacts name are looked for in that namespace. Nothing else changes for others: what no
        namespace has a contact for goes where the platform's own alerts go.
        """
