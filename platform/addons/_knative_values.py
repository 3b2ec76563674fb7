"""The values of Knative Serving's chart: plain data.

Upstream has no chart: the values are what `platform/kustomize/knative-serving.yaml` takes. Every key under `config` is
Knative's own: https://github.com/knative/serving/tree/knative-v1.21.1/config/core/configmaps and, of `istio`,
https://github.com/knative-extensions/net-istio/blob/knative-v1.21.1/config/400-config-istio.yaml.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from addons._kubeflow_values import workload
from addons._pods import resources

PARTS: dict[str, dict[str, str]] = {
    "activator": {"app": "activator"},
    "autoscaler": {"app": "autoscaler"},
    "controller": {"app": "controller"},
    "net-istio-controller": {"app": "net-istio-controller"},
    "net-istio-webhook": {"app": "net-istio-webhook"},
    "webhook": {"app": "webhook"},
}
"""Its Deployments, with the labels of their pods."""

_RESOURCES = {
    "activator": resources("300m", "128Mi", "600Mi"),
    "autoscaler": resources("100m", "100Mi", "1000Mi"),
    "controller": resources("100m", "100Mi", "1000Mi"),
    "net-istio-controller": resources("30m", "64Mi", "400Mi"),
    "net-istio-webhook": resources("20m", "32Mi", "200Mi"),
    "webhook": resources("100m", "100Mi", "500Mi"),
}
# What a server's pods may say. Models on GPUs are placed by node selector and toleration, and run in a namespace that
# enforces the restricted standard.
_ALLOWED = (
    "kubernetes.podspec-affinity",
    "kubernetes.podspec-fieldref",
    "kubernetes.podspec-init-containers",
    "kubernetes.podspec-nodeselector",
    "kubernetes.podspec-persistent-volume-claim",
    "kubernetes.podspec-priorityclassname",
    "kubernetes.podspec-runtimeclassname",
    "kubernetes.podspec-securitycontext",
    "kubernetes.podspec-tolerations",
    "kubernetes.podspec-topologyspreadconstraints",
)


@dataclass(frozen=True)
class Ways:
    """What Knative routes by.

    Attributes:
        inner: "namespace/name" of the gateway object for callers inside the cluster.
        outer: that of the gateway for callers from outside.
        outer_service: name of that gateway's Service, in its namespace.
        scheme: http or https: how it is called.
        addressed: whether pods that are called by address are taken for who they are; else all goes by Services.
    """

    inner: str
    outer: str
    outer_service: str
    scheme: str
    addressed: bool


@dataclass(frozen=True)
class Limits:
    """How long things take at most, and how many there are.

    Attributes:
        request_seconds: a request, its wait for a first copy included.
        start_seconds: a new version, until it counts as failed.
        copies: of a server that says nothing of it.
    """

    request_seconds: int
    start_seconds: int
    copies: int


def values(
    *,
    copies: int,
    activators: int,
    scaled: bool,
    ways: Ways,
    limits: Limits,
    unresolved: Sequence[str],
    scraped: bool,
    priority: str | None = None,
) -> dict[str, Any]:
    """Return the values of the chart.

    Args:
        copies: of each controller and webhook.
        activators: copies of what keeps requests waiting.
        scaled: whether they are the least of them, and something else says how many there are.
        unresolved: registries whose tags are taken as they are, and not for the image that they name today.
        scraped: whether somebody reads its metrics.
        priority: name of a priority class.
    """
    given = {name: workload(_RESOURCES[name], copies, labels) for name, labels in PARTS.items()}
    given["activator"] = workload(_RESOURCES["activator"], activators, PARTS["activator"])
    if priority:
        given = {name: {**each, "priorityClassName": priority} for name, each in given.items()}
    return {
        # A request that it has taken is finished, however long it may take.
        "activator": {"gracePeriodSeconds": limits.request_seconds, "scaled": scaled},
        "config": {
            "autoscaler": {
                "enable-scale-to-zero": "true",
                # A new version shows with one copy that it answers, before requests go to it.
                "allow-zero-initial-scale": "false",
                "initial-scale": "1",
                "max-scale": str(limits.copies),
            },
            "defaults": {
                "revision-timeout-seconds": str(limits.request_seconds),
                "max-revision-timeout-seconds": str(limits.request_seconds),
                "revision-cpu-request": "100m",
                "revision-memory-request": "128Mi",
                "revision-memory-limit": "512Mi",
                "enable-service-links": "false",
            },
            "deployment": {
                "progress-deadline": f"{limits.start_seconds}s",
                "registries-skipping-tag-resolving": ",".join(unresolved),
                "queue-sidecar-cpu-request": "25m",
                "queue-sidecar-memory-request": "64Mi",
                "queue-sidecar-memory-limit": "512Mi",
            },
            # Every server is the cluster's own: what is exposed is so by the mesh, under its domain and behind a login.
            "domain": {"svc.cluster.local": ""},
            "features": {"secure-pod-defaults": "enabled", **dict.fromkeys(_ALLOWED, "enabled")},
            "gc": {},
            "istio": {
                "local-gateways": _gateways(ways.inner, ways.inner.partition("/")[2]),
                "external-gateways": _gateways(ways.outer, ways.outer_service),
            },
            "leader-election": {},
            "logging": {},
            "network": {
                "ingress-class": "istio.ingress.networking.knative.dev",
                "mesh-compatibility-mode": "disabled" if ways.addressed else "enabled",
                "default-external-scheme": ways.scheme,
                # Between pods the mesh encrypts, and from outside the gateway has the platform's certificate.
                "external-domain-tls": "disabled",
                "cluster-local-domain-tls": "disabled",
                "system-internal-tls": "disabled",
                # A name outside of the cluster is an administrator's to give: it has no login before it.
                "autocreate-cluster-domain-claims": "false",
            },
            "observability": {"metrics-protocol": "prometheus" if scraped else "none"},
        },
        "workloads": given,
    }


def _gateways(gateway: str, service: str) -> str:
    namespace, _, name = gateway.partition("/")
    return json.dumps([{"name": name, "namespace": namespace, "service": f"{service}.{namespace}.svc.cluster.local"}])
