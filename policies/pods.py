"""Which Kubernetes objects make pods, and what their pods are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from groundwork.policy.subject import Subject
from groundwork.policy.terms import ANY_CONTAINER, at, found

SERVED = ("kubernetes:apps/v1:Deployment", "kubernetes:apps/v1:StatefulSet")
"""Workloads that have copies, and that others call."""
# Workloads whose pod template lies under spec.template.
WORKLOADS = (
    *SERVED,
    "kubernetes:apps/v1:DaemonSet",
    "kubernetes:apps/v1:ReplicaSet",
    "kubernetes:core/v1:ReplicationController",
    "kubernetes:batch/v1:Job",
)
POD_TYPES = (*WORKLOADS, "kubernetes:core/v1:Pod", "kubernetes:batch/v1:CronJob")
ASKED_FOR = (
    "kubernetes:kubeflow.org/v1:Notebook",
    "kubernetes:serving.kserve.io/v1beta1:InferenceService",
)
"""What people ask an operator for, whose containers are theirs; what else its pods are is the operator's."""

INJECTED = at("image").is_("auto")
"""A container in whose place Istio's webhook puts its own proxy, probes and all.

https://istio.io/latest/docs/setup/additional-setup/gateway/
"""


def containers(subject: Subject) -> Iterator[Mapping[str, Any]]:
    """Return all containers of a workload's pods, those that run first, and those that were added, too."""
    return found(ANY_CONTAINER, subject)
