"""Fluent Bit: carries what containers write to the store of logs."""

from __future__ import annotations

from addons._fluent_bit_values import values
from addons._tenants import close_to_teams

from groundwork.core.charts import release
from groundwork.core.component import Component
from groundwork.core.config import Config
from groundwork.core.contracts import Cluster, Logs, Metrics, NodePools, Priorities


class FluentBitConfig(Config):
    """What a stack file may say under `fluent-bit:`: nothing yet."""


class FluentBit(Component[FluentBitConfig]):
    """Fluent Bit on every node: each line with its namespace, its container and its team."""

    single = True

    def build(
        self,
        cluster: Cluster,
        logs: Logs,
        metrics: Metrics | None,
        priorities: Priorities | None,
        pools: NodePools | None,
    ) -> None:
        """Install the chart."""
        # It reads the nodes' own files.
        namespace = cluster.namespace(self.name, parent=self, security="privileged")
        given = values(url=logs.url, priority=priorities.platform if priorities else "")
        release(self.name, parent=self, chart="fluent-bit", namespace=namespace, values=given)
        close_to_teams(namespace)
        if metrics is not None:
            metrics.scrape(
                self.name,
                parent=self,
                namespace=namespace,
                selector={"app.kubernetes.io/name": "fluent-bit", "app.kubernetes.io/instance": self.name},
                port="http",
                path="/api/v2/metrics/prometheus",
            )
