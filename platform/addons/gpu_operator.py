"""NVIDIA's GPU operator: device plugin and partitions on each node with a GPU, and drivers where they are missing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from addons._gpu_nodes import ONE_PLUGIN, PLUGIN, config_values, install, of_nvidia, on_pools
from addons._pods import resources
from addons.gpu_operator_api import GpuOperatorKinds
from addons.node_feature_discovery_api import NodeFeatureKinds

from groundwork.core.component import Component
from groundwork.core.config import Config
from groundwork.core.contracts import Accelerators, Cluster, NodeFeatures, NodePool, NodePools
from groundwork.core.errors import StackError


class GpuOperatorConfig(Config):
    """What a stack file may say under `gpu-operator:`: nothing; how GPUs are shared, their pools say."""


def values(pools: Sequence[NodePool], *, discovery: bool = True) -> dict[str, Any]:
    """Return the chart's values: https://github.com/NVIDIA/gpu-operator/tree/v26.7.0/deployments/gpu-operator.

    Args:
        pools: those with GPUs of NVIDIA, all with a driver in their nodes' image or all without.
        discovery: whether it brings node feature discovery of its own. Two of them undo each other's labels.
    """
    everywhere = on_pools(pools)
    # What the image brings, the operator must not install once more.
    bare = any(not pool.driver for pool in pools)
    partitioned = any(pool.sharing == "mig" for pool in pools)
    return {
        "operator": {"upgradeCRD": False, "cleanupCRD": False, "resources": resources("200m", "128Mi", "512Mi")},
        "daemonsets": {"tolerations": everywhere["tolerations"]},
        "driver": {"enabled": bare},
        "toolkit": {"enabled": bare},
        "devicePlugin": {"config": config_values(pools)},
        # "single" would call every partition `nvidia.com/gpu`, whatever its profile.
        "mig": {"strategy": "mixed"},
        "migManager": {
            "enabled": partitioned,
            # A virtual machine cannot reset its GPU; it reboots to change the mode.
            # https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/gpu-operator-mig.html
            "env": [{"name": "WITH_REBOOT", "value": "true"}] if partitioned else [],
        },
        # `dcgm-exporter` is a component of its own, the same beside the device plugin alone.
        "dcgmExporter": {"enabled": False, "serviceMonitor": {"enabled": False}},
        "nfd": {"enabled": discovery},
        # Discovery looks for PCI devices; nodes of other pools have none that matter here.
        "node-feature-discovery": {"worker": everywhere},
    }


class GpuOperator(Component[GpuOperatorConfig]):
    """The GPU operator, for the pools with NVIDIA's GPUs, in the place of nvidia-device-plugin."""

    single = True

    def build(
        self,
        cluster: Cluster,
        kinds: GpuOperatorKinds,
        feature_kinds: NodeFeatureKinds,
        features: NodeFeatures | None,
        pools: NodePools,
    ) -> Accelerators:
        """Install the chart.

        Raises:
            StackError: pools contradict each other, or the device plugin is here as well.
        """
        self.claim(PLUGIN, ONE_PLUGIN)
        with_gpus = of_nvidia(pools)
        self._check(with_gpus)
        given = values(with_gpus, discovery=features is None)
        return install("gpu-operator", parent=self, cluster=cluster, pools=with_gpus, values=given)

    def _check(self, pools: Sequence[NodePool]) -> None:
        bare = [pool.name for pool in pools if not pool.driver]
        if bare and len(bare) < len(pools):
            others = ", ".join(pool.name for pool in pools if pool.driver)
            raise StackError(
                [
                    f"{self.name}: the nodes of {', '.join(bare)} bring no driver, and those of {others} do: the "
                    "operator installs it on all or on none; give all pools of GPUs images of one sort"
                ]
            )
