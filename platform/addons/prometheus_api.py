"""The kinds of the Prometheus operator, and measuring by them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi_kubernetes as k8s
from addons._mesh_scraping import endpoint

from groundwork.core.component import ApiComponent, Component
from groundwork.core.config import Config
from groundwork.core.contracts import Alert, Cluster, Metrics, Namespace
from groundwork.core.definitions import install_definitions

_GROUP = "monitoring.coreos.com/v1"
# The stack's Prometheus selects every monitor and rule; other installations select by this label of their release.
LABELS = {"release": "prometheus"}
# Who scrapes, where a mesh lets only those in whom it knows: the account that the chart gives Prometheus.
SCRAPER = "monitoring/prometheus-kube-prometheus-prometheus"


class PrometheusApiConfig(Config):
    """What a stack file may say under `prometheus-api:`: nothing yet."""


@dataclass(frozen=True, kw_only=True)
class PrometheusMetrics(Metrics):
    """Measuring by the Prometheus operator's kinds."""

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
        """Make a ServiceMonitor."""
        k8s.apiextensions.CustomResource(
            f"{parent.name}-{name}-monitor",
            api_version=_GROUP,
            kind="ServiceMonitor",
            metadata={"name": name, "namespace": namespace.name, "labels": LABELS},
            spec={
                "selector": {"matchLabels": dict(selector)},
                "namespaceSelector": {"matchNames": [namespace.name]},
                "endpoints": [{"port": port, "path": path, **endpoint(namespace)}],
            },
            opts=namespace.options(parent),
        )
        namespace.admit(f"{name}-scrape", parent=parent, callers=[SCRAPER])

    def alert(self, name: str, *, parent: Component[Any], namespace: Namespace, alerts: Sequence[Alert]) -> None:
        """Make a PrometheusRule."""
        rules = [
            {
                "alert": alert.name,
                "expr": alert.expression,
                "for": alert.after,
                "labels": {"severity": alert.severity},
                "annotations": {"summary": alert.summary},
            }
            for alert in alerts
        ]
        k8s.apiextensions.CustomResource(
            f"{parent.name}-{name}-alerts",
            api_version=_GROUP,
            kind="PrometheusRule",
            metadata={"name": name, "namespace": namespace.name, "labels": LABELS},
            spec={"groups": [{"name": f"{parent.name}.{name}", "rules": rules}]},
            opts=namespace.options(parent),
        )


class PrometheusApi(ApiComponent[PrometheusApiConfig]):
    """ServiceMonitor, PrometheusRule and the other kinds of the Prometheus operator."""

    def build(self, cluster: Cluster) -> PrometheusMetrics:
        """Install the CRDs."""
        install_definitions(self, cluster, "prometheus")
        return PrometheusMetrics()
