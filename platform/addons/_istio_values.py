"""Values of Istio's charts: https://github.com/istio/istio/tree/1.30.3/manifests/charts.

Only the gateway's chart has a schema; the others take any key in silence, so tests hold ours against their defaults.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from addons._charts import budget
from addons._pods import resources, spread

_SECCOMP = {"type": "RuntimeDefault"}
_AMBIENT: dict[bool, dict[str, Any]] = {True: {"profile": "ambient"}, False: {}}

# With its switch for CRDs off the base chart applies the same ones from a file: only by name does it leave them out.
CRDS = (
    "authorizationpolicies.security.istio.io",
    "destinationrules.networking.istio.io",
    "envoyfilters.networking.istio.io",
    "gateways.networking.istio.io",
    "peerauthentications.security.istio.io",
    "proxyconfigs.networking.istio.io",
    "requestauthentications.security.istio.io",
    "serviceentries.networking.istio.io",
    "sidecars.networking.istio.io",
    "telemetries.telemetry.istio.io",
    "trafficextensions.extensions.istio.io",
    "virtualservices.networking.istio.io",
    "wasmplugins.extensions.istio.io",
    "workloadentries.networking.istio.io",
    "workloadgroups.networking.istio.io",
)


def base_values() -> dict[str, Any]:
    """Return the values of what every installation shares: the validation of the default revision."""
    return {"defaultRevision": "default", "base": {"excludedCRDs": list(CRDS)}}


def cni_values(platform: str | None, *, ambient: bool) -> dict[str, Any]:
    """Return the values of the node agent that redirects traffic, so that no pod needs the right to."""
    return {
        **_AMBIENT[ambient],
        "resources": resources("100m", "128Mi", "256Mi"),
        **({"global": {"platform": platform}} if platform else {}),
    }


def ztunnel_values(platform: str | None) -> dict[str, Any]:
    """Return the values of the node agent that speaks for the pods of its node."""
    return {
        **_AMBIENT[True],
        "logAsJson": True,
        # Of memory it needs about a kilobyte for each pod of the mesh, and some for each open connection.
        "resources": resources("200m", "512Mi", "1Gi"),
        **({"global": {"platform": platform}} if platform else {}),
    }


def istiod_values(
    copies: int,
    most: int,
    platform: str | None,
    *,
    ztunnel_namespace: str | None,
    access_logs: str,
    registry_only: bool,
    providers: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """Return the values of the control plane.

    Args:
        copies: at least; with one there is no disruption budget, which would keep its node from being drained.
        most: copies under load.
        ztunnel_namespace: where the nodes' agents run that ask for the identities of their pods; None with sidecars.
        access_logs: which requests proxies log: all, errors or none.
        registry_only: whether sidecars refuse calls to hosts that nobody has named.
        providers: whom policies may name to ask about a request.
    """
    mesh: dict[str, Any] = {"enablePrometheusMerge": True, "accessLogEncoding": "JSON"}
    if access_logs == "all":
        mesh["accessLogFile"] = "/dev/stdout"
    if registry_only:
        mesh["outboundTrafficPolicy"] = {"mode": "REGISTRY_ONLY"}
    if providers:
        mesh["extensionProviders"] = [dict(given) for given in providers]
    return {
        **_AMBIENT[ztunnel_namespace is not None],
        **({"trustedZtunnelNamespace": ztunnel_namespace} if ztunnel_namespace else {}),
        # A sidecar that is an init container ends with the pod's own work: so Jobs end. Istio's default, said aloud.
        "env": {"ENABLE_NATIVE_SIDECARS": "true"},
        "autoscaleEnabled": True,
        "autoscaleMin": copies,
        "autoscaleMax": most,
        "cni": {"enabled": True},
        "resources": resources("200m", "1Gi", "2Gi"),
        "seccompProfile": _SECCOMP,
        "topologySpreadConstraints": spread({"app": "istiod"}),
        "pdb": {"minAvailable": 1},
        "meshConfig": mesh,
        "global": {
            "logAsJson": True,
            "proxy": {"seccompProfile": _SECCOMP, "resources": resources("50m", "128Mi", "512Mi")},
            **({"platform": platform} if platform else {}),
        },
    }


def gateway_values(
    name: str,
    copies: int,
    most: int,
    service_type: str,
    balancer_class: str | None,
    annotations: Mapping[str, Any],
    ranges: Sequence[str],
) -> dict[str, Any]:
    """Return the values of a gateway.

    Args:
        copies: at least.
        most: copies under load.
        service_type: LoadBalancer where something gives it an address, else ClusterIP.
        balancer_class: of its Service, None for the cluster's own.
        annotations: of its Service; what names a certificate may be known only later.
        ranges: of addresses that its load balancer lets in; none for all.
    """
    service: dict[str, Any] = {"type": service_type, "annotations": dict(annotations)}
    if ranges:
        service["loadBalancerSourceRanges"] = list(ranges)
    if balancer_class is not None:
        service["loadBalancerClass"] = balancer_class
    return {
        "service": service,
        "autoscaling": {"enabled": True, "minReplicas": copies, "maxReplicas": most},
        "podDisruptionBudget": budget(copies),
        "resources": resources("100m", "128Mi", "1Gi"),
        "securityContext": {
            "runAsNonRoot": True,
            "seccompProfile": _SECCOMP,
            # The ports below 1024, without the right to everything else that root has.
            "sysctls": [{"name": "net.ipv4.ip_unprivileged_port_start", "value": "0"}],
        },
        "topologySpreadConstraints": spread({"app": name}),
    }
