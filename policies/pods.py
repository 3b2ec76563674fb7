"""Where pods are described in Kubernetes' objects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from policies.rule import Subject, items

# Workloads whose pod template lies under spec.template.
WORKLOADS = (
    "kubernetes:apps/v1:Deployment",
    "kubernetes:apps/v1:StatefulSet",
    "kubernetes:apps/v1:DaemonSet",
    "kubernetes:batch/v1:Job",
)
POD_TYPES = (*WORKLOADS, "kubernetes:core/v1:Pod", "kubernetes:batch/v1:CronJob")


def pod_spec(subject: Subject) -> Mapping[str, Any]:
    """Return the spec of the pods that a workload makes."""
    spec: Mapping[str, Any] = subject.props.get("spec") or {}
    if subject.type.endswith(":CronJob"):
        spec = (spec.get("jobTemplate") or {}).get("spec") or {}
    if not subject.type.endswith(":Pod"):
        spec = (spec.get("template") or {}).get("spec") or {}
    return spec


def containers(subject: Subject) -> Iterator[Mapping[str, Any]]:
    """Return all containers of a workload's pods, those that run first too."""
    spec = pod_spec(subject)
    for kind in ("initContainers", "containers"):
        yield from items(spec.get(kind))


def where(subject: Subject) -> str:
    """Return how an error names a workload: `Deployment mlflow/mlflow`."""
    metadata = subject.props.get("metadata") or {}
    return (
        f"{subject.type.rpartition(':')[2]} {metadata.get('namespace', 'default')}/{metadata.get('name', subject.name)}"
    )
