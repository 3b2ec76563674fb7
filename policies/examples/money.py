"""Examples of the rules over money."""

from __future__ import annotations

from dataclasses import replace

from groundwork.policy.example import REMOVED, Example
from policies.examples.ml_pools import NODES, PROVISIONED

_FACTS = {"environment": "prod", "ceiling": 3000.0}
_MESSAGE = (
    "prod: costs {} USD a month with its pools at minimum and at maximum, over the 3,000 of its budget{}: "
    "the dearest are {}: lower them, or raise budget.monthlyUsd"
)

EXAMPLES = [
    Example(
        "cost-within-ceiling",
        (replace(NODES[0], name="pools-gpu"),),
        "scalingConfig.maxSize",
        40,
        _MESSAGE.format("0 to 23,500", "", "pools-gpu (g6.xlarge, 23,500)"),
        _FACTS,
    ),
    Example(
        "cost-within-ceiling",
        (replace(NODES[0], name="pools-gpu"),),
        "scalingConfig",
        {"minSize": 8, "maxSize": 8},
        _MESSAGE.format("4,700", ", and with them at minimum too", "pools-gpu (g6.xlarge, 4,700)"),
        _FACTS,
    ),
    Example(
        "gpu-pools-limited",
        NODES,
        "scalingConfig.maxSize",
        400,
        "NodeGroup gpu: may have 400 nodes with accelerators, more than 64: lower scalingConfig.maxSize",
    ),
    Example(
        "gpu-pools-limited",
        PROVISIONED,
        "spec.limits",
        REMOVED,
        "NodePool train: has no limit: set spec.limits.nodes",
    ),
    Example(
        "gpu-pools-limited",
        PROVISIONED,
        "spec.limits.nodes",
        "1000",
        "NodePool train: may have 1000 nodes with accelerators, more than 64: lower spec.limits.nodes",
    ),
]
