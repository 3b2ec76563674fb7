"""CloudNativePG: the operator that runs PostgreSQL with standbys and fails over."""

from __future__ import annotations

from typing import Any

from addons._charts import Copies
from addons._pods import resources, spread
from addons.cloudnative_pg_api import CloudNativePgKinds
from pydantic import Field

from groundwork.core.charts import release
from groundwork.core.component import Component
from groundwork.core.config import Config
from groundwork.core.contract import Contract
from groundwork.core.contracts import Cluster, NodePools

_LABELS = {"app.kubernetes.io/name": "cloudnative-pg"}


class CloudNativePgConfig(Config):
    """What a stack file may say under `cloudnative-pg:`."""

    replicas: Copies = Field(description="copies of the operator: one leads. Databases run on while none does")


class PostgresOperator(Contract):
    """Somebody acts on CloudNativePG's kinds in every namespace."""


def values(config: CloudNativePgConfig) -> dict[str, Any]:
    """Return the chart's values: https://github.com/cloudnative-pg/charts/tree/cloudnative-pg-v0.29.0."""
    return {
        # The webhook's name and port are fixed in the operator, so there can be one in a cluster.
        "fullnameOverride": "cloudnative-pg",
        "crds": {"create": False},
        "replicaCount": config.replicas,
        "resources": resources("100m", "256Mi", "512Mi"),
        "topologySpreadConstraints": spread(_LABELS),
        "monitoring": {"podMonitorEnabled": False},
    }


class CloudNativePg(Component[CloudNativePgConfig]):
    """CloudNativePG's operator. The databases themselves are `postgres-cluster`."""

    single = True

    def build(self, cluster: Cluster, kinds: CloudNativePgKinds, pools: NodePools | None) -> PostgresOperator:
        """Install the chart."""
        namespace = cluster.namespace(self.name, parent=self)
        release(self.name, parent=self, chart="cloudnative-pg", namespace=namespace, values=values(self.config))
        return PostgresOperator()
