"""Node feature discovery: labels of nodes that say what they have."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from addons._charts import Copies, apart
from addons._gpu_nodes import tolerations
from addons._pods import resources
from addons.node_feature_discovery_api import NodeFeatureKinds
from pydantic import Field

from groundwork.core.charts import release
from groundwork.core.component import Component
from groundwork.core.config import Config
from groundwork.core.contracts import Cluster, NodeFeatures, NodePool, NodePools, Priorities

# Where its workers look for what others found: the chart mounts it.
_FOLDER = "/etc/kubernetes/node-feature-discovery/features.d"
# Network and display controllers, coprocessors and accelerators, each by its vendor alone: `pci-10de.present` is what
# NVIDIA's charts look for. https://pcisig.com/sites/default/files/files/PCI_Code-ID_r_1_11__v24_Jan_2019.pdf
_DEVICES = {"deviceClassWhitelist": ["02", "03", "0b40", "12"], "deviceLabelFields": ["vendor"]}


class NodeFeatureDiscoveryConfig(Config):
    """What a stack file may say under `node-feature-discovery:`."""

    replicas: Copies = Field(description="copies of what writes the labels; one of them leads")


def values(
    config: NodeFeatureDiscoveryConfig, *, name: str, pools: Iterable[NodePool] = (), priority: str = ""
) -> dict[str, Any]:
    """Return the chart's values.

    https://github.com/kubernetes-sigs/node-feature-discovery/tree/v0.19.0/deployment/helm/node-feature-discovery

    Args:
        name: of the release.
        pools: whose nodes are labelled too, whatever their taints.
        priority: name of a priority class, "" for none.
    """
    taints = {(taint.key, taint.value, taint.effect) for pool in pools for taint in pool.taints}
    security = {"seccompProfile": {"type": "RuntimeDefault"}}
    several = config.replicas > 1
    return {
        "priorityClassName": priority,
        "master": {
            "replicaCount": config.replicas,
            "podSecurityContext": security,
            # The Job that tidies up after the release has the container's, and not the pod's.
            "securityContext": security,
            # The chart would give 4 GiB; it holds one object a node.
            "resources": resources("50m", "128Mi", "512Mi"),
            "affinity": {"podAntiAffinity": apart(_labels(name))} if several else {},
            # Of the chart's two ways to say that one may go at a time, the one that its defaults do not contradict.
            "podDisruptionBudget": {"enable": several, "minAvailable": max(1, config.replicas - 1)},
            # What NVIDIA's discovery writes into the folder is of this namespace.
            "config": {"extraLabelNs": ["nvidia.com"]},
        },
        "worker": {
            "podSecurityContext": security,
            "resources": resources("5m", "64Mi", "256Mi"),
            "tolerations": tolerations(taints),
            "config": {"sources": {"pci": _DEVICES}},
        },
        "gc": {"podSecurityContext": security, "resources": resources("10m", "64Mi", "256Mi")},
    }


def _labels(name: str) -> dict[str, str]:
    return {"app.kubernetes.io/name": "node-feature-discovery", "app.kubernetes.io/instance": name, "role": "master"}


class NodeFeatureDiscovery(Component[NodeFeatureDiscoveryConfig]):
    """A worker on every node that finds what is in it, and a master that labels the node with it."""

    single = True

    def build(
        self,
        cluster: Cluster,
        kinds: NodeFeatureKinds,
        pools: NodePools | None,
        priorities: Priorities | None,
    ) -> NodeFeatures:
        """Install the chart."""
        # Its workers read the nodes' own folders.
        namespace = cluster.namespace(self.name, parent=self, security="privileged")
        release(
            self.name,
            parent=self,
            chart="node-feature-discovery",
            namespace=namespace,
            values=values(
                self.config,
                name=self.name,
                pools=pools.all if pools else (),
                priority=priorities.platform if priorities else "",
            ),
        )
        return NodeFeatures(namespace=namespace.name, folder=_FOLDER)
