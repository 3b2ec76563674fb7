"""What the platform shows of a subject, and what it alerts by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import alerts
import dashboards
import pulumi_kubernetes as k8s

from groundwork.core.component import Component
from groundwork.core.contracts import Metrics, Namespace


def watch(subject: str, metrics: Metrics, *, parent: Component[Any], namespace: Namespace) -> None:
    """Install the dashboard and the alert rules of a subject, whichever of them there are.

    Args:
        subject: a key of `dashboards.SUBJECTS` or `alerts.SUBJECTS`.
        namespace: where the subject runs; the dashboard and the rules are kept there too.
    """
    if subject in dashboards.SUBJECTS:
        page = dashboards.SUBJECTS[subject](namespace.name)
        metrics.dashboard(subject, parent=parent, namespace=namespace, dashboard=page)
    if subject in alerts.SUBJECTS:
        rules = alerts.SUBJECTS[subject](namespace.name)
        metrics.alert(f"{subject}-work", parent=parent, namespace=namespace, alerts=rules)


def measuring_service(
    name: str, *, parent: Component[Any], namespace: Namespace, pods: Mapping[str, str], port: int, part_of: str
) -> dict[str, str]:
    """Make a Service for measuring alone, where the chart's has no such port or no label of its own.

    Returns:
        Its labels: its port is called `metrics`.
    """
    labels = {"app.kubernetes.io/name": name, "app.kubernetes.io/part-of": part_of}
    k8s.core.v1.Service(
        f"{parent.name}-{name}",
        metadata={"name": name, "namespace": namespace.name, "labels": labels},
        spec={
            "cluster_ip": "None",
            "selector": dict(pods),
            "ports": [{"name": "metrics", "port": port, "target_port": port}],
        },
        opts=namespace.options(parent),
    )
    return labels
