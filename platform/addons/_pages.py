"""Web pages that believe a request header, or ask nobody who he is: behind a login, or not exposed at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi_kubernetes as k8s

from groundwork.core.component import Component
from groundwork.core.contracts import Login, Mesh, Namespace


def expose_page(
    name: str,
    *,
    parent: Component[Any],
    namespace: Namespace,
    selector: Mapping[str, str],
    port: int,
    mesh: Mesh | None,
    login: Login | None,
) -> str | None:
    """Expose the pods with these labels as `https://<name>.<domain>`, and return that URL.

    Without a mesh or without a login nothing is made, and None returned: the page is then reached through the API
    server, as `kubectl port-forward` does.

    Args:
        port: that the pods listen at. Their chart's Service has another one; the mesh closes the pods' own to other
            namespaces, so it routes to a Service with the same.
    """
    if mesh is None or login is None:
        return None
    service = f"{name}-page"
    k8s.core.v1.Service(
        f"{parent.name}-{service}",
        metadata={"name": service, "namespace": namespace.name},
        spec={"selector": dict(selector), "ports": [{"name": "http", "port": port, "target_port": port}]},
        opts=namespace.options(parent),
    )
    return mesh.expose(name, parent=parent, namespace=namespace, service=service, port=port, login=login)
