"""Which Kubernetes objects make pods, and what their pods are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from groundwork.policy.subject import Subject, objects
from groundwork.policy.terms import at, pod_spec

# Workloads whose pod template lies under spec.template.
WORKLOADS = (
    "kubernetes:apps/v1:Deployment",
    "kubernetes:apps/v1:StatefulSet",
    "kubernetes:apps/v1:DaemonSet",
    "kubernetes:batch/v1:Job",
)
POD_TYPES = (*WORKLOADS, "kubernetes:core/v1:Pod", "kubernetes:batch/v1:CronJob")

INJECTED = at("image").is_("auto")
"""A container in whose place Istio's webhook puts its own proxy, probes and all.

https://istio.io/latest/docs/setup/additional-setup/gateway/
"""


def containers(subject: Subject) -> Iterator[Mapping[str, Any]]:
    """Return all containers of a workload's pods, those that run first too."""
    spec = pod_spec(subject)
    for kind in ("initContainers", "containers"):
        yield from objects(spec.get(kind))
