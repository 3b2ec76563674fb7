"""The values of what makes GPUs usable."""

from __future__ import annotations

from typing import Any

from addons import nvidia_device_plugin

from groundwork.core.contracts import NodePool, Taint
from groundwork.core.profiles import Profile

FREE: dict[str, set[str]] = {}


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
    return {"nvidia-device-plugin-0.20.0": [nvidia_device_plugin.values([]), nvidia_device_plugin.values([POOL])]}
