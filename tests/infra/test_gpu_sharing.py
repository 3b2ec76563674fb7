"""Pools whose pods share GPUs: what nodes, autoscaler and pods know of it."""

from __future__ import annotations

from typing import Any

import pytest

from groundwork.core.contracts import NodePools
from groundwork.core.errors import StackError
from groundwork.testing import Graph
from tests.infra.stacks import build

NODES = "aws:eks/nodeGroup:NodeGroup"
_RESOURCES = "k8s.io/cluster-autoscaler/node-template/resources/"


def pools(**config: Any) -> Graph:
    return build("dev", network={}, eks={}, pools=config)


def group(graph: Graph) -> dict[str, Any]:
    return graph.one(NODES, "pools-gpu").inputs


def test_time_slices_are_known_to_nodes_autoscaler_and_pods() -> None:
    graph = pools(gpu={"instanceTypes": ["g6.12xlarge"], "max": 1, "sharing": {"timeSlicing": 4}})
    assert group(graph)["labels"]["nvidia.com/device-plugin.config"] == "gpu"
    tags = group(graph)["tags"]
    assert (tags[f"{_RESOURCES}nvidia.com/gpu"], tags[f"{_RESOURCES}nvidia.com/gpu.shared"]) == ("0", "16")
    pool = NodePools(pools=graph.outputs["pools.pools"]).pool("gpu")
    assert pool.placement(1).resources == {"nvidia.com/gpu.shared": "1"}
    assert (pool.sharing, pool.slices, pool.accelerators, pool.requestable, pool.driver) == (
        "timeSlicing",
        4,
        4,
        1,
        True,
    )


def test_partitions_are_known_to_nodes_autoscaler_and_pods() -> None:
    graph = pools(gpu={"instanceTypes": ["p5.48xlarge"], "max": 1, "sharing": {"mig": "3g.40gb"}})
    assert group(graph)["labels"]["nvidia.com/mig.config"] == "all-3g.40gb"
    assert group(graph)["tags"][f"{_RESOURCES}nvidia.com/mig-3g.40gb"] == "16"
    pool = NodePools(pools=graph.outputs["pools.pools"]).pool("gpu")
    assert (pool.resource, pool.requestable) == ("nvidia.com/mig-3g.40gb", 16)


def test_mps_brings_the_label_of_its_daemon() -> None:
    labels = group(pools(gpu={"accelerator": "nvidia-l4", "max": 1, "sharing": {"mps": 2}}))["labels"]
    assert labels["nvidia.com/mps.capable"] == "true"


def test_a_node_of_slices_is_not_taken_for_one_whose_gpu_never_comes() -> None:
    """By that label the cluster autoscaler waits for `nvidia.com/gpu`, which such a node does not show."""
    label = "k8s.amazonaws.com/accelerator"
    assert label in group(pools(gpu={"accelerator": "nvidia-l4", "max": 1}))["labels"]
    assert (
        label not in group(pools(gpu={"accelerator": "nvidia-l4", "max": 1, "sharing": {"timeSlicing": 2}}))["labels"]
    )


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        (
            {"sharing": {"timeSlicing": 2}},
            "pools.gpu: sharing: this pool has no GPU to share; give it an accelerator, or leave sharing out",
        ),
        (
            {"accelerator": "nvidia-h100", "max": 1, "sharing": {"timeSlicing": 2, "mig": "1g.10gb"}},
            "pools.gpu: sharing: timeSlicing and mig given, and a GPU is shared in one way; keep one of timeSlicing, "
            "mps, mig",
        ),
        (
            {"accelerator": "nvidia-h100", "max": 1, "sharing": {}},
            "pools.gpu: sharing: nothing given, and a GPU is shared in one way; keep one of timeSlicing, mps, mig",
        ),
        (
            {"accelerator": "nvidia-h100", "max": 1, "sharing": {"mig": "1g.5gb"}},
            "pools.gpu: sharing.mig: nvidia-h100 of p5.4xlarge has no '1g.5gb'; did you mean '1g.20gb'? valid: "
            "1g.10gb, 1g.20gb, 2g.20gb, 3g.40gb, 4g.40gb, 7g.80gb",
        ),
        (
            {"accelerator": "nvidia-l4", "max": 1, "sharing": {"mig": "1g.5gb"}},
            "pools.gpu: sharing.mig: nvidia-l4 of g6.xlarge cannot be partitioned; use timeSlicing or mps",
        ),
        (
            {"accelerator": "nvidia-l4", "max": 1, "sharing": {"mps": 49}},
            "pools.gpu.sharing.mps: must be at most 48 (got 49)",
        ),
        (
            {"labels": {"nvidia.com/mig.config": "all-1g.5gb"}},
            "pools.gpu: label 'nvidia.com/mig.config' is the platform's own; choose another",
        ),
    ],
)
def test_what_cannot_be_shared_is_told(config: dict[str, Any], problem: str) -> None:
    with pytest.raises(StackError) as error:
        pools(gpu=config)
    assert problem in str(error.value)
