"""Who may call whom: words of network policies, and those of a server that is open to whom it gave something."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from groundwork.core.component import Component
from groundwork.core.contracts import Namespace

PLATFORM: dict[str, Any] = {
    "namespace_selector": {"match_expressions": [{"key": "app.kubernetes.io/part-of", "operator": "Exists"}]}
}
"""Pods of every namespace that this platform makes, as a network policy names who may call."""
NEIGHBOURS: dict[str, Any] = {"pod_selector": {}}
"""Pods of the same namespace."""


def pods_of(namespace: str) -> dict[str, Any]:
    """Return all pods of a namespace, as a network policy names who calls or is called."""
    return {"namespace_selector": {"match_labels": {"kubernetes.io/metadata.name": namespace}}}


def tcp(*ports: int) -> list[dict[str, Any]]:
    """Return ports as a network policy names them."""
    return [{"port": port, "protocol": "TCP"} for port in ports]


def close(component: Component[Any], namespace: Namespace, ingress: Sequence[Mapping[str, Any]] = ()) -> None:
    """Close a component's own namespace but for what `ingress` lets in."""
    k8s.networking.v1.NetworkPolicy(
        f"{component.name}-closed",
        metadata={"name": f"{component.name}-closed", "namespace": namespace.name},
        spec={
            "pod_selector": {},
            "policy_types": ["Ingress"],
            **({"ingress": [dict(rule) for rule in ingress]} if ingress else {}),
        },
        opts=namespace.options(),
    )


def way_in(
    resource: str,
    *,
    name: str,
    home: str,
    port: int,
    callers: Sequence[str],
    labels: Mapping[str, str] | None = None,
    parent: Component[Any],
    namespace: Namespace,
) -> pulumi.Resource:
    """Let the pods of other namespaces call a port of those in `home`.

    Args:
        callers: the namespaces.
        labels: of the pods that may be called; none: all of them.
        parent: who was given something there, and so the way goes with it.
        namespace: of the parent.
    """
    policy: pulumi.Resource = k8s.networking.v1.NetworkPolicy(
        resource,
        metadata={"name": name, "namespace": home},
        spec={
            "pod_selector": {"match_labels": dict(labels)} if labels else {},
            "policy_types": ["Ingress"],
            "ingress": [{"from_": [pods_of(caller) for caller in callers], "ports": tcp(port)}],
        },
        opts=namespace.options(parent),
    )
    return policy
