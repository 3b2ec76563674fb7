"""The kinds of Kubernetes' Gateway API."""

from __future__ import annotations

from dataclasses import dataclass

from groundwork.core.component import ApiComponent
from groundwork.core.config import Config
from groundwork.core.contract import Contract
from groundwork.core.contracts import Cluster
from groundwork.core.definitions import install_definitions


class GatewayApiConfig(Config):
    """What a stack file may say under `gateway-api:`: nothing yet."""


@dataclass(frozen=True, kw_only=True)
class GatewayKinds(Contract):
    """The kinds are there: GatewayClass, Gateway, HTTPRoute and the others of the standard channel."""


class GatewayApi(ApiComponent[GatewayApiConfig]):
    """GatewayClass, Gateway, HTTPRoute and the other kinds of the standard channel, whoever serves them."""

    def build(self, cluster: Cluster) -> GatewayKinds:
        """Install the CRDs."""
        install_definitions(self, cluster, "gateway-api")
        return GatewayKinds()
