"""The values of what makes GPUs usable."""

from __future__ import annotations

import dataclasses
from typing import Any

from addons import dcgm_exporter, gpu_operator, nvidia_device_plugin

from groundwork.core.contracts import NodePool, Taint
from groundwork.core.profiles import Profile

FREE: dict[str, set[str]] = {
    "gpu-operator-v26.7.0": {"node-feature-discovery.worker.affinity"},
    # What switches its dependency off stands in Chart.yaml.
    "nvidia-device-plugin-0.20.0": {"nfd.enabled"},
}

POOL = NodePool(
    name="gpu",
    minimum=0,
    maximum=1,
    labels={},
    taints=(Taint("nvidia.com/gpu", "present", "NoSchedule"),),
    accelerator="nvidia-l4",
    resource="nvidia.com/gpu",
    accelerators=1,
)


def choices(profile: Profile) -> dict[str, list[dict[str, Any]]]:
    """Return them."""
    slices = dataclasses.replace(POOL, name="slices", sharing="timeSlicing", slices=4, resource="nvidia.com/gpu.shared")
    parts = dataclasses.replace(POOL, name="parts", sharing="mig", slices=7, resource="nvidia.com/mig-1g.10gb")
    bare = dataclasses.replace(POOL, driver=False)
    return {
        "dcgm-exporter-4.8.2": [dcgm_exporter.values([]), dcgm_exporter.values([POOL])],
        "gpu-operator-v26.7.0": [gpu_operator.values(pools) for pools in ([], [POOL, slices, parts], [bare])],
        "nvidia-device-plugin-0.20.0": [
            nvidia_device_plugin.values(pools, discovery=len(pools) > 1) for pools in ([], [POOL], [POOL, slices])
        ],
    }
