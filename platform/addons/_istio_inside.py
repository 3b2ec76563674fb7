"""A way into Istio's gateway for callers inside the cluster, by which somebody else routes: Knative."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi_kubernetes as k8s
from addons._istio_routes import ISTIO, Way
from addons._ways_in import pods_of

from groundwork.core.component import Component
from groundwork.core.contracts import Namespace

PORT = 80
"""Of the way's Service."""
# Of the gateway's pods, as Knative has it; nothing else of them listens there.
_AT_PODS = 8081
_LAST = 65535


@dataclass(frozen=True, kw_only=True)
class InnerWay:
    """The way, as whoever routes by it names it.

    Attributes:
        name: of its gateway object and of its Service.
        namespace: where both are.
        gateway: whose pods it leads to: the value of their label `app`, and their account.
    """

    name: str
    namespace: str
    gateway: str


def inner_way(
    name: str, *, parent: Component[Any], namespace: Namespace, gateway: Way, callers: Sequence[str]
) -> InnerWay:
    """Make a gateway object, its Service, and what closes its port to all but some namespaces.

    The gateway's pods are in no mesh, so nothing else can tell who calls them; whom they call next takes the gateway
    for the caller.
    """
    pods = {"app": gateway.name}
    k8s.apiextensions.CustomResource(
        f"{parent.name}-{name}",
        api_version=ISTIO,
        kind="Gateway",
        metadata={"name": name, "namespace": namespace.name},
        spec={
            "selector": pods,
            "servers": [{"port": {"number": _AT_PODS, "name": "http", "protocol": "HTTP"}, "hosts": ["*"]}],
        },
        opts=namespace.options(parent),
    )
    k8s.core.v1.Service(
        f"{parent.name}-{name}-service",
        metadata={
            "name": name,
            "namespace": namespace.name,
            # Otherwise Istio takes the object's port for the Service's, and opens another one at the pods.
            "labels": {"experimental.istio.io/disable-gateway-port-translation": "true"},
            # Its pods are those of another component, and come when they come.
            "annotations": {"pulumi.com/skipAwait": "true"},
        },
        spec={"selector": pods, "ports": [{"name": "http2", "port": PORT, "target_port": _AT_PODS}]},
        opts=namespace.options(parent),
    )
    others = [(1, _AT_PODS - 1), (_AT_PODS + 1, _LAST)]
    k8s.networking.v1.NetworkPolicy(
        f"{parent.name}-{name}-closed",
        metadata={"name": f"{name}-closed", "namespace": namespace.name},
        spec={
            "pod_selector": {"match_labels": pods},
            "policy_types": ["Ingress"],
            "ingress": [
                {"ports": [{"protocol": "TCP", "port": first, "end_port": last} for first, last in others]},
                # Its own pods take it too: what is asked from outside the cluster comes by it in the end.
                {"from_": [{"pod_selector": {"match_labels": pods}}, *map(pods_of, callers)], "ports": _PORTS},
            ],
        },
        opts=namespace.options(parent),
    )
    return InnerWay(name=name, namespace=namespace.name, gateway=gateway.name)


def let_in(way: InnerWay, *, parent: Component[Any], namespace: Namespace) -> None:
    """Let the pods of a namespace take the way."""
    ingress = namespace.cluster.within(way.namespace, parent=parent)
    k8s.networking.v1.NetworkPolicy(
        f"{parent.name}-{namespace.name}-{way.name}",
        metadata={"name": f"{way.name}-from-{namespace.name}", "namespace": way.namespace},
        spec={
            "pod_selector": {"match_labels": {"app": way.gateway}},
            "policy_types": ["Ingress"],
            "ingress": [{"from_": [pods_of(namespace.name)], "ports": _PORTS}],
        },
        opts=ingress.options(parent),
    )


_PORTS = [{"protocol": "TCP", "port": _AT_PODS}]
