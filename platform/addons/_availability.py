"""What keeps workloads of charts that think of neither available, and tells when they are not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import pulumi_kubernetes as k8s
from addons._charts import budget

from groundwork.core.component import Component
from groundwork.core.contracts import Alert, Namespace


def keep_available(
    name: str, *, parent: Component[Any], namespace: Namespace, labels: Mapping[str, str], copies: int
) -> None:
    """Let one of the pods with these labels go at a time; nothing is made over a single copy."""
    if spec := budget(copies):
        k8s.policy.v1.PodDisruptionBudget(
            f"{parent.name}-{name}-budget",
            metadata={"name": name, "namespace": namespace.name},
            spec={"max_unavailable": spec["maxUnavailable"], "selector": {"match_labels": dict(labels)}},
            opts=namespace.options(parent),
        )


def unavailable(
    alert: str,
    *,
    namespace: str,
    deployment: str,
    summary: str,
    severity: Literal["warning", "critical"] = "warning",
) -> Alert:
    """Return the alert that no pod of a Deployment is ready: for what has no metrics of its own that say so."""
    found = f'kube_deployment_status_replicas_available{{namespace="{namespace}",deployment="{deployment}"}}'
    return Alert(name=alert, expression=f"{found} < 1", after="5m", severity=severity, summary=summary)


def nearly_full(alert: str, *, namespace: str, summary: str) -> Alert:
    """Return the alert that a volume in a namespace is more than 85 % full."""
    ours = f'{{namespace="{namespace}"}}'
    used = f"kubelet_volume_stats_used_bytes{ours} / kubelet_volume_stats_capacity_bytes{ours}"
    return Alert(name=alert, expression=f"{used} > 0.85", after="10m", severity="warning", summary=summary)
