"""Istio's values."""

from __future__ import annotations

from typing import Any

from addons import _istio_values as istio

from groundwork.core.profiles import Profile

FREE: dict[str, set[str]] = {
    "cni-1.30.3": {"profile", "resources.limits", "global.platform"},
    "gateway-1.30.3": {"service.loadBalancerClass"},
    "istiod-1.30.3": {
        "profile",
        "resources.limits",
        "meshConfig.accessLogFile",
        "meshConfig.accessLogEncoding",
        "meshConfig.extensionProviders",
        "meshConfig.outboundTrafficPolicy",
        "global.platform",
    },
    "ztunnel-1.30.3": {"profile", "resources.limits", "global.platform"},
}


def choices(profile: Profile) -> dict[str, list[dict[str, Any]]]:
    """Return them."""
    copies = 2 if profile.highly_available else 1
    return {
        "base-1.30.3": [istio.base_values()],
        "cni-1.30.3": [istio.cni_values(None, ambient=True), istio.cni_values("microk8s", ambient=False)],
        "gateway-1.30.3": [
            istio.gateway_values("istio-ingress", copies, 5, "ClusterIP", None, {}, ()),
            istio.gateway_values("public", 2, 9, "LoadBalancer", "service.k8s.aws/nlb", {"a": "b"}, ["10.0.0.0/8"]),
        ],
        "istiod-1.30.3": [
            istio.istiod_values(copies, 5, None, ztunnel_namespace="istio-cni", access_logs="all", registry_only=False),
            istio.istiod_values(
                1,
                1,
                "k3s",
                ztunnel_namespace=None,
                access_logs="errors",
                registry_only=True,
                providers=[{"name": "login"}],
            ),
        ],
        "ztunnel-1.30.3": [istio.ztunnel_values(None), istio.ztunnel_values("gke")],
    }
