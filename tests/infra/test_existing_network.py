"""A VPC that is there already."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from groundwork.core.errors import StackError
from tests.infra.stacks import build


def _zone(number: int) -> dict[str, Any]:
    return {
        "private": {"id": f"subnet-0000000{number}", "cidr": f"10.20.{number * 32}.0/19"},
        "pods": {"id": f"subnet-1000000{number}", "cidr": f"100.64.{number * 32}.0/19"},
    }


WHOLE: dict[str, Any] = {
    "component": "existing-network",
    "vpcId": "vpc-0123456789abcdef0",
    "cidr": "10.20.0.0/16",
    "moreCidrs": ["100.64.0.0/16"],
    "zones": {"eu-west-1a": _zone(1), "eu-west-1b": _zone(2)},
}


def test_it_offers_what_a_network_of_our_own_offers_and_makes_nothing() -> None:
    graph = build(network=WHOLE)
    assert [r.type for r in graph if r.custom and not r.type.startswith("pulumi:")] == []
    offered = {name.removeprefix("network."): value for name, value in graph.outputs.items()}
    assert offered == {
        "cidr": "10.20.0.0/16",
        "pod_cidrs": ("100.64.32.0/19", "100.64.64.0/19"),
        "zones": ("eu-west-1a", "eu-west-1b"),
        "vpc_id": "vpc-0123456789abcdef0",
        "private_subnet_ids": ["subnet-00000001", "subnet-00000002"],
        "public_subnet_ids": [],
        "private_cidrs": ("10.20.32.0/19", "10.20.64.0/19", "100.64.32.0/19", "100.64.64.0/19"),
        "public_cidrs": (),
        "control_subnet_ids": ["subnet-00000001", "subnet-00000002"],
        "identity_cidrs": (),
    }


def test_its_owner_says_whether_sts_is_inside() -> None:
    offered = build(network={**WHOLE, "stsEndpoint": True}).outputs
    assert offered["network.identity_cidrs"] == ("10.20.32.0/19", "10.20.64.0/19")


def test_a_cluster_its_pools_and_a_database_live_in_it() -> None:
    graph = build(network=WHOLE, eks={}, pools={}, rds={})
    cluster = graph.one("aws:eks/cluster:Cluster")
    assert cluster.inputs["vpcConfig"]["subnetIds"] == ["subnet-00000001", "subnet-00000002"]
    group = graph.one("aws:ec2/securityGroup:SecurityGroup", "rds-access")
    assert group.inputs["vpcId"] == WHOLE["vpcId"]
    assert "100.64.32.0/19" in group.inputs["ingress"][0]["cidrBlocks"], "pods call from addresses of their own"


def changed(path: str, value: Any) -> dict[str, Any]:
    config = deepcopy(WHOLE)
    *steps, last = path.split("/")
    place = config
    for step in steps:
        place = place[step]
    place[last] = value
    return config


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        ("vpcId", "my-vpc", "network.vpcId"),
        ("zones/eu-west-1a/private/id", "subnet-1", "network.zones.eu-west-1a.private.id"),
        ("cidr", "10.20.0.0/8", "cidr: '10.20.0.0/8' is no IPv4 network: 10.20.0.0/8 has host bits set"),
        ("moreCidrs", ["100.64.0.0/10"], "moreCidrs: 100.64.0.0/10 is no size that AWS has; valid: /16 to /28"),
        ("moreCidrs", [], "zones.eu-west-1a.pods: 100.64.32.0/19 is not in the VPC's 10.20.0.0/16"),
        (
            "zones/eu-west-1b/private/id",
            "subnet-00000001",
            "zones.eu-west-1b.private: subnet-00000001 is zones.eu-west-1a.private already",
        ),
        (
            "zones/eu-west-1b/private/cidr",
            "10.20.48.0/20",
            "zones.eu-west-1b.private: 10.20.48.0/20 overlaps 10.20.32.0/19 of zones.eu-west-1a.private",
        ),
        (
            "zones/eu-west-1b/pods",
            None,
            "zones: eu-west-1b has no subnet `pods`, and others have: say all or none",
        ),
        ("zones", {"eu-west-1a": _zone(1)}, "zones: a network has two or three zones (got 1)"),
        (
            "zones",
            {"eu-west-1a": _zone(1), "us-east-1b": _zone(2)},
            "network.zones: 'us-east-1b' is no zone of eu-west-1; an example is eu-west-1a",
        ),
    ],
)
def test_what_cannot_be_a_network_is_told(path: str, value: Any, problem: str) -> None:
    with pytest.raises(StackError) as error:
        build(network=changed(path, value))
    assert problem in str(error.value)


def test_all_that_is_wrong_is_told_at_once() -> None:
    config = changed("cidr", "10.20.0.0")
    config["zones"]["eu-west-1a"]["private"]["cidr"] = "10.20.32.1/19"
    config["zones"]["eu-west-1b"]["pods"] = None
    with pytest.raises(StackError) as error:
        build(network=config)
    told = str(error.value)
    for problem in (
        "cidr: 10.20.0.0/32 is no size",
        "zones.eu-west-1a.private.cidr: '10.20.32.1/19' is no IPv4 network",
        "eu-west-1b has no subnet `pods`",
    ):
        assert problem.replace("10.20.0.0/32", "10.20.0.0") in told
