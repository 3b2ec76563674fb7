"""The kinds of node feature discovery."""

from __future__ import annotations

from dataclasses import dataclass

from groundwork.core.component import ApiComponent
from groundwork.core.config import Config
from groundwork.core.contract import Contract
from groundwork.core.contracts import Cluster
from groundwork.core.definitions import install_definitions


class NodeFeatureDiscoveryApiConfig(Config):
    """What a stack file may say under `node-feature-discovery-api:`: nothing yet."""


@dataclass(frozen=True, kw_only=True)
class NodeFeatureKinds(Contract):
    """The kinds are there: NodeFeature, NodeFeatureRule, NodeFeatureGroup."""


class NodeFeatureDiscoveryApi(ApiComponent[NodeFeatureDiscoveryApiConfig]):
    """NodeFeature, NodeFeatureRule and NodeFeatureGroup: what nodes have, and which labels follow from it."""

    def build(self, cluster: Cluster) -> NodeFeatureKinds:
        """Install the CRDs."""
        install_definitions(self, cluster, "node-feature-discovery")
        return NodeFeatureKinds()
