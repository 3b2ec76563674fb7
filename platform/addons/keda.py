"""KEDA: copies by events, down to zero."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_kubernetes as k8s
from addons._charts import Copies, budget
from addons._pods import resources, spread
from addons._watch import watch
from addons.keda_api import CLOUD, KedaScaling
from pydantic import Field

from groundwork.core.charts import release
from groundwork.core.component import Component
from groundwork.core.config import Config
from groundwork.core.contracts import CloudIdentity, Cluster, Metrics, Namespace, NodePools, Priorities, Statement
from groundwork.core.errors import StackError

_SCRAPED = ("keda-operator", "keda-operator-metrics-apiserver", "keda-admission-webhooks")
_PARTS = {
    "operator": "keda-operator",
    "metricsServer": "keda-operator-metrics-apiserver",
    "webhooks": "keda-admission-webhooks",
}


class KedaConfig(Config):
    """What a stack file may say under `keda:`."""

    replicas: Copies = Field(description="copies of the operator, of the metrics server and of the webhooks")


def values(config: KedaConfig, *, scraped: bool, priority: str | None = None) -> dict[str, Any]:
    """Return the chart's values: https://github.com/kedacore/charts/tree/v2.20.2/keda.

    Args:
        scraped: whether somebody reads its metrics.
        priority: name of a priority class.
    """
    disruption = budget(config.replicas)
    return {
        "crds": {"install": False},
        "image": {"pullPolicy": "IfNotPresent"},
        # Of two operators one leads. Each metrics server answers for itself behind the one APIService.
        "operator": {"replicaCount": config.replicas},
        "metricsServer": {"replicaCount": config.replicas},
        # It refuses two ScaledObjects for one workload. With one copy a restart would refuse every deployment that
        # brings a ScaledObject; with two there is always one that answers.
        "webhooks": {"replicaCount": config.replicas, "failurePolicy": "Fail" if config.replicas > 1 else "Ignore"},
        "topologySpreadConstraints": {part: spread({"app": label}) for part, label in _PARTS.items()},
        "podDisruptionBudget": {"operator": disruption, "metricServer": disruption, "webhooks": disruption},
        "resources": {
            "operator": _unthrottled("100m", "256Mi", "1Gi"),
            "metricServer": _unthrottled("50m", "128Mi", "512Mi"),
            "webhooks": _unthrottled("10m", "64Mi", "128Mi"),
        },
        "prometheus": {part: {"enabled": scraped} for part in ("operator", "metricServer", "webhooks")},
        "enableServiceLinks": False,
        **({"priorityClassName": priority} if priority else {}),
    }


def _unthrottled(cpu: str, memory: str, limit: str) -> dict[str, Any]:
    """Return resources without the limit of CPU that the chart gives by default: it would throttle what is idle."""
    given = resources(cpu, memory, limit)
    return {**given, "limits": {**given["limits"], "cpu": None}}


class Keda(Component[KedaConfig]):
    """KEDA's operator, its metrics server and its webhooks."""

    single = True

    def build(
        self,
        cluster: Cluster,
        scaling: KedaScaling,
        identity: CloudIdentity | None,
        metrics: Metrics | None,
        priorities: Priorities | None,
        pools: NodePools | None,
    ) -> None:
        """Install the chart.

        Raises:
            StackError: it is to read queues of the cloud, and nothing gives it an identity there.
        """
        if scaling.queues and identity is None:
            raise StackError(
                [
                    f"{self.name}: keda-api.queues names {scaling.queues[0]}, but nothing in this stack gives pods an "
                    "identity in the cloud; add `eks`, or leave it out"
                ]
            )
        self.claim("the external metrics API (external.metrics.k8s.io)", "keep one")
        namespace = cluster.namespace(self.name, parent=self)
        given = values(self.config, scraped=metrics is not None, priority=priorities.platform if priorities else None)
        allowed = self._allow(identity, namespace, scaling.queues) if identity is not None and scaling.queues else []
        made = release(
            self.name,
            parent=self,
            chart="keda",
            namespace=namespace,
            values=given,
            accounts={"serviceAccount.operator": namespace.chart_account(_PARTS["operator"])},
            after=allowed,
        )
        if allowed:
            k8s.apiextensions.CustomResource(
                f"{self.name}-{CLOUD}",
                api_version="keda.sh/v1alpha1",
                kind="ClusterTriggerAuthentication",
                metadata={"name": CLOUD},
                # As its operator comes. A role of the scaled workload's own would have to be assumed by the operator.
                spec={"podIdentity": {"provider": "aws", "identityOwner": "keda"}},
                opts=cluster.options(self, depends_on=[made]),
            )
        if metrics is not None:
            self._watch(metrics, namespace)

    def _allow(self, identity: CloudIdentity, namespace: Namespace, queues: tuple[str, ...]) -> list[pulumi.Resource]:
        """Let the operator read how long these queues are, and nothing else."""
        return identity.grant(
            "queues",
            parent=self,
            account=namespace.chart_account(_PARTS["operator"]),
            statements=[Statement(actions=["sqs:GetQueueAttributes"], resources=list(queues))],
        )

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
