"""Examples of the rules over pools of accelerators."""

from __future__ import annotations

from typing import Any

from groundwork.policy.example import REMOVED, Example, one

_TAG = "k8s.io/cluster-autoscaler/node-template/resources/"
_GROUP = "aws:eks/nodeGroup:NodeGroup"
_GPU_GROUP: dict[str, Any] = {
    "nodeGroupName": "gpu",
    "instanceTypes": ["g6.xlarge"],
    "amiType": "AL2023_x86_64_NVIDIA",
    "labels": {"groundwork.example/pool": "gpu"},
    "taints": [{"key": "nvidia.com/gpu", "value": "present", "effect": "NO_SCHEDULE"}],
    "scalingConfig": {"minSize": 0, "maxSize": 4, "desiredSize": 0},
    "tags": {f"{_TAG}nvidia.com/gpu": "1"},
}
NODES = one(_GROUP, _GPU_GROUP)
_NEURON = one(
    _GROUP,
    {
        **_GPU_GROUP,
        "nodeGroupName": "inf",
        "instanceTypes": ["inf2.xlarge"],
        "amiType": "AL2023_x86_64_NEURON",
        "taints": [{"key": "aws.amazon.com/neuron", "effect": "NO_SCHEDULE"}],
    },
)
_SLICED = one(
    _GROUP,
    {
        **_GPU_GROUP,
        "instanceTypes": ["p4d.24xlarge"],
        "labels": {"nvidia.com/mig.config": "all-1g.5gb"},
        "tags": {f"{_TAG}nvidia.com/mig-1g.5gb": "56"},
    },
)
PROVISIONED = one(
    "kubernetes:karpenter.sh/v1:NodePool",
    {
        "metadata": {"name": "train", "labels": {"groundwork.example/purpose": "batch"}},
        "spec": {
            "template": {
                "spec": {
                    "requirements": [
                        {"key": "node.kubernetes.io/instance-type", "operator": "In", "values": ["p5.48xlarge"]}
                    ],
                    "taints": [{"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}],
                    "expireAfter": "Never",
                }
            },
            "limits": {"nodes": "4"},
            "disruption": {
                "consolidationPolicy": "WhenEmpty",
                "consolidateAfter": "2m",
                "budgets": [{"nodes": "100%", "reasons": ["Empty"]}, {"nodes": "0", "reasons": ["Drifted"]}],
            },
        },
    },
)

EXAMPLES = [
    Example(
        "gpu-pools-tainted",
        NODES,
        "taints",
        [],
        "NodeGroup gpu: has GPUs (g6.xlarge) and no taint nvidia.com/gpu:NO_SCHEDULE: add it",
    ),
    Example(
        "gpu-pools-tainted",
        _NEURON,
        "taints.0.effect",
        "PREFER_NO_SCHEDULE",
        "NodeGroup inf: has accelerators (inf2.xlarge) and no taint aws.amazon.com/neuron:NO_SCHEDULE: add it",
    ),
    Example(
        "gpu-pools-tainted",
        PROVISIONED,
        "spec.template.spec.taints",
        REMOVED,
        "NodePool train: has GPUs (p5.48xlarge) and no taint nvidia.com/gpu:NoSchedule: add it",
    ),
    Example(
        "gpu-pools-reach-zero",
        NODES,
        "scalingConfig.minSize",
        1,
        "NodeGroup gpu: scalingConfig.minSize is 1: set it to 0, and the autoscaler adds nodes for pods",
    ),
    Example(
        "gpu-pools-reach-zero",
        NODES,
        "tags",
        {f"{_TAG}nvidia.com/gpu": "0"},
        "NodeGroup gpu: no tag says what accelerators a node has, so the autoscaler adds none to an empty pool: "
        f"add the tag {_TAG}nvidia.com/gpu",
    ),
    Example(
        "gpu-pools-reach-zero",
        PROVISIONED,
        "spec.replicas",
        2,
        "NodePool train: spec.replicas keeps 2 nodes whatever pods need: leave it out",
    ),
    Example(
        "gpu-pools-reach-zero",
        PROVISIONED,
        "spec.disruption.consolidateAfter",
        "Never",
        "NodePool train: spec.disruption.consolidateAfter is Never, so empty nodes stay: name a time, such as 5m",
    ),
    Example(
        "gpu-pools-reach-zero",
        PROVISIONED,
        "spec.disruption.budgets.1.reasons",
        [],
        "NodePool train: a budget of 0 nodes at all times keeps empty ones too: leave out the reason Empty",
    ),
    Example(
        "batch-pools-undisturbed",
        PROVISIONED,
        "spec.disruption.consolidationPolicy",
        REMOVED,
        "NodePool train: is for batch, and its consolidationPolicy is WhenEmptyOrUnderutilized: use WhenEmpty",
    ),
    Example(
        "batch-pools-undisturbed",
        PROVISIONED,
        "spec.template.spec.expireAfter",
        "168h",
        "NodePool train: is for batch, and its nodes end after 168h whatever runs on them: set expireAfter to Never",
    ),
    Example(
        "batch-pools-undisturbed",
        PROVISIONED,
        "spec.disruption.budgets.1.nodes",
        "1",
        "NodePool train: is for batch, and no budget keeps nodes that are outdated: "
        "add one of 0 nodes with the reason Drifted",
    ),
    Example(
        "mig-slices-fit",
        _SLICED,
        "labels",
        {"nvidia.com/mig.config": "all-1g.10gb.me"},
        "NodeGroup gpu: the profile 1g.10gb.me is none of p4d.24xlarge (nvidia-a100): "
        "use one of 1g.5gb, 1g.10gb, 2g.10gb, 3g.20gb, 4g.20gb, 7g.40gb",
    ),
    Example(
        "mig-slices-fit",
        _SLICED,
        "instanceTypes",
        ["g6.xlarge"],
        "NodeGroup gpu: the profile 1g.5gb is none of g6.xlarge (nvidia-l4): it cannot be partitioned: leave the label "
        "out",
    ),
    Example(
        "mig-slices-fit",
        _SLICED,
        "tags",
        {f"{_TAG}nvidia.com/mig-1g.5gb": "112"},
        "NodeGroup gpu: its tag says 112 slices of 1g.5gb, and p4d.24xlarge has 56: say 56",
    ),
]
