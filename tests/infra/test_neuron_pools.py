"""Pools of Inferentia and Trainium."""

from __future__ import annotations

from typing import Any

import pytest

from groundwork.core.contracts import NodePools
from groundwork.core.errors import StackError
from groundwork.data.instance_types import instance_type
from groundwork.testing import Graph
from tests.infra.stacks import build

NODES = "aws:eks/nodeGroup:NodeGroup"


def pools(**config: Any) -> Graph:
    return build(network={}, eks={}, pools=config)


@pytest.mark.parametrize(
    ("accelerator", "machine"), [("aws-inferentia2", "inf2.xlarge"), ("aws-trainium", "trn1.2xlarge")]
)
def test_a_pool_of_neuron_devices_is_one_line(accelerator: str, machine: str) -> None:
    inputs = pools(x={"accelerator": accelerator, "max": 2}).one(NODES, "pools-x").inputs
    assert inputs["instanceTypes"] == [machine]
    assert inputs["amiType"] == "AL2023_x86_64_NEURON"
    assert inputs["scalingConfig"] == {"minSize": 0, "maxSize": 2, "desiredSize": 0}
    assert inputs["taints"] == [{"key": "aws.amazon.com/neuron", "value": "present", "effect": "NO_SCHEDULE"}]
    assert inputs["labels"] == {
        "groundwork.example/pool": "x",
        "groundwork.example/accelerator": accelerator,
        "groundwork.example/device": "neuron",
    }


def test_from_an_empty_pool_the_autoscaler_knows_devices_and_cores() -> None:
    prefix = "k8s.io/cluster-autoscaler/node-template/resources/"
    inputs = pools(x={"instanceTypes": ["inf2.24xlarge"], "max": 1}).one(NODES, "pools-x").inputs
    assert inputs["tags"] == {
        f"{prefix}aws.amazon.com/neuron": "6",
        f"{prefix}aws.amazon.com/neuroncore": "12",
        f"{prefix}ephemeral-storage": "200Gi",
    }


def test_pods_know_how_to_ask_for_a_device() -> None:
    outputs = pools(x={"accelerator": "aws-trainium", "max": 2}).outputs
    pool = NodePools(pools=outputs["pools.pools"]).pool("x")
    placement = pool.placement(accelerators=1)
    assert (pool.driver, placement.resources) == (True, {"aws.amazon.com/neuron": "1"})
    assert placement.tolerations[0]["key"] == "aws.amazon.com/neuron"


def test_adapters_for_training_on_many_go_with_trainium() -> None:
    trainium = {"accelerator": "aws-trainium", "instanceTypes": ["trn1.32xlarge"], "max": 4, "efa": True}
    inputs = pools(x=trainium).one(NODES, "pools-x").inputs
    assert inputs["labels"]["groundwork.example/adapter"] == "efa"


def test_cores_are_those_of_the_hardware() -> None:
    found = {
        name: instance_type(name).accelerator for name in ("inf1.xlarge", "inf2.xlarge", "trn1.2xlarge", "g6.xlarge")
    }
    assert [accelerator.cores for accelerator in found.values() if accelerator] == [4, 2, 2, 0]


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        (
            {"accelerator": "aws-inferentia2"},
            "pools.x: max is required for a pool with accelerators, such as `max: 2`: its nodes are expensive",
        ),
        (
            {"accelerator": "aws-inferentia2", "max": 1, "sharing": {"timeSlicing": 4}},
            "pools.x: sharing: this pool has no GPU to share; give it an accelerator, or leave sharing out",
        ),
        (
            {"accelerator": "aws-inferentia2", "instanceTypes": ["trn1.2xlarge"], "max": 1},
            "pools.x: trn1.2xlarge has no aws-inferentia2, which is this pool's accelerator; leave instanceTypes out, "
            "or take one of inf2.xlarge, inf2.8xlarge, inf2.24xlarge, inf2.48xlarge",
        ),
        (
            {"accelerator": "aws-inferentia2", "max": 1, "labels": {"groundwork.example/device": "gpu"}},
            "pools.x: label 'groundwork.example/device' is the platform's own; choose another",
        ),
    ],
)
def test_what_cannot_be_is_told(config: dict[str, Any], problem: str) -> None:
    with pytest.raises(StackError) as error:
        pools(x=config)
    assert problem in str(error.value)
