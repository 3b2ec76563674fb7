"""NVIDIA's device plugin: what makes `nvidia.com/gpu` of a GPU."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from addons._gpu_nodes import ONE_PLUGIN, PLUGIN, config_values, install, of_nvidia, on_pools
from addons._pods import resources

from groundwork.core.component import Component
from groundwork.core.config import Config
from groundwork.core.contracts import Accelerators, Cluster, NodePool, NodePools
from groundwork.core.errors import StackError


class NvidiaDevicePluginConfig(Config):
    """What a stack file may say under `nvidia-device-plugin:`: nothing; how GPUs are shared, their pools say."""


def values(pools: Sequence[NodePool]) -> dict[str, Any]:
    """Return the chart's values: https://github.com/NVIDIA/k8s-device-plugin/tree/v0.20.0/deployments/helm.

    Args:
        pools: those with GPUs of NVIDIA; without any it runs nowhere, until a node says that it has one.
    """
    return {**on_pools(pools), "config": config_values(pools), "resources": resources("10m", "64Mi", "128Mi")}


class NvidiaDevicePlugin(Component[NvidiaDevicePluginConfig]):
    """The device plugin on every node of a pool with NVIDIA's GPUs. The driver comes with the nodes' image."""

    single = True

    def build(self, cluster: Cluster, pools: NodePools) -> Accelerators:
        """Install the chart.

        Raises:
            StackError: a pool needs what only the GPU operator does, or that is here as well.
        """
        self.claim(PLUGIN, ONE_PLUGIN)
        with_gpus = of_nvidia(pools)
        self._check(with_gpus)
        return install("nvidia-device-plugin", parent=self, cluster=cluster, pools=with_gpus, values=values(with_gpus))

    def _check(self, pools: Sequence[NodePool]) -> None:
        problems = [
            f"{self.name}: pool {pool.name} is to be partitioned (sharing.mig), which the device plugin does not do; "
            "put gpu-operator in its place"
            for pool in pools
            if pool.sharing == "mig"
        ]
        problems += [
            f"{self.name}: the nodes of pool {pool.name} bring no driver; put gpu-operator in its place"
            for pool in pools
            if not pool.driver
        ]
        if problems:
            raise StackError(problems)
