"""Loki: what programs wrote, kept in a bucket."""

from __future__ import annotations

from typing import Annotated

from addons._loki_values import PORT, Sizes, values
from addons._tenants import close_to_teams
from addons._watch import watch
from pydantic import Field, PositiveInt

from groundwork.core.amounts import Memory
from groundwork.core.charts import release
from groundwork.core.component import Component
from groundwork.core.config import ByProfile, Config
from groundwork.core.contracts import Cluster, Logs, Metrics, NodePools, ObjectStore, Priorities

_ACCOUNT = "loki"


class LokiConfig(Config):
    """What a stack file may say under `loki:`."""

    replicas: Annotated[PositiveInt, ByProfile("highly_available", {True: 3, False: 1})] = Field(
        description="copies; with three each line is kept by all of them until it is in the bucket"
    )
    retention_days: Annotated[int, ByProfile("log_retention_days")] = Field(
        ge=1, le=3650, description="how long lines are kept; then they are deleted from the bucket"
    )
    storage_gi: Annotated[PositiveInt, ByProfile("size", {"small": 10, "medium": 20, "large": 50})] = Field(
        description="volume of each copy in GiB, for what is not in the bucket yet; it can grow, never shrink"
    )
    memory: Annotated[Memory, ByProfile("size", {"small": "1Gi", "medium": "2Gi", "large": "4Gi"})] = Field(
        description="request and limit of each copy"
    )


class Loki(Component[LokiConfig]):
    """Loki as one program, on a bucket. No team's pod reaches it: it asks nobody who they are."""

    single = True

    def build(
        self,
        cluster: Cluster,
        objects: ObjectStore,
        metrics: Metrics | None,
        priorities: Priorities | None,
        pools: NodePools | None,
    ) -> Logs:
        """Make the bucket, then install the chart."""
        namespace = cluster.namespace(self.name, parent=self)
        account = namespace.chart_account(_ACCOUNT)
        bucket = objects.bucket(self.name, parent=self, reader_writers=[account])
        config = self.config
        release(
            self.name,
            parent=self,
            chart="loki",
            namespace=namespace,
            values=values(
                Sizes(config.replicas, config.memory, config.storage_gi, config.retention_days),
                name=self.name,
                account=_ACCOUNT,
                bucket=bucket,
                storage_class=cluster.storage_class,
                priority=priorities.platform if priorities else None,
            ),
            accounts={"serviceAccount": account},
            after=bucket.ready,
        )
        close_to_teams(namespace)
        if metrics is not None:
            watch("logs", metrics, parent=self, namespace=namespace)
            metrics.scrape(
                self.name,
                parent=self,
                namespace=namespace,
                selector={"app.kubernetes.io/name": "loki", "app.kubernetes.io/component": "single-binary"},
                port="http-metrics",
            )
        return Logs(url=f"http://{namespace.host(self.name)}:{PORT}", namespace=namespace.name)
