"""Node objects look as EKS's do, and are the same each time."""

from __future__ import annotations

import dataclasses
import ipaddress
from typing import Any

import pytest

from groundwork.core.contracts.pools import POOL_LABEL
from groundwork.sandbox.cluster import marks
from groundwork.sandbox.cluster.nodes import NoAddressError, existing_node, pool_node
from groundwork.sandbox.cluster.pools import ExistingCluster, NodePool, PoolSubnet


def _names(pool: NodePool, count: int) -> list[dict[str, Any]]:
    taken: set[str] = set()
    nodes = []
    for ordinal in range(count):
        nodes.append(node := pool_node(pool, ordinal, taken))
        taken.add(node["metadata"]["name"])
    return nodes


def test_a_gpu_node_has_the_labels_taints_and_identity_of_a_managed_node(gpu: NodePool) -> None:
    node = pool_node(gpu, 1, ())
    name = node["metadata"]["name"]
    address = node["status"]["addresses"][0]["address"]
    assert ipaddress.ip_address(address) in ipaddress.ip_network("10.20.16.0/20")
    assert name == f"ip-{address.replace('.', '-')}.eu-west-1.compute.internal"
    assert node["metadata"]["labels"] == {
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/os": "linux",
        "kubernetes.io/hostname": name,
        "node.kubernetes.io/instance-type": "g6.xlarge",
        "topology.kubernetes.io/region": "eu-west-1",
        "topology.kubernetes.io/zone": "eu-west-1b",
        "eks.amazonaws.com/nodegroup": "gpu",
        "eks.amazonaws.com/capacityType": "ON_DEMAND",
        "nvidia.com/gpu.present": "true",
        marks.POOL: "gpu",
        marks.ORDINAL: "1",
        marks.SIMULATED: "true",
    }
    assert node["spec"]["taints"] == [{"key": "nvidia.com/gpu", "value": "true", "effect": "NoSchedule"}]
    assert node["spec"]["providerID"].startswith("aws:///eu-west-1b/i-")
    assert node["metadata"]["annotations"]["kwok.x-k8s.io/node"] == "fake"


def test_a_node_keeps_every_label_that_the_program_gives_its_group(gpu: NodePool) -> None:
    """What a pod is placed by is the pool's label, and a node group's name is another, made unique by its provider."""
    group = dataclasses.replace(gpu, name="gpu-767430", labels={POOL_LABEL: "gpu"})
    labels = pool_node(group, 0, ())["metadata"]["labels"]
    assert (labels[POOL_LABEL], labels[marks.POOL]) == ("gpu", "gpu-767430")


def test_a_new_node_shows_no_gpu(gpu: NodePool) -> None:
    """GPUs are earned by a device plugin, whatever is in the machine."""
    status = pool_node(gpu, 0, ())["status"]
    assert "nvidia.com/gpu" not in status["capacity"]
    assert "nvidia.com/gpu" not in status["allocatable"]


def test_the_same_number_always_gives_the_same_node(general: NodePool) -> None:
    assert pool_node(general, 3, ()) == pool_node(general, 3, ())


def test_nodes_are_spread_over_zones_and_named_apart(general: NodePool) -> None:
    small = dataclasses.replace(
        general, subnets=(PoolSubnet("eu-west-1a", "10.9.0.0/27"), PoolSubnet("eu-west-1b", "10.9.1.0/27"))
    )
    nodes = _names(small, 40)
    assert len({node["metadata"]["name"] for node in nodes}) == 40
    zones = [node["metadata"]["labels"]["topology.kubernetes.io/zone"] for node in nodes]
    assert zones[:4] == ["eu-west-1a", "eu-west-1b", "eu-west-1a", "eu-west-1b"]


def test_addresses_that_aws_keeps_are_not_used(general: NodePool) -> None:
    tiny = dataclasses.replace(general, subnets=(PoolSubnet("eu-west-1a", "10.9.0.0/28"),))
    used = {node["status"]["addresses"][0]["address"] for node in _names(tiny, 11)}
    assert used == {f"10.9.0.{last}" for last in range(4, 15)}


def test_a_full_subnet_is_told_by_pool_and_range(general: NodePool) -> None:
    tiny = dataclasses.replace(general, subnets=(PoolSubnet("eu-west-1a", "10.9.0.0/28"),))
    with pytest.raises(NoAddressError) as caught:
        _names(tiny, 12)
    assert str(caught.value) == "pool 'general': no address is left in subnet 10.9.0.0/28 (eu-west-1a)"


@pytest.mark.parametrize(
    ("region", "domain"), [("us-east-1", "ec2.internal"), ("eu-north-1", "eu-north-1.compute.internal")]
)
def test_host_names_follow_the_region(general: NodePool, region: str, domain: str) -> None:
    name = pool_node(dataclasses.replace(general, region=region), 0, ())["metadata"]["name"]
    assert name.partition(".")[2] == domain


@pytest.mark.parametrize(
    ("ami_type", "architecture"),
    [
        ("AL2023_x86_64_STANDARD", "amd64"),
        ("AL2023_ARM_64_STANDARD", "arm64"),
        ("BOTTLEROCKET_ARM_64_NVIDIA", "arm64"),
    ],
)
def test_the_architecture_is_that_of_the_image(general: NodePool, ami_type: str, architecture: str) -> None:
    machine = "m7g.large" if architecture == "arm64" else "m7i.large"
    pool = dataclasses.replace(general, ami_type=ami_type, instance_types=(machine,))
    node = pool_node(pool, 0, ())
    assert node["metadata"]["labels"]["kubernetes.io/arch"] == architecture


def test_an_existing_machine_carries_nothing_of_a_cloud() -> None:
    node = existing_node(ExistingCluster(), 0)
    assert node["metadata"]["name"] == "node-1"
    assert "providerID" not in node["spec"]
    assert not any("amazonaws" in key or "topology" in key for key in node["metadata"]["labels"])


def test_a_custom_image_is_for_the_machine_it_stands_on(general: NodePool) -> None:
    own = dataclasses.replace(general, instance_types=("m7g.large",), ami_type="CUSTOM")
    assert pool_node(own, 0, ())["metadata"]["labels"]["kubernetes.io/arch"] == "arm64"
