"""Knative Serving: servers by their requests, down to none, with every request waiting for its answer.

Its routes are Istio's, by the first gateway of the mesh: callers inside the cluster take a way of their own into it.
Whoever reaches that way, or the activator, can call any server, since what they call next takes them for the caller: so
both are closed to all but the namespaces of servers, and those that the stack file names.
"""

from __future__ import annotations

from typing import Annotated

import pulumi_kubernetes as k8s
from addons._availability import keep_available, unavailable
from addons._charts import Copies
from addons._istio_inside import InnerWay, let_in
from addons._knative_serverless import ACTIVATOR, HTTP, KEPT_SECONDS, NAMESPACE, KnativeServerless, let_call
from addons._knative_values import PARTS, Limits, Ways, values
from addons._ways_in import pods_of
from addons.istio_api import IstioMesh
from addons.knative_api import KnativeKinds
from pydantic import AfterValidator, Field, PositiveInt

from groundwork.core.charts import release
from groundwork.core.component import Component
from groundwork.core.config import ByProfile, Config
from groundwork.core.contracts import Alert, Cluster, Metrics, Namespace, NodePools, Priorities, Usage
from groundwork.core.errors import StackError
from groundwork.core.forms import Form
from groundwork.core.naming import is_label

_WAY = "knative-local-gateway"
_METRICS_PORT, _WEBHOOK_PORT = 9090, 8443
_CPU_PERCENT = 70


def _namespace(name: str) -> str:
    if not is_label(name):
        raise ValueError(f"{name!r} is no name for a namespace: lower case letters, digits, hyphens")
    return name


class KnativeConfig(Config):
    """What a stack file may say under `knative:`."""

    replicas: Copies = Field(description="copies of each controller and webhook")
    activators: Annotated[PositiveInt, ByProfile("highly_available", {True: 3, False: 1})] = Field(
        description="copies, at least, of what keeps requests waiting for a server"
    )
    max_activators: PositiveInt = Field(
        default=10, description="and at most, by their CPU, where metrics-server is in the stack"
    )
    request_seconds: int = Field(
        default=600, ge=1, le=3600, description="that a request takes at most, its wait for a first copy included"
    )
    start_seconds: int = Field(
        default=1800,
        ge=30,
        description="until a new version counts as failed; a node with a GPU may have to come first",
    )
    max_copies: PositiveInt = Field(default=10, description="of a server that does not say how many it may have")
    unresolved_registries: tuple[
        Annotated[str, Form(r"[a-z0-9.:-]+", "the host of a registry", "index.docker.io")], ...
    ] = Field(
        default=("index.docker.io", "nvcr.io"),
        description="whose tags are taken as they are; elsewhere Knative asks the registry which image a tag is, so "
        "that every copy of a version is the same: without the internet name them all",
    )
    callers: tuple[Annotated[str, AfterValidator(_namespace)], ...] = Field(
        default=(),
        description="namespaces that may call every server inside the cluster, beside those that have servers; in a "
        "mesh of sidecars also name them under istio-api.callers",
    )


class Knative(Component[KnativeConfig]):
    """Knative Serving on Istio: autoscaler, activator, controllers and webhooks, and its way into the gateway."""

    single = True

    def build(
        self,
        cluster: Cluster,
        kinds: KnativeKinds,
        # Istio itself, not any mesh: its routes are Istio's.
        mesh: IstioMesh,
        usage: Usage | None,
        metrics: Metrics | None,
        priorities: Priorities | None,
        pools: NodePools | None,
    ) -> KnativeServerless:
        """Make the way in, then install the chart.

        Raises:
            StackError: it is to have more activators at least than at most.
        """
        config = self.config
        if config.max_activators < config.activators:
            raise StackError(
                [
                    f"{self.name}.maxActivators: {config.max_activators}, but activators is {config.activators}; at "
                    "most cannot be less than at least"
                ]
            )
        namespace = cluster.namespace(NAMESPACE, parent=self, mesh=mesh)
        way = mesh.inside(_WAY, parent=self, cluster=cluster, callers=[NAMESPACE])
        self._close(namespace, way)
        scaled = usage is not None and config.max_activators > config.activators
        release(
            self.name,
            parent=self,
            chart="knative-serving",
            namespace=namespace,
            values=values(
                copies=config.replicas,
                activators=config.activators,
                scaled=scaled,
                ways=Ways(
                    inner=f"{way.namespace}/{way.name}",
                    outer=f"{mesh.gateway_namespace}/{mesh.gateway}",
                    outer_service=mesh.gateway,
                    scheme=mesh.scheme,
                    addressed=mesh.by_address is None,
                ),
                limits=Limits(config.request_seconds, config.start_seconds, config.max_copies),
                unresolved=config.unresolved_registries,
                scraped=metrics is not None,
                priority=priorities.platform if priorities else None,
            ),
        )
        if usage is not None and scaled:
            usage.scale(
                "activator",
                parent=self,
                namespace=namespace,
                target="Deployment/activator",
                minimum=config.activators,
                maximum=config.max_activators,
                cpu_percent=_CPU_PERCENT,
            )
        for name, labels in PARTS.items():
            copies = config.activators if name == "activator" else config.replicas
            keep_available(name, parent=self, namespace=namespace, labels=labels, copies=copies)
        if metrics is not None:
            _watch(self, metrics, namespace)
        return KnativeServerless(
            kept_seconds=KEPT_SECONDS,
            namespace=NAMESPACE,
            way=way.name,
            gateway=way.gateway,
            gateway_namespace=way.namespace,
        )

    def _close(self, namespace: Namespace, way: InnerWay) -> None:
        """Let in who has to call: the gateway the activator, the API server the webhooks, and the named namespaces."""
        for name in ("webhook", "net-istio-webhook"):
            namespace.open(name, parent=self, selector=PARTS[name], port=_WEBHOOK_PORT)
        namespace.admit("gateway", parent=self, callers=[f"{way.namespace}/{way.gateway}"], ports=HTTP)
        gateway = {**pods_of(way.namespace), "pod_selector": {"match_labels": {"app": way.gateway}}}
        k8s.networking.v1.NetworkPolicy(
            f"{self.name}-activator-closed",
            metadata={"name": "activator-closed", "namespace": namespace.name},
            spec={
                "pod_selector": {"match_labels": ACTIVATOR},
                "policy_types": ["Ingress"],
                "ingress": [
                    {"from_": [gateway, {"pod_selector": {}}], "ports": namespace.arrivals(*HTTP)},
                    {"ports": namespace.arrivals(_METRICS_PORT)},
                ],
            },
            opts=namespace.options(),
        )
        for name in self.config.callers:
            caller = namespace.cluster.within(name, parent=self, mesh=namespace.mesh)
            let_in(way, parent=self, namespace=caller)
            let_call(namespace.name, parent=self, caller=caller)


def _watch(parent: Knative, metrics: Metrics, namespace: Namespace) -> None:
    for name in ("activator", "autoscaler", "controller", "webhook"):
        metrics.scrape(name, parent=parent, namespace=namespace, selector=PARTS[name], port="http-metrics")
    metrics.alert(parent.name, parent=parent, namespace=namespace, alerts=_alerts(namespace.name))


def _alerts(namespace: str) -> list[Alert]:
    return [
        unavailable(
            "KnativeActivatorDown",
            namespace=namespace,
            deployment="activator",
            severity="critical",
            summary="No activator is ready: servers without a copy do not wake, and requests to them fail.",
        ),
        unavailable(
            "KnativeAutoscalerDown",
            namespace=namespace,
            deployment="autoscaler",
            severity="critical",
            summary="The autoscaler of Knative is not ready: servers keep the copies that they have, none included.",
        ),
        unavailable(
            "KnativeControllerDown",
            namespace=namespace,
            deployment="controller",
            summary="The controller of Knative is not ready: no new version of a server comes up.",
        ),
        unavailable(
            "KnativeRoutesDown",
            namespace=namespace,
            deployment="net-istio-controller",
            summary="What makes Istio's routes of Knative's is not ready: no request finds a new version of a server.",
        ),
        unavailable(
            "KnativeWebhookDown",
            namespace=namespace,
            deployment="webhook",
            summary="The webhook of Knative is not ready: servers can be neither made nor changed.",
        ),
    ]
