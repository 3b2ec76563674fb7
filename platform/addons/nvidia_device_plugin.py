"""NVIDIA's device plugin: what makes `nvidia.com/gpu` of a GPU."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from addons._pods import resources

from groundwork.core.charts import release
from groundwork.core.component import Component
from groundwork.core.config import Config
from groundwork.core.contracts import Cluster, NodePool, NodePools
from groundwork.core.contracts.pools import POOL_LABEL

RESOURCE = "nvidia.com/gpu"


class NvidiaDevicePluginConfig(Config):
    """What a stack file may say under `nvidia-device-plugin:`: nothing yet."""


def values(pools: Sequence[NodePool]) -> dict[str, Any]:
    """Return the chart's values: https://github.com/NVIDIA/k8s-device-plugin/tree/v0.20.0/deployments/helm.

    Args:
        pools: those with GPUs of NVIDIA; without any it runs nowhere, until a node says that it has one.
    """
    taints = {(taint.key, taint.value, taint.effect) for pool in pools for taint in pool.taints}
    names = sorted(pool.name for pool in pools)
    present: dict[str, Any] = {"key": "nvidia.com/gpu.present", "operator": "In", "values": ["true"]}
    chosen = {"key": POOL_LABEL, "operator": "In", "values": names} if names else present
    return {
        "affinity": {
            "nodeAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": {
                    "nodeSelectorTerms": [{"matchExpressions": [chosen]}]
                }
            }
        },
        "tolerations": [
            {"key": RESOURCE, "operator": "Exists", "effect": "NoSchedule"},
            *(
                {"key": key, "operator": "Equal", "value": value, "effect": effect}
                for key, value, effect in sorted(taints)
            ),
        ],
        "resources": resources("10m", "64Mi", "128Mi"),
    }


class NvidiaDevicePlugin(Component[NvidiaDevicePluginConfig]):
    """The device plugin on every node of a pool with NVIDIA's GPUs. The driver comes with the nodes' image."""

    single = True

    def build(self, cluster: Cluster, pools: NodePools) -> None:
        """Install the chart."""
        # It speaks to the kubelet through a folder of the node.
        namespace = cluster.namespace(self.name, parent=self, security="privileged")
        with_gpus = [pool for pool in pools.with_accelerators if pool.resource == RESOURCE]
        release(self.name, parent=self, chart="nvidia-device-plugin", namespace=namespace, values=values(with_gpus))
