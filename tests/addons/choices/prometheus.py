"""The values of kube-prometheus-stack."""

from __future__ import annotations

from typing import Any

from addons import _prometheus_values as prometheus
from addons._grafana_values import Grafana, SingleLogin

from groundwork.core.profiles import Profile

FREE: dict[str, set[str]] = {
    "kube-prometheus-stack-88.5.3": {
        *("grafana.persistence", "grafana.grafana.ini", "grafana.resources", "grafana.service.port"),
        *("grafana.sidecar.resources", "grafana.testFramework", "kube-state-metrics.resources"),
        *("grafana.sidecar.dashboards.folderAnnotation", "grafana.sidecar.dashboards.provider", "grafana.envValueFrom"),
        *("prometheus-node-exporter.resources", "kube-state-metrics.metricLabelsAllowlist", "defaultRules.disabled.*"),
    },
}

LOGIN = SingleLogin(
    client_id="grafana",
    secret="grafana-login",  # noqa: S106 - the name of a Secret
    authorize_url="https://login.example/auth",
    token_url="http://login/token",  # noqa: S106 - an address
    userinfo_url="http://login/userinfo",
    admins="platform",
)
MAIL = {"host": "smtp.example", "port": 587, "sender": "alerts@example.com", "user": "alerts", "secret": "mail"}


def choices(profile: Profile) -> dict[str, list[dict[str, Any]]]:
    """Return them."""
    sizes = prometheus.Sizes(copies=2, alertmanagers=3, memory="4Gi", storage_gi=50, retention_days=30)
    least = Grafana(admin_secret="admin")  # noqa: S106 - the name of a Secret
    most = Grafana(
        admin_secret="admin",  # noqa: S106 - the name of a Secret
        url="https://grafana.example",
        login=LOGIN,
        logs_url="http://loki:3100",
    )
    write = {"url": "https://metrics.example"}
    return {
        "kube-prometheus-stack-88.5.3": [
            prometheus.values(sizes, storage_class="gp3", routing="platform", grafana=least),
            prometheus.values(
                sizes, storage_class="gp3", routing="platform", grafana=most, mail=MAIL, remote_writes=[write]
            ),
        ]
    }
