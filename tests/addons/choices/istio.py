"""Istio's values."""

from __future__ import annotations

from typing import Any

from addons import _istio_values as istio

from groundwork.core.profiles import Profile

FREE: dict[str, set[str]] = {
    "cni-1.30.3": {"resources.limits", "global.platform"},
    "gateway-1.30.3": {"service.loadBalancerClass"},
    "istiod-1.30.3": {
        "resources.limits",
        "meshConfig.accessLogFile",
        "meshConfig.accessLogEncoding",
        "meshConfig.extensionProviders",
        "global.platform",
    },
}


def choices(profile: Profile) -> dict[str, list[dict[str, Any]]]:
    """Return them."""
    return {
        "base-1.30.3": [istio.base_values()],
        "cni-1.30.3": [istio.cni_values(None), istio.cni_values("microk8s")],
        "gateway-1.30.3": [
            istio.gateway_values("istio-ingress", 1, "ClusterIP", None, {}),
            istio.gateway_values("istio-ingress", 2, "LoadBalancer", "service.k8s.aws/nlb", {"a": "b"}),
        ],
        "istiod-1.30.3": [istio.istiod_values(2, None, [{"name": "login"}]), istio.istiod_values(1, "k3s")],
    }
