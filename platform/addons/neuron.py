"""AWS Neuron's device plugin: what makes `aws.amazon.com/neuron` of an Inferentia or a Trainium."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pulumi_kubernetes as k8s

from groundwork.core.charts import release
from groundwork.core.component import Component
from groundwork.core.config import Config
from groundwork.core.contracts import Accelerators, Cluster, NodePool, NodePools
from groundwork.core.contracts.pools import DEVICE_LABEL
from groundwork.core.errors import StackError
from groundwork.data.instance_types import instance_types

RESOURCE = "aws.amazon.com/neuron"


class NeuronConfig(Config):
    """What a stack file may say under `neuron:`: nothing; which nodes have such devices, their pools say."""


def values(pools: Sequence[NodePool], *, namespace: str) -> dict[str, Any]:
    """Return the chart's values: https://github.com/aws-neuron/neuron-helm-charts/tree/main/charts/neuron-helm-chart.

    Args:
        pools: those with devices of Neuron.
        namespace: of the plugin; the chart would take kube-system.
    """
    taints = {(taint.key, taint.value, taint.effect) for pool in pools for taint in pool.taints}
    types = sorted(t.name for t in instance_types().values() if t.accelerator and t.accelerator.vendor == "aws")
    return {
        # The plugin runs on these and no others; the chart's own list lacks the newest.
        "neuronInstances": types,
        "devicePlugin": {
            "fullnameOverride": "",
            "namespaceOverride": namespace,
            "nodeSelector": {DEVICE_LABEL: "neuron"},
            "tolerations": [
                {"key": key, "operator": "Equal", "value": value, "effect": effect}
                for key, value, effect in sorted(taints)
            ],
        },
        # Whole devices need no scheduler of their own: it is for pods that want some cores, side by side.
        "scheduler": {"enabled": False},
        # It reads a node's kernel log, and restarts nothing by itself.
        "npd": {"enabled": False},
    }


class Neuron(Component[NeuronConfig]):
    """The device plugin on every node with an Inferentia or a Trainium. The driver comes with the nodes' image."""

    single = True

    def build(self, cluster: Cluster, pools: NodePools) -> Accelerators:
        """Install the chart.

        Raises:
            StackError: no pool has such devices.
        """
        found = [pool for pool in pools.all if pool.resource == RESOURCE]
        if not found:
            names = ", ".join(sorted(pool.name for pool in pools.all))
            raise StackError(
                [
                    f"{self.name}: no pool has devices of AWS Neuron ({names}): give one an accelerator such as "
                    f"aws-inferentia2 or aws-trainium, or leave {self.name} out"
                ]
            )
        # It speaks to the kubelet through folders of the node.
        namespace = cluster.namespace(self.name, parent=self, security="privileged")
        # The chart says nothing of what its pods need, and takes no word of it.
        limits = k8s.core.v1.LimitRange(
            f"{self.name}-needs",
            metadata={"name": "needs", "namespace": namespace.name},
            spec={
                "limits": [
                    {
                        "type": "Container",
                        "default_request": {"cpu": "10m", "memory": "64Mi"},
                        "default": {"memory": "128Mi"},
                    }
                ]
            },
            opts=namespace.options(),
        )
        release(
            self.name,
            parent=self,
            chart="neuron-helm-chart",
            namespace=namespace,
            values=values(found, namespace=namespace.name),
            after=[limits],
        )
        return Accelerators.of(found, namespace.name)
