"""Who may call whom in Istio's mesh: by identity, namespace and port alone.

So both kinds of mesh enforce them: a sidecar, and the node's ztunnel, which reads no HTTP.
https://istio.io/latest/docs/ambient/usage/l4-policy/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi_kubernetes as k8s

from groundwork.core.component import Component
from groundwork.core.contracts import Namespace

_SECURITY = "security.istio.io/v1"


def sources(callers: Sequence[str], trust_domain: str) -> list[dict[str, Any]]:
    """Return where a call may come from: `namespace`, or `namespace/account`."""
    namespaces = [caller for caller in callers if "/" not in caller]
    accounts = [caller.split("/") for caller in callers if "/" in caller]
    principals = [f"{trust_domain}/ns/{namespace}/sa/{account}" for namespace, account in accounts]
    found: list[dict[str, Any]] = []
    if namespaces:
        found.append({"source": {"namespaces": namespaces}})
    if principals:
        found.append({"source": {"principals": principals}})
    return found


def authorization(
    resource: str, name: str, *, parent: Component[Any], namespace: Namespace, spec: Mapping[str, Any]
) -> None:
    """Make an AuthorizationPolicy."""
    _policy(resource, name, "AuthorizationPolicy", parent, namespace, spec)


def peers(resource: str, name: str, *, parent: Component[Any], namespace: Namespace, spec: Mapping[str, Any]) -> None:
    """Make a PeerAuthentication."""
    _policy(resource, name, "PeerAuthentication", parent, namespace, spec)


def _policy(
    resource: str, name: str, kind: str, parent: Component[Any], namespace: Namespace, spec: Mapping[str, Any]
) -> None:
    k8s.apiextensions.CustomResource(
        resource,
        api_version=_SECURITY,
        kind=kind,
        metadata={"name": name, "namespace": namespace.name},
        spec=dict(spec),
        opts=namespace.options(parent),
    )
