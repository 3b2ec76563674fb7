"""metrics-server: what pods and nodes use now, for `kubectl top` and for autoscaling by CPU and memory."""

from __future__ import annotations

from typing import Any

from addons._charts import Copies, budget
from addons._pods import resources, spread
from pydantic import Field

from groundwork.core.charts import release
from groundwork.core.component import Component
from groundwork.core.config import Config
from groundwork.core.contracts import Cluster, NodePools


class MetricsServerConfig(Config):
    """What a stack file may say under `metrics-server:`."""

    replicas: Copies = Field(description="copies; each asks every kubelet")
    unsigned_kubelets: bool = Field(
        default=False,
        description="trust kubelets whose certificate the cluster's CA did not sign; EKS signs them, some "
        "distributions do not",
    )


def values(config: MetricsServerConfig, *, name: str) -> dict[str, Any]:
    """Return the chart's values.

    https://github.com/kubernetes-sigs/metrics-server/tree/metrics-server-helm-chart-3.13.1/charts/metrics-server

    Args:
        name: of the release.
    """
    several = config.replicas > 1
    return {
        "replicas": config.replicas,
        "podDisruptionBudget": {"enabled": several, **budget(config.replicas)},
        "topologySpreadConstraints": spread(
            {"app.kubernetes.io/name": "metrics-server", "app.kubernetes.io/instance": name}
        ),
        "resources": resources("100m", "200Mi", "400Mi"),
        # The API server verifies it. The chart signs once, keeps what it signed, and renews nothing by itself.
        "apiService": {"insecureSkipTLSVerify": False},
        "tls": {"type": "helm", "helm": {"lookup": True, "certDurationDays": 3650}},
        "args": ["--kubelet-insecure-tls"] if config.unsigned_kubelets else [],
    }


class MetricsServer(Component[MetricsServerConfig]):
    """metrics-server, whose certificate the API server verifies."""

    single = True

    def build(self, cluster: Cluster, pools: NodePools | None) -> None:
        """Install the chart."""
        self.claim("the metrics API (metrics.k8s.io)", "keep one")
        namespace = cluster.namespace(self.name, parent=self)
        release(
            self.name,
            parent=self,
            chart="metrics-server",
            namespace=namespace,
            values=values(self.config, name=self.name),
        )
