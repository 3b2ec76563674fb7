"""Values of kube-prometheus-stack.

https://github.com/prometheus-community/helm-charts/tree/kube-prometheus-stack-88.5.3/charts/kube-prometheus-stack
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from addons._alertmanager import WHOSE
from addons._grafana_values import Grafana, grafana_values
from addons._pods import resources
from alerts.cluster import REPLACES

# Parts of the control plane that a cloud, and most distributions, let nobody scrape: their alerts would always fire.
_UNREACHABLE = ("kubeControllerManager", "kubeEtcd", "kubeProxy", "kubeScheduler")
_THEIR_RULES = ("etcd", "kubeControllerManager", "kubeProxy", "kubeSchedulerAlerting", "kubeSchedulerRecording")

# Labels that dashboards group by; kube-state-metrics leaves out every label that it is not told.
_LABELS = ("nodes=[groundwork.example/pool]", "pods=[notebook-name]")

_ZONE = "topology.kubernetes.io/zone"


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


def values(
    sizes: Sizes,
    *,
    storage_class: str,
    grafana: Grafana,
    routing: str,
    mail: Mapping[str, Any] | None = None,
    priority: str = "",
    remote_writes: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """Return the chart's values.

    Args:
        storage_class: of the volumes.
        routing: name of the AlertmanagerConfig that says who is told; it comes in the chart's own namespace.
        mail: the server that takes alerts by e-mail.
        priority: name of a priority class for what measures and tells, "" for none.
        remote_writes: where measurements go besides, as Prometheus' kind has it.
    """
    return {
        "crds": {"enabled": False},
        "defaultRules": {
            "rules": dict.fromkeys(_THEIR_RULES, False),
            "disabled": dict.fromkeys(REPLACES, True),
        },
        **{part: {"enabled": False} for part in _UNREACHABLE},
        "prometheusOperator": _operator(),
        "prometheus": {
            "podDisruptionBudget": {"enabled": sizes.copies > 1},
            "prometheusSpec": {
                **_prometheus(sizes, storage_class, remote_writes),
                "priorityClassName": priority,
            },
        },
        "alertmanager": {
            "podDisruptionBudget": {"enabled": sizes.alertmanagers > 1},
            "alertmanagerSpec": {
                **_alertmanager(sizes, storage_class, routing, mail),
                "priorityClassName": priority,
            },
        },
        "grafana": grafana_values(grafana),
        "kube-state-metrics": {
            "metricLabelsAllowlist": list(_LABELS),
            "resources": resources("20m", "128Mi", "512Mi"),
        },
        "prometheus-node-exporter": {"resources": resources("20m", "32Mi", "128Mi")},
    }


def _operator() -> dict[str, Any]:
    """The operator makes its webhook's certificate by the chart's own Jobs: so it needs no cert-manager to start."""
    return {
        "resources": resources("50m", "128Mi", "512Mi"),
        "prometheusConfigReloader": {"enableProbe": True, "resources": resources("10m", "32Mi", "64Mi")},
        "admissionWebhooks": {"patch": {"resources": resources("10m", "32Mi", "64Mi")}},
    }


def _prometheus(sizes: Sizes, storage_class: str, remote_writes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "replicas": sizes.copies,
        "podAntiAffinity": "soft",
        "podAntiAffinityTopologyKey": _ZONE,
        "retention": f"{sizes.retention_days}d",
        # The oldest go before the volume is full; the rest of it is for the log of what is not yet compacted.
        "retentionSize": f"{max(1, sizes.storage_gi * 8 // 10)}GiB",
        "storageSpec": _volume(storage_class, sizes.storage_gi),
        "resources": resources("250m", sizes.memory),
        # One program with a label of its own for each request would take the memory of all others.
        "enforcedSampleLimit": 500_000,
        "remoteWrite": [dict(write) for write in remote_writes],
        # Every namespace's monitors and rules, not only those that carry this release's label.
        "podMonitorSelectorNilUsesHelmValues": False,
        "probeSelectorNilUsesHelmValues": False,
        "ruleSelectorNilUsesHelmValues": False,
        "scrapeConfigSelectorNilUsesHelmValues": False,
        "serviceMonitorSelectorNilUsesHelmValues": False,
    }


def _alertmanager(sizes: Sizes, storage_class: str, routing: str, mail: Mapping[str, Any] | None) -> dict[str, Any]:
    root: dict[str, Any] = {"name": routing}
    if mail is not None:
        root["global"] = {"smtp": _smtp(mail)}
    return {
        "replicas": sizes.alertmanagers,
        "podAntiAffinity": "soft",
        "podAntiAffinityTopologyKey": _ZONE,
        "resources": resources("20m", "64Mi", "128Mi"),
        "storage": _volume(storage_class, 1),
        "alertmanagerConfiguration": root,
        # The root says who is told of the rest; as one among the namespaces' it would tell it twice.
        "alertmanagerConfigSelector": {
            "matchExpressions": [{"key": WHOSE, "operator": "NotIn", "values": ["platform"]}]
        },
    }


def _smtp(mail: Mapping[str, Any]) -> dict[str, Any]:
    login: dict[str, Any] = {}
    if mail["user"] is not None:
        login = {"authUsername": mail["user"], "authPassword": {"name": mail["secret"], "key": "password"}}
    server = {"host": mail["host"], "port": str(mail["port"])}
    return {"from": mail["sender"], "smartHost": server, "requireTLS": True, **login}


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
