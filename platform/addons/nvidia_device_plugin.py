"""NVIDIA's device plugin: what makes `nvidia.com/gpu` of a GPU."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from addons._gpu_nodes import ONE_PLUGIN, PLUGIN, config_values, install, of_nvidia, on_pools
from addons._pods import resources
from pydantic import Field

from groundwork.core.component import Component
from groundwork.core.config import Config
from groundwork.core.contracts import Accelerators, Cluster, NodeFeatures, NodePool, NodePools
from groundwork.core.errors import StackError


class NvidiaDevicePluginConfig(Config):
    """What a stack file may say under `nvidia-device-plugin:`. How GPUs are shared, their pools say."""

    feature_discovery: bool | None = Field(
        default=None,
        description="label nodes with the product, the memory and the driver of their GPUs (nvidia.com/gpu.product); "
        "by default where the stack has node-feature-discovery, which makes the labels",
    )


def values(pools: Sequence[NodePool], *, discovery: bool = False) -> dict[str, Any]:
    """Return the chart's values: https://github.com/NVIDIA/k8s-device-plugin/tree/v0.20.0/deployments/helm.

    Args:
        pools: those with GPUs of NVIDIA; without any it runs nowhere, until a node says that it has one.
        discovery: whether what is found out about them becomes labels of their nodes.
    """
    return {
        **on_pools(pools),
        "config": config_values(pools),
        "resources": resources("10m", "64Mi", "128Mi"),
        "gfd": {"enabled": discovery},
        # A component of its own. The chart would bring one more, which fights with any other.
        "nfd": {"enabled": False},
    }


class NvidiaDevicePlugin(Component[NvidiaDevicePluginConfig]):
    """The device plugin on every node of a pool with NVIDIA's GPUs. The driver comes with the nodes' image."""

    single = True

    def build(self, cluster: Cluster, pools: NodePools, features: NodeFeatures | None) -> Accelerators:
        """Install the chart.

        Raises:
            StackError: a pool needs what only the GPU operator does, or that is here as well; or nothing would make
                labels of what is discovered.
        """
        self.claim(PLUGIN, ONE_PLUGIN)
        with_gpus = of_nvidia(pools)
        discovery = features is not None if self.config.feature_discovery is None else self.config.feature_discovery
        self._check(with_gpus, lost=discovery and features is None)
        given = values(with_gpus, discovery=discovery)
        return install("nvidia-device-plugin", parent=self, cluster=cluster, pools=with_gpus, values=given)

    def _check(self, pools: Sequence[NodePool], *, lost: bool) -> None:
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
        if lost:
            problems.append(
                f"{self.name}.featureDiscovery: true, but nothing makes labels of what it finds: add "
                "node-feature-discovery to this stack, or leave it out"
            )
        if problems:
            raise StackError(problems)
