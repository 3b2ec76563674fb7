"""The vertical pod autoscaler: what pods should request, by what they use."""

from __future__ import annotations

from typing import Any

from addons._charts import Copies
from addons._pods import container_security, resources
from addons.vertical_pod_autoscaler_api import VpaSizing
from pydantic import Field

from groundwork.core.charts import release
from groundwork.core.component import Component
from groundwork.core.config import Config
from groundwork.core.contracts import Certificates, Cluster, NodePools, Priorities, Usage
from groundwork.core.errors import StackError


class VerticalPodAutoscalerConfig(Config):
    """What a stack file may say under `vertical-pod-autoscaler:`; whether it changes anything stands under its API."""

    replicas: Copies = Field(description="copies of each part; of two, one leads")


def values(config: VerticalPodAutoscalerConfig, *, applies: bool, priority: str = "") -> dict[str, Any]:
    """Return the chart's values.

    https://github.com/kubernetes/autoscaler/tree/vertical-pod-autoscaler-chart-0.11.0/vertical-pod-autoscaler/charts

    Args:
        applies: whether it changes what pods request; else only its recommender is there, and no webhook sees every
            pod that is made.
        priority: name of a priority class, "" for none.
    """

    def part(component: str, *, enabled: bool, memory: str, limit: str) -> dict[str, Any]:
        return {
            "enabled": enabled,
            "replicas": config.replicas,
            "resources": resources("50m", memory, limit),
            "affinity": {"podAntiAffinity": _apart(component)},
            # Of the chart's two ways to say that one may go at a time, the one that its defaults do not contradict.
            "podDisruptionBudget": {"enabled": config.replicas > 1, "minAvailable": max(1, config.replicas - 1)},
            **({"priorityClassName": priority} if priority else {}),
        }

    # Also one copy is two for a while, when a new version comes.
    leading = {"leaderElection": {"enabled": True}}
    return {
        "podSecurityContext": {"seccompProfile": {"type": "RuntimeDefault"}},
        "containerSecurityContext": container_security(),
        # Its memory grows with the number of containers in the cluster.
        "recommender": {**part("recommender", enabled=True, memory="256Mi", limit="1Gi"), **leading},
        "updater": {**part("updater", enabled=applies, memory="128Mi", limit="512Mi"), **leading},
        "admissionController": {
            **part("admission-controller", enabled=applies, memory="128Mi", limit="512Mi"),
            # The chart's own way is an image of a project that has ended.
            "certGen": {"enabled": False},
            "certManager": {"enabled": applies, "createSelfSignedIssuer": {"enabled": applies}},
        },
    }


def _apart(component: str) -> dict[str, Any]:
    """Return what keeps the copies of a part in different zones, if there is room: the chart takes no spread."""
    terms = [{"key": "app.kubernetes.io/component", "operator": "In", "values": [component]}]
    term = {"topologyKey": "topology.kubernetes.io/zone", "labelSelector": {"matchExpressions": terms}}
    return {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 100, "podAffinityTerm": term}]}


class VerticalPodAutoscaler(Component[VerticalPodAutoscalerConfig]):
    """A recommender, and where its API says so what applies its recommendations."""

    single = True

    def build(
        self,
        cluster: Cluster,
        sizing: VpaSizing,
        usage: Usage,
        certificates: Certificates | None,
        pools: NodePools | None,
        priorities: Priorities | None,
    ) -> None:
        """Install the chart.

        Raises:
            StackError: it is to apply what it recommends, and nothing signs the certificate of its webhook.
        """
        if sizing.applies and certificates is None:
            raise StackError(
                [
                    "vertical-pod-autoscaler-api.apply: true needs a certificate for a webhook, which nothing in this "
                    "stack signs; add `cert-manager`, or leave it out"
                ]
            )
        namespace = cluster.namespace(self.name, parent=self)
        given = values(self.config, applies=sizing.applies, priority=priorities.platform if priorities else "")
        release(self.name, parent=self, chart="vertical-pod-autoscaler", namespace=namespace, values=given)
