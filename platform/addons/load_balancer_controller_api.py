"""The kinds of the AWS Load Balancer Controller."""

from __future__ import annotations

from dataclasses import dataclass

from groundwork.core.component import ApiComponent
from groundwork.core.config import Config
from groundwork.core.contract import Contract
from groundwork.core.contracts import Cluster
from groundwork.core.definitions import install_definitions


class LoadBalancerControllerApiConfig(Config):
    """What a stack file may say under `load-balancer-controller-api:`: nothing yet."""


@dataclass(frozen=True, kw_only=True)
class LoadBalancerKinds(Contract):
    """The kinds are there: TargetGroupBinding, IngressClassParams and the others."""


class LoadBalancerControllerApi(ApiComponent[LoadBalancerControllerApiConfig]):
    """TargetGroupBinding and the other kinds of the controller."""

    def build(self, cluster: Cluster) -> LoadBalancerKinds:
        """Install the CRDs."""
        install_definitions(self, cluster, "aws-load-balancer-controller")
        return LoadBalancerKinds()
