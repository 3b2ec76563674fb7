"""Kubeflow's pod defaults: what pods of a profile get by a label: secrets, volumes, variables."""

from __future__ import annotations

from typing import Any

from addons._availability import keep_available, unavailable
from addons._charts import Copies
from addons._kubeflow_values import workload
from addons._pods import resources
from addons.kubeflow_pod_defaults_api import PodDefaultKinds
from pydantic import Field

from groundwork.core.charts import release
from groundwork.core.component import Component
from groundwork.core.config import Config
from groundwork.core.contracts import Certificates, Cluster, Metrics, NodePools

# Names that upstream's webhook has.
_SERVICE, _CERTIFICATE, _DEPLOYMENT = (
    "admission-webhook-service",
    "admission-webhook-cert",
    "admission-webhook-deployment",
)
_APP = "poddefaults"
_LABELS = {
    "app": _APP,
    "app.kubernetes.io/component": _APP,
    "app.kubernetes.io/name": _APP,
    "kustomize.component": _APP,
}


class KubeflowPodDefaultsConfig(Config):
    """What a stack file may say under `kubeflow-pod-defaults:`."""

    replicas: Copies = Field(description="copies of the webhook: while none answers, profiles get no new pods")


def values(*, copies: int, webhook_secret: str) -> dict[str, Any]:
    """Return the values of the chart.

    Args:
        webhook_secret: holds the certificate of the webhook, named as upstream names it.
    """
    return {
        "webhook": {"certificate": _CERTIFICATE, "secret": webhook_secret},
        "workloads": {_DEPLOYMENT: workload(resources("20m", "32Mi", "128Mi"), copies, _LABELS)},
    }


class KubeflowPodDefaults(Component[KubeflowPodDefaultsConfig]):
    """The webhook that applies PodDefaults to the pods of profiles."""

    single = True

    def build(
        self,
        cluster: Cluster,
        kinds: PodDefaultKinds,
        certificates: Certificates,
        metrics: Metrics | None,
        pools: NodePools | None,
    ) -> None:
        """Ask for the certificate, then install the chart."""
        namespace = cluster.namespace("kubeflow-pod-defaults", parent=self)
        hosts = [f"{_SERVICE}.{namespace.name}.svc", namespace.host(_SERVICE)]
        secret = certificates.certificate(_CERTIFICATE, parent=self, namespace=namespace, dns_names=hosts)
        release(
            "kubeflow-pod-defaults",
            parent=self,
            chart="kubeflow-pod-defaults",
            namespace=namespace,
            values=values(copies=self.config.replicas, webhook_secret=secret),
        )
        keep_available("webhook", parent=self, namespace=namespace, labels=_LABELS, copies=self.config.replicas)
        if metrics is not None:
            down = unavailable(
                "KubeflowPodDefaultsDown",
                namespace=namespace.name,
                deployment=_DEPLOYMENT,
                summary="The webhook of pod defaults is not ready: namespaces of profiles get no new pods.",
            )
            metrics.alert("kubeflow-pod-defaults", parent=self, namespace=namespace, alerts=[down])
