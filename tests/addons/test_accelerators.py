"""One contract says what a pod needs for an accelerator, whatever makes it known."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from addons._gpu_nodes import plugin_configs

from groundwork.core.contracts import Accelerators, NodePool, Taint
from groundwork.core.errors import StackError
from groundwork.testing import Graph

GPU = NodePool(
    name="gpu",
    minimum=0,
    maximum=2,
    labels={},
    taints=(Taint("nvidia.com/gpu", "present", "NoSchedule"),),
    accelerator="nvidia-l4",
    resource="nvidia.com/gpu",
    accelerators=4,
)
SLICES = dataclasses.replace(GPU, name="slices", resource="nvidia.com/gpu.shared", sharing="timeSlicing", slices=4)
PARTITIONS = dataclasses.replace(
    GPU, name="parts", accelerator="nvidia-h100", resource="nvidia.com/mig-1g.10gb", sharing="mig", slices=7
)
SMALL = dataclasses.replace(GPU, name="small", accelerators=1)
TOLERATION = {"key": "nvidia.com/gpu", "operator": "Equal", "value": "present", "effect": "NoSchedule"}


def offer(*pools: NodePool) -> Accelerators:
    return Accelerators.of(pools, "nvidia-device-plugin")


def test_a_pool_is_asked_for_by_its_name() -> None:
    """Selector, toleration and resource come from one place."""
    placed = offer(GPU, SLICES, PARTITIONS).placement("gpu", 4)
    assert placed.node_selector == {"groundwork.example/pool": "gpu"}
    assert placed.tolerations == (TOLERATION,)
    assert placed.resources == {"nvidia.com/gpu": "4"}


def test_slices_and_partitions_have_resources_of_their_own() -> None:
    """Whoever asks for a whole GPU never gets a slice of one."""
    offered = offer(GPU, SLICES, PARTITIONS)
    assert offered.placement("slices").resources == {"nvidia.com/gpu.shared": "1"}
    assert offered.placement("parts", 28).resources == {"nvidia.com/mig-1g.10gb": "28"}


def test_a_kind_is_asked_for_wherever_it_is() -> None:
    """Two pools of a kind serve alike; one that is too small for the request does not."""
    offered = offer(GPU, SMALL)
    assert offered.placement("nvidia-l4").node_selector == {"groundwork.example/accelerator": "nvidia-l4"}
    assert offered.placement("nvidia-l4").tolerations == (TOLERATION,)
    assert offered.placement("nvidia-l4", 2).node_selector == {"groundwork.example/pool": "gpu"}


@pytest.mark.parametrize(
    ("pools", "wanted", "count", "message"),
    [
        ([GPU, SLICES], "gqu", 1, "no accelerator 'gqu'; did you mean 'gpu'? valid: gpu, nvidia-l4, slices"),
        (
            [],
            "gpu",
            1,
            "no accelerator 'gpu': no pool has any; give one to a pool: `pools: {gpu: {accelerator: …}}`",
        ),
        ([GPU], "gpu", 5, "5 of 'gpu': a node of gpu has 4 nvidia.com/gpu"),
        ([GPU, SMALL], "nvidia-l4", 5, "5 of 'nvidia-l4': a node of gpu and small has 4 nvidia.com/gpu"),
        ([PARTITIONS], "parts", 29, "29 of 'parts': a node of parts has 28 nvidia.com/mig-1g.10gb"),
        ([GPU], "gpu", 0, "0 of 'gpu': ask for 1 at least"),
        (
            [SLICES],
            "slices",
            2,
            "2 of 'slices': its pods share a GPU, and a second nvidia.com/gpu.shared gives no more; ask for 1",
        ),
        (
            [GPU, SLICES],
            "nvidia-l4",
            1,
            "accelerator 'nvidia-l4' is there as nvidia.com/gpu and nvidia.com/gpu.shared: name the pool, gpu or "
            "slices",
        ),
    ],
)
def test_what_cannot_be_placed_is_told(pools: list[NodePool], wanted: str, count: int, message: str) -> None:
    """Each message names the wish and what there is."""
    with pytest.raises(StackError) as error:
        offer(*pools).placement(wanted, count)
    assert list(error.value.problems) == [message]


def test_each_sharing_pool_has_its_configuration() -> None:
    """Nodes that name none, those of pools with whole GPUs, keep them whole."""
    mps = dataclasses.replace(SLICES, name="mps", sharing="mps", slices=2)
    configs = plugin_configs([GPU, SLICES, mps, PARTITIONS])
    assert sorted(configs) == ["mps", "slices", "whole"]
    assert configs["slices"]["sharing"]["timeSlicing"]["resources"] == [{"name": "nvidia.com/gpu", "replicas": 4}]
    assert configs["mps"]["sharing"]["mps"]["renameByDefault"] is True
    assert configs["whole"] == {"version": "v1"}


def test_the_device_plugin_finds_its_configurations(build: Any) -> None:
    """The release names the ConfigMap and waits for it."""
    shared = {"slices": 4, "sharing": "timeSlicing", "resource": "nvidia.com/gpu.shared"}
    graph: Graph = build({"pools": {"gpu": shared}, "nvidia-device-plugin": {}})
    made = graph.one("kubernetes:core/v1:ConfigMap", "nvidia-device-plugin-device-plugin-configs")
    found = graph.one("kubernetes:helm.sh/v3:Release", "nvidia-device-plugin")
    named = found.inputs["values"]["config"]
    assert named == {"name": made.inputs["metadata"]["name"], "default": "whole"}
    assert json.loads(made.inputs["data"]["gpu"])["sharing"]["timeSlicing"]["resources"][0]["replicas"] == 4
    assert made.urn in graph.before(found)


@pytest.mark.parametrize(
    ("gpu", "message"),
    [
        (
            {"sharing": "mig", "resource": "nvidia.com/mig-1g.10gb"},
            "nvidia-device-plugin: pool gpu is to be partitioned (sharing.mig), which the device plugin does not do; "
            "put gpu-operator in its place",
        ),
        (
            {"driver": False},
            "nvidia-device-plugin: the nodes of pool gpu bring no driver; put gpu-operator in its place",
        ),
    ],
)
def test_what_the_device_plugin_cannot_do_is_told(build: Any, gpu: dict[str, Any], message: str) -> None:
    """Partitions and drivers are the operator's."""
    with pytest.raises(StackError) as error:
        build({"pools": {"gpu": gpu}, "nvidia-device-plugin": {}})
    assert list(error.value.problems) == [message]
