"""KEDA: copies by events, down to zero."""

from __future__ import annotations

from typing import Any

from addons._charts import Copies, budget
from addons._pods import resources
from addons._watch import watch
from addons.keda_api import KedaScaling
from pydantic import Field

from groundwork.core.charts import release
from groundwork.core.component import Component
from groundwork.core.config import Config
from groundwork.core.contracts import Cluster, Metrics, Namespace, NodePools

_SCRAPED = ("keda-operator", "keda-operator-metrics-apiserver", "keda-admission-webhooks")


class KedaConfig(Config):
    """What a stack file may say under `keda:`."""

    replicas: Copies = Field(description="copies of the operator, of the metrics server and of the webhooks")


def values(config: KedaConfig, *, scraped: bool) -> dict[str, Any]:
    """Return the chart's values: https://github.com/kedacore/charts/tree/v2.20.2/keda.

    Args:
        scraped: whether somebody reads its metrics.
    """
    disruption = budget(config.replicas)
    return {
        "crds": {"install": False},
        "image": {"pullPolicy": "IfNotPresent"},
        # Of two operators one leads. Each metrics server answers for itself behind the one APIService.
        "operator": {"replicaCount": config.replicas},
        "metricsServer": {"replicaCount": config.replicas},
        "webhooks": {"replicaCount": config.replicas},
        "podDisruptionBudget": {"operator": disruption, "metricServer": disruption, "webhooks": disruption},
        "resources": {
            "operator": resources("100m", "256Mi", "1Gi"),
            "metricServer": resources("50m", "128Mi", "512Mi"),
            "webhooks": resources("10m", "64Mi", "128Mi"),
        },
        "prometheus": {part: {"enabled": scraped} for part in ("operator", "metricServer", "webhooks")},
        "enableServiceLinks": False,
    }


class Keda(Component[KedaConfig]):
    """KEDA's operator, its metrics server and its webhooks."""

    single = True

    def build(self, cluster: Cluster, scaling: KedaScaling, metrics: Metrics | None, pools: NodePools | None) -> None:
        """Install the chart."""
        namespace = cluster.namespace(self.name, parent=self)
        given = values(self.config, scraped=metrics is not None)
        release(self.name, parent=self, chart="keda", namespace=namespace, values=given)
        if metrics is not None:
            self._watch(metrics, namespace)

    def _watch(self, metrics: Metrics, namespace: Namespace) -> None:
        watch("keda", metrics, parent=self, namespace=namespace)
        for service in _SCRAPED:
            metrics.scrape(
                service,
                parent=self,
                namespace=namespace,
                selector={"app.kubernetes.io/name": service},
                port="metrics",
            )
