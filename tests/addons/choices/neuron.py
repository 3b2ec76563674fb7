"""The values of AWS Neuron's device plugin."""

from __future__ import annotations

from typing import Any

from addons import neuron

from groundwork.core.contracts import NodePool, Taint
from groundwork.core.profiles import Profile

CHART = "neuron-helm-chart-1.0.0"
FREE: dict[str, set[str]] = {CHART: {"devicePlugin.nodeSelector.*"}}
POOL = NodePool(
    name="inference",
    minimum=0,
    maximum=2,
    labels={},
    taints=(Taint("aws.amazon.com/neuron", "present", "NoSchedule"),),
    accelerator="aws-inferentia2",
    resource="aws.amazon.com/neuron",
    accelerators=1,
)


def choices(profile: Profile) -> dict[str, list[dict[str, Any]]]:
    """Return them."""
    return {CHART: [neuron.values([POOL], namespace="neuron")]}
