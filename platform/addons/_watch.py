"""What the platform shows of a subject, and what it alerts by."""

from __future__ import annotations

from typing import Any

import alerts
import dashboards

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
