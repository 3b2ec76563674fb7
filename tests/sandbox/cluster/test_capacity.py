"""Nodes are as big as EKS's: neither rounder nor larger."""

from __future__ import annotations

import dataclasses

import pytest

from groundwork.data.instance_types import UnknownInstanceTypeError, instance_types
from groundwork.sandbox.cluster.capacity import NoShapeError, of_existing, of_pool, reserved_cpu_millis
from groundwork.sandbox.cluster.pod_density import max_pods
from groundwork.sandbox.cluster.pools import ExistingCluster, NodePool, PoolSubnet

_POOL = NodePool(
    name="general",
    cluster="dev",
    region="eu-west-1",
    instance_types=("m5.large",),
    subnets=(PoolSubnet("eu-west-1a", "10.20.0.0/20"),),
    desired=1,
    minimum=1,
    maximum=2,
)


@pytest.mark.parametrize(
    ("vcpus", "allocatable"), [(1, 940), (2, 1930), (4, 3920), (8, 7910), (16, 15890), (96, 95690)]
)
def test_cpu_left_for_pods_is_what_eks_nodes_report(vcpus: int, allocatable: int) -> None:
    assert vcpus * 1000 - reserved_cpu_millis(vcpus) == allocatable


@pytest.mark.parametrize(
    ("name", "pods"),
    [
        ("t3.medium", 17),
        ("m5.large", 29),
        ("m5.xlarge", 58),
        ("m5.4xlarge", 110),  # 234 addresses, capped below 30 vCPUs
        ("m5.8xlarge", 234),
        ("m5.24xlarge", 250),  # 737 addresses, capped
        ("p5.48xlarge", 100),  # only the first of its 32 network cards counts
        ("g4dn.xlarge", 29),
    ],
)
def test_pods_on_a_node_are_limited_by_its_network_interfaces(name: str, pods: int) -> None:
    assert max_pods(name, instance_types()[name].vcpus or 0) == pods


def test_prefix_delegation_lifts_the_limit_to_the_cap() -> None:
    assert max_pods("m5.large", 2, prefix_delegation=True) == 110
    assert max_pods("t3.nano", 2, prefix_delegation=True) == 34


@pytest.mark.parametrize(("vcpus", "cap"), [(29, 110), (30, 250)])
def test_a_type_of_unknown_limits_gets_the_documented_cap(vcpus: int, cap: int) -> None:
    assert max_pods("z9.future", vcpus) == cap


def test_memory_left_for_pods_shrinks_with_the_pods_allowed() -> None:
    """11 MiB a pod and 255 MiB are the kubelet's, 100 MiB are never given away."""
    few, many = of_pool(_POOL), of_pool(dataclasses.replace(_POOL, prefix_delegation=True))
    assert few.memory_mib - few.allocatable_memory_mib == 11 * 29 + 255 + 100
    assert few.allocatable_memory_mib - many.allocatable_memory_mib == 11 * (110 - 29)


def test_the_kernel_and_the_hypervisor_keep_a_part_of_the_memory() -> None:
    """A pod that needs all of an instance's 8 GiB does not fit on it."""
    assert of_pool(_POOL).memory_mib == int(8 * 1024 * 0.925)


def test_a_node_has_the_disk_of_its_pool_less_what_is_reserved() -> None:
    capacity = of_pool(dataclasses.replace(_POOL, disk_gib=100))
    assert capacity.capacity()["ephemeral-storage"] == f"{100 * 1024 * 1024}Ki"
    assert capacity.allocatable_disk_mib == 100 * 1024 - 1024 - 10 * 1024


def test_amounts_are_written_as_kubernetes_writes_them() -> None:
    capacity = of_pool(_POOL)
    assert capacity.capacity() == {
        "cpu": "2",
        "memory": f"{capacity.memory_mib * 1024}Ki",
        "ephemeral-storage": "20971520Ki",
        "pods": "29",
    }
    assert capacity.allocatable()["cpu"] == "1930m"


def test_a_launch_template_may_set_the_pods_itself() -> None:
    assert of_pool(dataclasses.replace(_POOL, max_pods=12)).pods == 12


def test_every_current_type_makes_a_node_with_room() -> None:
    """Whatever instance type a stack names, the sandbox has a node for it."""
    for kind in instance_types().values():
        if kind.vcpus is not None and kind.memory_gib is not None and kind.memory_gib >= 2:
            capacity = of_pool(dataclasses.replace(_POOL, instance_types=(kind.name,)))
            assert 0 < capacity.allocatable_cpu_millis < capacity.cpu_millis, kind.name
            assert 0 < capacity.allocatable_memory_mib < capacity.memory_mib, kind.name


def test_a_type_without_a_known_shape_is_refused_with_the_pool_named() -> None:
    with pytest.raises(NoShapeError) as caught:
        of_pool(dataclasses.replace(_POOL, instance_types=("f1.2xlarge",)))
    assert str(caught.value) == (
        "pool 'general': the shape of instance type 'f1.2xlarge' is not known (AWS no longer describes it); "
        "choose a current one, such as m7i.large"
    )


def test_an_unknown_type_is_refused() -> None:
    with pytest.raises(UnknownInstanceTypeError, match=r"'m5\.larg' is not one of the"):
        of_pool(dataclasses.replace(_POOL, instance_types=("m5.larg",)))


def test_an_existing_machine_gives_its_pods_nearly_everything() -> None:
    capacity = of_existing(ExistingCluster())
    assert capacity.allocatable_cpu_millis == capacity.cpu_millis == 8000
    assert capacity.memory_mib - capacity.allocatable_memory_mib == 100
