"""Which Kubernetes objects make pods, and what their pods are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from groundwork.policy.subject import Subject
from groundwork.policy.terms import CONTAINER, at, found

SERVED = ("kubernetes:apps/v1:Deployment", "kubernetes:apps/v1:StatefulSet")
"""Workloads that have copies, and that others call."""
# Workloads whose pod template lies under spec.template.
WORKLOADS = (
    *SERVED,
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
    return found(CONTAINER, subject)
