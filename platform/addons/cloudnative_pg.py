"""CloudNativePG: the operator that runs PostgreSQL with standbys and fails over, and its plugin that archives.

The plugin and the operator know each other by certificates, so there is no plugin where nobody signs any. cert-manager
is not waited for: where its webhook is just coming up, the plugin's certificates are refused until the next run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from addons._availability import keep_available
from addons._charts import Copies
from addons._pods import resources, spread
from addons.cloudnative_pg_api import CloudNativePgKinds
from pydantic import Field

from groundwork.core.charts import release
from groundwork.core.component import Component
from groundwork.core.config import Config
from groundwork.core.contract import Contract
from groundwork.core.contracts import Certificates, Cluster, Namespace, NodePools

_LABELS = {"app.kubernetes.io/name": "cloudnative-pg"}


class CloudNativePgConfig(Config):
    """What a stack file may say under `cloudnative-pg:`."""

    replicas: Copies = Field(description="copies of the operator: one leads. Databases run on while none does")


@dataclass(frozen=True, kw_only=True)
class PostgresOperator(Contract):
    """Somebody acts on CloudNativePG's kinds in every namespace.

    Attributes:
        archives: whether he can put a server's log and copies into a bucket.
    """

    archives: bool


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


def plugin_values(config: CloudNativePgConfig) -> dict[str, Any]:
    """Return the plugin's values: https://github.com/cloudnative-pg/charts/tree/plugin-barman-cloud-v0.7.0."""
    return {
        "crds": {"create": False},
        "replicaCount": config.replicas,
        "resources": resources("50m", "64Mi", "256Mi"),
        "topologySpreadConstraints": spread({"app.kubernetes.io/name": "plugin-barman-cloud"}),
    }


class CloudNativePg(Component[CloudNativePgConfig]):
    """CloudNativePG's operator. The databases themselves are `postgres-cluster`."""

    single = True

    def build(
        self,
        cluster: Cluster,
        kinds: CloudNativePgKinds,
        certificates: Certificates | None,
        pools: NodePools | None,
    ) -> PostgresOperator:
        """Install the charts."""
        namespace = cluster.namespace(self.name, parent=self)
        operator = release(
            self.name, parent=self, chart="cloudnative-pg", namespace=namespace, values=values(self.config)
        )
        self._keep_available(namespace, "cloudnative-pg")
        if certificates is not None:
            self._keep_available(namespace, "plugin-barman-cloud")
            release(
                "barman-cloud",
                parent=self,
                chart="plugin-barman-cloud",
                # The operator looks for plugins in its own namespace.
                namespace=namespace,
                values=plugin_values(self.config),
                after=[operator],
            )
        return PostgresOperator(archives=certificates is not None)

    def _keep_available(self, namespace: Namespace, chart: str) -> None:
        """Let one copy go at a time: neither chart has a budget."""
        labels = {"app.kubernetes.io/name": chart}
        keep_available(chart, parent=self, namespace=namespace, labels=labels, copies=self.config.replicas)
