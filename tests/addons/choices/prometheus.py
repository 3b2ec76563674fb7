"""The values of kube-prometheus-stack."""

from __future__ import annotations

from typing import Any

from addons import _prometheus_values as prometheus

from groundwork.core.profiles import Profile

FREE: dict[str, set[str]] = {
    "kube-prometheus-stack-88.5.3": {
        *("grafana.persistence", "grafana.grafana.ini", "grafana.resources", "grafana.service.port"),
        *("grafana.sidecar.resources", "grafana.testFramework", "kube-state-metrics.resources"),
        "prometheus-node-exporter.resources",
    },
}


def choices(profile: Profile) -> dict[str, list[dict[str, Any]]]:
    """Return them."""
    sizes = prometheus.Sizes(copies=2, alertmanagers=3, memory="4Gi", storage_gi=50, retention_days=30)
    return {
        "kube-prometheus-stack-88.5.3": [
            prometheus.values(sizes, storage_class="gp3", admin_secret="admin", grafana_url=url)  # noqa: S106
            for url in (None, "https://grafana.example")
        ]
    }
