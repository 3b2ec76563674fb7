"""The kinds of Karpenter: what nodes it may make, and of what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from groundwork.core.component import ApiComponent, Component
from groundwork.core.config import Config
from groundwork.core.contract import Contract
from groundwork.core.contracts import Cluster
from groundwork.core.contracts.pools import PURPOSE_LABEL
from groundwork.core.definitions import install_definitions


class KarpenterApiConfig(Config):
    """What a stack file may say under `karpenter-api:`: nothing yet."""


@dataclass(frozen=True, kw_only=True)
class KarpenterKinds(Contract):
    """NodePool and EC2NodeClass."""

    def node_class(
        self, name: str, *, parent: Component[Any], cluster: Cluster, spec: Mapping[str, Any]
    ) -> pulumi.Resource:
        """Make an EC2NodeClass: https://karpenter.sh/v1.14/concepts/nodeclasses/."""
        made: pulumi.Resource = k8s.apiextensions.CustomResource(
            f"{parent.name}-{name}-class",
            api_version="karpenter.k8s.aws/v1",
            kind="EC2NodeClass",
            metadata={"name": name},
            spec=dict(spec),
            opts=cluster.options(parent, depends_on=list(parent.after)),
        )
        return made

    def node_pool(
        self,
        name: str,
        *,
        parent: Component[Any],
        cluster: Cluster,
        spec: Mapping[str, Any],
        purpose: str,
        after: Sequence[pulumi.Resource],
    ) -> pulumi.Resource:
        """Make a NodePool: https://karpenter.sh/v1.14/concepts/nodepools/.

        Args:
            purpose: what it is for, as its own label: on its nodes, another one would make them outdated.
        """
        made: pulumi.Resource = k8s.apiextensions.CustomResource(
            f"{parent.name}-{name}",
            api_version="karpenter.sh/v1",
            kind="NodePool",
            metadata={"name": name, "labels": {PURPOSE_LABEL: purpose}},
            spec=dict(spec),
            # It is deleted when its last node is gone, which Karpenter has to see to.
            opts=cluster.options(parent, depends_on=[*parent.after, *after]),
        )
        return made


class KarpenterApi(ApiComponent[KarpenterApiConfig]):
    """NodePool, NodeClaim, NodeOverlay and EC2NodeClass."""

    def build(self, cluster: Cluster) -> KarpenterKinds:
        """Install the CRDs."""
        install_definitions(self, cluster, "karpenter")
        return KarpenterKinds()
