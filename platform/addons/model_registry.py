"""Kubeflow's model registry: which models there are, in which versions, and where they lie.

Its REST API asks nobody who he is, so it is not exposed: what runs in the cluster reaches it.
"""

from __future__ import annotations

from typing import Any

from addons._availability import keep_available, unavailable
from addons._charts import Copies
from addons._kubeflow_values import workload
from addons._pods import resources
from pydantic import Field

from groundwork.core.charts import release
from groundwork.core.component import Component
from groundwork.core.config import Config
from groundwork.core.contracts import Cluster, Metrics, ModelRegistry, NodePools, SqlServer

_LABELS = {"component": "model-registry-server"}
_DEPLOYMENT, _SERVICE, _PORT = "model-registry-deployment", "model-registry-service", 8080


class ModelRegistryConfig(Config):
    """What a stack file may say under `model-registry:`."""

    replicas: Copies = Field(description="copies of the server")


def values(*, copies: int, database_secret: str) -> dict[str, Any]:
    """Return the values of the chart.

    Args:
        database_secret: with the key uri, of a PostgreSQL database.
    """
    return {
        "database": {"secret": database_secret},
        "workloads": {_DEPLOYMENT: workload(resources("100m", "128Mi", "512Mi"), copies, _LABELS)},
    }


class KubeflowModelRegistry(Component[ModelRegistryConfig]):
    """The server of the model registry, on a SQL database."""

    single = True

    def build(
        self, cluster: Cluster, sql: SqlServer, metrics: Metrics | None, pools: NodePools | None
    ) -> ModelRegistry:
        """Make the database, then install the chart."""
        namespace = cluster.namespace("model-registry", parent=self)
        database = sql.database("model-registry", parent=self, namespace=namespace)
        release(
            "model-registry",
            parent=self,
            chart="model-registry",
            namespace=namespace,
            values=values(copies=self.config.replicas, database_secret=database.secret),
            after=database.ready,
        )
        keep_available("model-registry", parent=self, namespace=namespace, labels=_LABELS, copies=self.config.replicas)
        if metrics is not None:
            down = unavailable(
                "ModelRegistryDown",
                namespace=namespace.name,
                deployment=_DEPLOYMENT,
                summary="No copy of the model registry is ready: models can be neither registered nor found.",
            )
            metrics.alert("model-registry", parent=self, namespace=namespace, alerts=[down])
        return ModelRegistry(url=f"http://{namespace.host(_SERVICE)}:{_PORT}", namespace=namespace.name)
