"""Values of kube-prometheus-stack.

https://github.com/prometheus-community/helm-charts/tree/kube-prometheus-stack-88.5.3/charts/kube-prometheus-stack
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from addons._pods import resources

# Parts of the control plane that a cloud, and most distributions, let nobody scrape: their alerts would always fire.
_UNREACHABLE = ("kubeControllerManager", "kubeEtcd", "kubeProxy", "kubeScheduler")
_THEIR_RULES = ("etcd", "kubeControllerManager", "kubeProxy", "kubeSchedulerAlerting", "kubeSchedulerRecording")

GRAFANA_PORT = 3000


@dataclass(frozen=True)
class Sizes:
    """How much of everything.

    Attributes:
        copies: of Prometheus; each scrapes everything on its own.
        alertmanagers: copies that agree among each other: three, or one.
        memory: limit of a copy of Prometheus.
        storage_gi: volume of a copy.
        retention_days: how long measurements are kept, if the volume holds them.
    """

    copies: int
    alertmanagers: int
    memory: str
    storage_gi: int
    retention_days: int


def values(sizes: Sizes, *, storage_class: str, admin_secret: str, grafana_url: str | None) -> dict[str, Any]:
    """Return the chart's values.

    Args:
        storage_class: of the volumes.
        admin_secret: with Grafana's administrator, keys admin-user and admin-password.
        grafana_url: where people reach Grafana, None where it is not exposed.
    """
    return {
        "crds": {"enabled": False},
        "defaultRules": {"rules": dict.fromkeys(_THEIR_RULES, False)},
        **{part: {"enabled": False} for part in _UNREACHABLE},
        "prometheusOperator": _operator(),
        "prometheus": {
            "podDisruptionBudget": {"enabled": sizes.copies > 1},
            "prometheusSpec": _prometheus(sizes, storage_class),
        },
        "alertmanager": {
            "podDisruptionBudget": {"enabled": sizes.alertmanagers > 1},
            "alertmanagerSpec": {
                "replicas": sizes.alertmanagers,
                "resources": resources("20m", "64Mi", "128Mi"),
                "storage": _volume(storage_class, 1),
            },
        },
        "grafana": _grafana(admin_secret, grafana_url),
        "kube-state-metrics": {"resources": resources("20m", "128Mi", "512Mi")},
        "prometheus-node-exporter": {"resources": resources("20m", "32Mi", "128Mi")},
    }


def _operator() -> dict[str, Any]:
    """The operator makes its webhook's certificate by the chart's own Jobs: so it needs no cert-manager to start."""
    return {
        "resources": resources("50m", "128Mi", "512Mi"),
        "prometheusConfigReloader": {"resources": resources("10m", "32Mi", "64Mi")},
        "admissionWebhooks": {"patch": {"resources": resources("10m", "32Mi", "64Mi")}},
    }


def _prometheus(sizes: Sizes, storage_class: str) -> dict[str, Any]:
    return {
        "replicas": sizes.copies,
        "podAntiAffinity": "soft",
        "podAntiAffinityTopologyKey": "topology.kubernetes.io/zone",
        "retention": f"{sizes.retention_days}d",
        # The oldest go before the volume is full; the rest of it is for the log of what is not yet compacted.
        "retentionSize": f"{max(1, sizes.storage_gi * 8 // 10)}GiB",
        "storageSpec": _volume(storage_class, sizes.storage_gi),
        "resources": resources("250m", sizes.memory),
        # Every namespace's monitors and rules, not only those that carry this release's label.
        "podMonitorSelectorNilUsesHelmValues": False,
        "probeSelectorNilUsesHelmValues": False,
        "ruleSelectorNilUsesHelmValues": False,
        "scrapeConfigSelectorNilUsesHelmValues": False,
        "serviceMonitorSelectorNilUsesHelmValues": False,
    }


def _grafana(admin_secret: str, url: str | None) -> dict[str, Any]:
    settings: dict[str, Any] = {"analytics": {"check_for_updates": False, "reporting_enabled": False}}
    if url is not None:
        settings["server"] = {"root_url": url}
    return {
        "admin": {"existingSecret": admin_secret, "userKey": "admin-user", "passwordKey": "admin-password"},
        # Dashboards come from ConfigMaps, so nothing is lost with the pod.
        "persistence": {"enabled": False},
        "grafana.ini": settings,
        "resources": resources("50m", "256Mi", "512Mi"),
        # The Service's port is its pods' too: what guards one guards the other.
        "service": {"port": GRAFANA_PORT},
        "sidecar": {"resources": resources("20m", "128Mi", "256Mi")},
        "testFramework": {"enabled": False},
    }


def _volume(storage_class: str, size_gi: int) -> dict[str, Any]:
    return {
        "volumeClaimTemplate": {
            "spec": {
                "storageClassName": storage_class,
                "accessModes": ["ReadWriteOnce"],
                "resources": {"requests": {"storage": f"{size_gi}Gi"}},
            }
        }
    }
