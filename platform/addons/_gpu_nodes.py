"""What NVIDIA's charts have in common: the nodes that they are for, and how those share their GPUs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from groundwork.core.charts import release
from groundwork.core.component import Component
from groundwork.core.contracts import Accelerators, Cluster, Namespace, NodePool, NodePools
from groundwork.core.contracts.pools import POOL_LABEL

RESOURCE = "nvidia.com/gpu"
PLUGIN = "the device plugin of NVIDIA's GPUs"
ONE_PLUGIN = (
    "nvidia-device-plugin is enough where the nodes' image brings the driver; gpu-operator also partitions GPUs"
)
CONFIGS = "device-plugin-configs"
_WHOLE = "whole"


def of_nvidia(pools: NodePools) -> list[NodePool]:
    """Return the pools with GPUs of NVIDIA."""
    return [pool for pool in pools.with_accelerators if (pool.resource or "").startswith("nvidia.com/")]


def on_pools(pools: Sequence[NodePool]) -> dict[str, Any]:
    """Return `affinity` and `tolerations` of pods that run on every node of these pools, and on no other.

    Without any pool they run nowhere, until a node says that it has a GPU.
    """
    taints = {(taint.key, taint.value, taint.effect) for pool in pools for taint in pool.taints}
    names = sorted(pool.name for pool in pools)
    present: dict[str, Any] = {"key": "nvidia.com/gpu.present", "operator": "In", "values": ["true"]}
    chosen = {"key": POOL_LABEL, "operator": "In", "values": names} if names else present
    terms = {"nodeSelectorTerms": [{"matchExpressions": [chosen]}]}
    return {
        "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}},
        "tolerations": tolerations(taints),
    }


def tolerations(taints: set[tuple[str, str, str]]) -> list[dict[str, str]]:
    """Return tolerations of NVIDIA's own taint and of these: key, value, effect."""
    return [
        {"key": RESOURCE, "operator": "Exists", "effect": "NoSchedule"},
        *({"key": key, "operator": "Equal", "value": value, "effect": effect} for key, value, effect in sorted(taints)),
    ]


def plugin_configs(pools: Sequence[NodePool]) -> dict[str, dict[str, Any]]:
    """Return the device plugin's configurations by name: one for each pool that shares, and one for all others.

    A node says by its label `nvidia.com/device-plugin.config` which is its own; the pool gives it that label.
    https://github.com/NVIDIA/k8s-device-plugin/blob/v0.20.0/README.md#multiple-config-file-example
    """
    configs: dict[str, dict[str, Any]] = {_WHOLE: {"version": "v1"}}
    for pool in pools:
        if pool.sharing in ("timeSlicing", "mps"):
            # Renamed, a slice is never taken for a whole GPU by who asks for one.
            shared = {
                "renameByDefault": True,
                "failRequestsGreaterThanOne": True,
                "resources": [{"name": RESOURCE, "replicas": pool.slices}],
            }
            configs[pool.name] = {"version": "v1", "sharing": {pool.sharing: shared}}
    return configs


def install(
    chart: str,
    *,
    parent: Component[Any],
    cluster: Cluster,
    pools: Sequence[NodePool],
    values: Mapping[str, Any],
) -> Accelerators:
    """Install a chart that makes these pools' GPUs known, with how they share them, and return what it offers."""
    # It speaks to the kubelet through folders of the node; the operator's daemons also load drivers and partition GPUs.
    namespace = cluster.namespace(parent.name, parent=parent, security="privileged")
    configs = config_map(parent, namespace, pools)
    release(
        parent.name,
        parent=parent,
        chart=chart,
        namespace=namespace,
        values=values,
        after=[configs] if configs is not None else (),
    )
    return Accelerators.of(pools, namespace.name)


def config_map(parent: Component[Any], namespace: Namespace, pools: Sequence[NodePool]) -> pulumi.Resource | None:
    """Make the ConfigMap that holds them, which the plugin reads again when it changes; None where no pool shares."""
    configs = plugin_configs(pools)
    if list(configs) == [_WHOLE]:
        return None
    made: pulumi.Resource = k8s.core.v1.ConfigMap(
        f"{parent.name}-{CONFIGS}",
        metadata={"name": CONFIGS, "namespace": namespace.name},
        # JSON is YAML, which is what the plugin reads.
        data={name: json.dumps(config, sort_keys=True) for name, config in configs.items()},
        opts=namespace.options(parent),
    )
    return made


def config_values(pools: Sequence[NodePool]) -> dict[str, str]:
    """Return the chart's values that name that ConfigMap, and the configuration of nodes that name none."""
    return {"name": CONFIGS, "default": _WHOLE} if len(plugin_configs(pools)) > 1 else {}
