"""What the simulated cluster is told of the program's AWS."""

from __future__ import annotations

import ipaddress

import pytest

from groundwork.sandbox.cluster.capacity import of_pool
from groundwork.sandbox.cluster.nodes import pool_node
from groundwork.sandbox.standins.aws.facts import prefix_delegation
from groundwork.sandbox.standins.aws.known import NodeGroupFacts, SubnetFacts
from groundwork.sandbox.standins.aws.launch import disk_gib
from groundwork.sandbox.standins.cloud import pool_of

GROUP = NodeGroupFacts(
    name="general",
    cluster="dev",
    instance_types=("m7i.large",),
    capacity_type="ON_DEMAND",
    min=1,
    desired=2,
    max=3,
    labels={},
    taints=(),
    ami_type="AL2023_x86_64_STANDARD",
    subnets=(SubnetFacts("eu-west-1a", "10.20.0.0/24"), SubnetFacts("eu-west-1b", "10.20.64.0/18")),
    disk_gib=100,
    prefix_delegation=True,
    region="eu-west-1",
)


def test_a_node_has_an_address_of_its_subnet_and_is_named_by_it() -> None:
    """Zone, address and name of a node are those of the program's own subnet."""
    pool = pool_of(GROUP)
    for ordinal, subnet in enumerate(GROUP.subnets):
        node = pool_node(pool, ordinal, ())
        address = node["status"]["addresses"][0]["address"]
        assert ipaddress.ip_address(address) in ipaddress.ip_network(subnet.cidr)
        assert node["metadata"]["name"] == f"ip-{address.replace('.', '-')}.eu-west-1.compute.internal"
        assert node["metadata"]["labels"]["topology.kubernetes.io/zone"] == subnet.zone


def test_a_node_has_the_disk_and_the_pods_that_the_program_asked_for() -> None:
    """Disk and greatest number of pods come from the node group's facts, not from defaults."""
    capacity = of_pool(pool_of(GROUP))
    assert (capacity.disk_mib, capacity.pods) == (100 * 1024, 110)


@pytest.mark.parametrize(
    ("configuration", "expected"),
    [
        ('{"env": {"ENABLE_PREFIX_DELEGATION": "true"}}', True),
        ("env:\n  ENABLE_PREFIX_DELEGATION: true\n", True),
        ('{"env": {"ENABLE_PREFIX_DELEGATION": "false"}}', False),
        ("{not: [yaml", False),
        (None, False),
    ],
)
def test_prefix_delegation_is_read_from_json_and_yaml(configuration: str | None, expected: bool) -> None:
    """EKS takes an add-on's configuration in either form."""
    assert prefix_delegation(configuration) is expected


def test_the_volume_for_pods_is_found_by_the_image() -> None:
    """Bottlerocket keeps images on its second volume, others on the first; without a template EKS's sizes count."""
    mappings = [
        {"DeviceName": f"/dev/xvd{letter}", "Ebs": {"VolumeSize": size}} for letter, size in (("a", 4), ("b", 90))
    ]
    template = {"BlockDeviceMappings": mappings}
    assert disk_gib("BOTTLEROCKET_x86_64", None, template) == 90
    assert disk_gib("AL2023_x86_64_STANDARD", None, template) == 4
    assert (disk_gib("AL2023_x86_64_STANDARD", None, {}), disk_gib("WINDOWS_CORE_2022_x86_64", None, {})) == (20, 50)
