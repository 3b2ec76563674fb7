"""Examples of the rules over GPUs."""

from __future__ import annotations

from groundwork.policy.example import REMOVED, Example, one

GPU_POD = one(
    "kubernetes:core/v1:Pod",
    {
        "metadata": {"name": "train", "namespace": "team"},
        "spec": {
            "containers": [{"name": "t", "resources": {"limits": {"nvidia.com/gpu": "1"}}}],
            "nodeSelector": {"pool": "gpu"},
            "tolerations": [{"key": "nvidia.com/gpu"}],
        },
    },
)
NODES = one(
    "aws:eks/nodeGroup:NodeGroup",
    {
        "nodeGroupName": "gpu",
        "instanceTypes": ["g6.xlarge"],
        "amiType": "AL2023_x86_64_NVIDIA",
        "taints": [{"key": "nvidia.com/gpu", "value": "present", "effect": "NO_SCHEDULE"}],
    },
)

EXAMPLES = [
    Example(
        "gpu-pods-select-a-pool",
        GPU_POD,
        "spec.nodeSelector",
        REMOVED,
        "Pod team/train: requests nvidia.com/gpu and selects no pool: set nodeSelector to the pool's label",
    ),
    Example(
        "gpu-pods-select-a-pool",
        GPU_POD,
        "spec.tolerations",
        [{"key": "other"}],
        "Pod team/train: requests nvidia.com/gpu and does not tolerate the taint of GPU pools: tolerate nvidia.com/gpu",
    ),
    Example(
        "gpu-pools-tainted",
        NODES,
        "taints",
        [],
        "NodeGroup gpu: has GPUs (g6.xlarge) and no taint nvidia.com/gpu:NO_SCHEDULE: add it",
    ),
]
