"""The values of what an add-on needs of AWS."""

from __future__ import annotations

from typing import Any

from addons import cluster_autoscaler, load_balancer_controller

from groundwork.core.profiles import Profile

FREE: dict[str, set[str]] = {
    "aws-load-balancer-controller-3.5.0": {"podSecurityContext.*", "securityContext.*"},
    "cluster-autoscaler-9.59.0": {"extraArgs.*"},
}


def choices(profile: Profile) -> dict[str, list[dict[str, Any]]]:
    """Return them."""
    balancers = load_balancer_controller.LoadBalancerControllerConfig.load({}, profile)
    scaler = cluster_autoscaler.ClusterAutoscalerConfig.load({}, profile)
    return {
        "aws-load-balancer-controller-3.5.0": [
            load_balancer_controller.values(balancers, cluster="c", region="eu-west-1", vpc_id="vpc-1", tags={"t": "v"})
        ],
        "cluster-autoscaler-9.59.0": [
            cluster_autoscaler.values(scaler, cluster="c", region="eu-west-1", image="repository/image:v1")
        ],
    }
