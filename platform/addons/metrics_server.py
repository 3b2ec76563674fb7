"""metrics-server: what pods and nodes use now, for `kubectl top` and for autoscaling by CPU and memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi_kubernetes as k8s
from addons._charts import Copies, budget
from addons._pods import resources, spread
from pydantic import Field

from groundwork.core.charts import release
from groundwork.core.component import Component
from groundwork.core.config import Config
from groundwork.core.contracts import Cluster, Namespace, NodePools, Usage
from groundwork.core.contracts.scaling import claim_copies, claim_resources, workload

_BY = "HorizontalPodAutoscaler"


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


@dataclass(frozen=True, kw_only=True)
class MetricsServerUsage(Usage):
    """Scaling by Kubernetes' own HorizontalPodAutoscaler."""

    def scale(
        self,
        name: str,
        *,
        parent: Component[Any],
        namespace: Namespace,
        target: str,
        minimum: int,
        maximum: int,
        cpu_percent: int,
    ) -> None:
        """Make a HorizontalPodAutoscaler."""
        kind, of_kind = workload(target, parent, "scale", (1, minimum, maximum))
        claim_copies(parent, namespace, target, by=_BY)
        claim_resources(parent, namespace, target, ["cpu"], by=_BY)
        k8s.autoscaling.v2.HorizontalPodAutoscaler(
            f"{parent.name}-{name}-copies",
            metadata={"name": name, "namespace": namespace.name},
            spec={
                "scale_target_ref": {"api_version": "apps/v1", "kind": kind, "name": of_kind},
                "min_replicas": minimum,
                "max_replicas": maximum,
                "metrics": [
                    {
                        "type": "Resource",
                        "resource": {
                            "name": "cpu",
                            "target": {"type": "Utilization", "average_utilization": cpu_percent},
                        },
                    }
                ],
            },
            opts=namespace.options(parent),
        )


class MetricsServer(Component[MetricsServerConfig]):
    """metrics-server, whose certificate the API server verifies."""

    single = True

    def build(self, cluster: Cluster, pools: NodePools | None) -> MetricsServerUsage:
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
        return MetricsServerUsage()
