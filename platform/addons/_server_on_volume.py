"""One server on a volume of its own: a StatefulSet of a single pod, and the Service by which others find it."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from groundwork.core.component import Component
from groundwork.core.contracts import Namespace, Sizing


def server_on_volume(
    product: str,
    *,
    parent: Component[Any],
    namespace: Namespace,
    pod: Any,
    port_name: str,
    port: int,
    storage_gi: int,
    after: pulumi.Resource,
    name: str | None = None,
    sizing: Sizing | None = None,
) -> str:
    """Make the server of a component, and return its name inside the cluster.

    Args:
        product: what it is: two components of one product differ by their instance label.
        pod: the pod's spec, which mounts the volume `data` and names a port `port_name`.
        port: of the Service.
        after: the Secret that the pod mounts.
        name: of the server, where it is one part of its component; the component's by default.
        sizing: what says how large it should be; it is never changed by itself, since that may start it anew.
    """
    name = name or parent.name
    labels = {"app.kubernetes.io/name": product, "app.kubernetes.io/instance": name}
    metadata = {"name": name, "namespace": namespace.name, "labels": labels}
    k8s.core.v1.Service(
        f"{name}-service",
        metadata=metadata,
        spec={"selector": labels, "ports": [{"name": port_name, "port": port, "target_port": port_name}]},
        opts=namespace.options(parent),
    )
    k8s.apps.v1.StatefulSet(
        f"{name}-server",
        metadata=metadata,
        spec={
            "service_name": name,
            "replicas": 1,
            "selector": {"match_labels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
            "volume_claim_templates": [
                {
                    "metadata": {"name": "data"},
                    "spec": {
                        "access_modes": ["ReadWriteOnce"],
                        "storage_class_name": namespace.cluster.storage_class,
                        "resources": {"requests": {"storage": f"{storage_gi}Gi"}},
                    },
                }
            ],
            # The volume outlives the set and its scaling: data goes only when somebody deletes the claim.
            "persistent_volume_claim_retention_policy": {"when_deleted": "Retain", "when_scaled": "Retain"},
        },
        opts=namespace.options(
            parent, protect=parent.environment.profile.protect, depends_on=[after], delete_before_replace=True
        ),
    )
    if sizing is not None:
        sizing.size(name, parent=parent, namespace=namespace, target=f"StatefulSet/{name}")
    return namespace.host(name)
