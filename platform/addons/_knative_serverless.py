"""Servers of Knative: how they are reached, and who calls their pods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi_kubernetes as k8s
from addons._istio_inside import PORT, InnerWay, let_in
from addons._ways_in import pods_of

from groundwork.core.component import Component
from groundwork.core.contracts import Login, Mesh, Namespace, Serverless

NAMESPACE = "knative-serving"
"""Where KServe looks for Knative's settings; every reference of its own names it."""
ACTIVATOR = {"app": "activator"}
HTTP = (8012, 8013)
"""Where the activator and the proxy of each server take requests, by HTTP/1 and HTTP/2."""
# Where that proxy says how many requests there are.
_MEASURED = 9090
# `scale-to-zero-pod-retention-period` is an hour at most: pkg/apis/autoscaling/annotation_validation.go.
KEPT_SECONDS = 3600


@dataclass(frozen=True, kw_only=True)
class KnativeServerless(Serverless):
    """Servers by Knative: each request arrives at the gateway, or at the activator while there is no copy.

    Attributes:
        namespace: where Knative runs.
        way: name of the way into the gateway for callers inside the cluster, and of its Service.
        gateway: whose pods that leads to: their label `app`, and their account.
        gateway_namespace: of both.
    """

    namespace: str
    way: str
    gateway: str
    gateway_namespace: str

    def admit(self, *, parent: Component[Any], namespace: Namespace) -> None:
        """Let gateway, activator and autoscaler call the pods there, and those pods call servers."""
        callers = [
            f"{self.gateway_namespace}/{self.gateway}",
            f"{self.namespace}/activator",
            f"{self.namespace}/controller",
        ]
        namespace.admit("serverless", parent=parent, callers=callers, ports=[*HTTP, _MEASURED])
        let_in(
            InnerWay(name=self.way, namespace=self.gateway_namespace, gateway=self.gateway),
            parent=parent,
            namespace=namespace,
        )
        let_call(self.namespace, parent=parent, caller=namespace)

    def expose(
        self, name: str, *, parent: Component[Any], namespace: Namespace, service: str, mesh: Mesh, login: Login | None
    ) -> str:
        """Lead from the host outside to the way inside, where the server's own name takes the request on."""
        ingress = namespace.cluster.within(self.gateway_namespace, parent=parent)
        return mesh.expose(
            name,
            parent=parent,
            namespace=ingress,
            service=self.way,
            port=PORT,
            login=login,
            called=namespace.host(service),
        )


def let_call(activator: str, *, parent: Component[Any], caller: Namespace) -> None:
    """Let the pods of a namespace call the activator: a mesh of sidecars routes at the caller, past the gateway.

    Args:
        activator: the namespace that it runs in.
    """
    there = caller.cluster.within(activator, parent=parent, mesh=caller.mesh)
    name = f"servers-of-{caller.name}"
    there.admit(name, parent=parent, callers=[caller.name], ports=HTTP)
    k8s.networking.v1.NetworkPolicy(
        f"{parent.name}-{caller.name}-activator",
        metadata={"name": name, "namespace": activator},
        spec={
            "pod_selector": {"match_labels": ACTIVATOR},
            "policy_types": ["Ingress"],
            "ingress": [{"from_": [pods_of(caller.name)], "ports": there.arrivals(*HTTP)}],
        },
        opts=there.options(parent),
    )
