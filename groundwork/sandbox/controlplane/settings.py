"""What may differ from one control plane to another."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field


def issuer_in(region: str) -> str:
    """Return the issuer of a cluster's tokens, in the form that EKS gives it."""
    return f"https://oidc.eks.{region}.amazonaws.com/id/5A4D0B0C5A4D0B0C5A4D0B0C5A4D0B0C"


@dataclass(frozen=True)
class ControlPlaneSettings:
    """Settings of a control plane; the defaults suit every rehearsal.

    Attributes:
        service_cidr: addresses of services.
        pod_cidr: addresses of simulated pods.
        issuer: of service account tokens; on EKS it is the cluster's OIDC provider.
        emulated_version: the Kubernetes minor version whose APIs and features are served: that of EKS, since the
            binaries are one newer.
        routes: cluster addresses (`ip:port`) that lead to loopback ports; more may be added while it runs.
        start_seconds: how long all of it may take to become ready.
    """

    service_cidr: str = "10.96.0.0/16"
    pod_cidr: str = "10.244.0.0/16"
    issuer: str = issuer_in("eu-west-1")
    emulated_version: str = "1.35"
    routes: Mapping[str, str] = field(default_factory=dict)
    start_seconds: float = 60.0

    @property
    def service_address(self) -> str:
        """The address of `kubernetes.default.svc`: the first of the range."""
        return str(ipaddress.ip_network(self.service_cidr)[1])
