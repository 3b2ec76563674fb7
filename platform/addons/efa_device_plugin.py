"""The device plugin of Elastic Fabric Adapters: what makes `vpc.amazonaws.com/efa` of a node's adapters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from addons._gpu_nodes import tolerations
from addons._pods import resources

from groundwork.core.charts import release
from groundwork.core.component import Component
from groundwork.core.config import Config
from groundwork.core.contracts import Adapters, Cluster, NodePool, NodePools
from groundwork.core.contracts.pools import ADAPTER_LABEL
from groundwork.core.errors import StackError


class EfaDevicePluginConfig(Config):
    """What a stack file may say under `efa-device-plugin:`: nothing; which nodes have adapters, their pools say."""


def values(pools: Sequence[NodePool]) -> dict[str, Any]:
    """Return the chart's values: https://github.com/aws/eks-charts/tree/master/stable/aws-efa-k8s-device-plugin.

    Args:
        pools: those with adapters.
    """
    taints = {(taint.key, taint.value, taint.effect) for pool in pools for taint in pool.taints}
    return {
        "nodeSelector": {ADAPTER_LABEL: "efa"},
        "tolerations": tolerations(taints),
        "resources": resources("10m", "32Mi", "64Mi"),
    }


class EfaDevicePlugin(Component[EfaDevicePluginConfig]):
    """The device plugin on every node of a pool with Elastic Fabric Adapters."""

    single = True

    def build(self, cluster: Cluster, pools: NodePools) -> Adapters:
        """Install the chart.

        Raises:
            StackError: no pool has adapters.
        """
        with_adapters = [pool for pool in pools.all if pool.adapters]
        if not with_adapters:
            names = ", ".join(sorted(pool.name for pool in pools.all))
            raise StackError(
                [f"{self.name}: no pool has adapters ({names}): set efa: true for one, or leave {self.name} out"]
            )
        # It speaks to the kubelet through folders of the node.
        namespace = cluster.namespace(self.name, parent=self, security="privileged")
        release(
            self.name,
            parent=self,
            chart="aws-efa-k8s-device-plugin",
            namespace=namespace,
            values=values(with_adapters),
        )
        return Adapters(resource="vpc.amazonaws.com/efa")
