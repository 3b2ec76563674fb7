"""The network, as the engine would get it."""

from __future__ import annotations

from typing import Any

import pytest

from groundwork.core.errors import StackError
from tests.infra.stacks import build, document

SUBNET = "aws:ec2/subnet:Subnet"
NAT = "aws:ec2/natGateway:NatGateway"


@pytest.mark.parametrize(("environment", "zones", "gateways"), [("dev", 2, 1), ("prod", 3, 3)])
def test_zones_and_ways_out_are_the_environments(environment: str, zones: int, gateways: int) -> None:
    graph = build(environment, network={})
    assert len(graph.of(SUBNET)) == 2 * zones
    assert len(graph.of(NAT)) == len(graph.of("aws:ec2/eip:Eip")) == gateways
    assert graph.outputs["network.zones"] == tuple(f"eu-west-1{letter}" for letter in "abc"[:zones])


def test_with_a_gateway_for_each_zone_no_zone_leaves_through_another() -> None:
    graph = build("prod", network={})
    for zone in graph.outputs["network.zones"]:
        route = graph.one("aws:ec2/route:Route", f"network-private-{zone}-default")
        assert route.inputs["natGatewayId"] == f"network-nat-{zone}-id"


def test_the_only_gateway_serves_every_zone() -> None:
    graph = build("prod", network={"natGateways": "single"})
    routes = [r for r in graph.of("aws:ec2/route:Route") if "private" in r.name]
    assert [r.inputs["natGatewayId"] for r in routes] == ["network-nat-eu-west-1a-id"] * 3


def test_private_subnets_have_no_route_to_the_internet_gateway() -> None:
    graph = build(network={})
    gateways = {r.name: r.inputs.get("gatewayId") for r in graph.of("aws:ec2/route:Route")}
    assert {name for name, gateway in gateways.items() if gateway} == {"network-public-default"}


def test_load_balancers_find_their_subnets() -> None:
    tags = {r.name: r.inputs["tags"] for r in build(network={}).of(SUBNET)}
    assert tags["network-public-eu-west-1a"]["kubernetes.io/role/elb"] == "1"
    assert tags["network-private-eu-west-1a"]["kubernetes.io/role/internal-elb"] == "1"
    assert "kubernetes.io/role/elb" not in tags["network-private-eu-west-1a"]


def test_nothing_gets_a_public_address_by_itself() -> None:
    assert {r.inputs["mapPublicIpOnLaunch"] for r in build(network={}).of(SUBNET)} == {False}


def test_the_default_security_group_lets_nothing_in_or_out() -> None:
    group = build(network={}).one("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup")
    assert "ingress" not in group.inputs
    assert "egress" not in group.inputs


def test_traffic_to_s3_passes_no_gateway_in_any_private_subnet() -> None:
    endpoint = build("prod", network={}).one("aws:ec2/vpcEndpoint:VpcEndpoint")
    assert endpoint.inputs["serviceName"] == "com.amazonaws.eu-west-1.s3"
    assert endpoint.inputs["routeTableIds"] == [f"network-private-eu-west-1{zone}-id" for zone in "abc"]


def test_all_traffic_is_logged_by_a_role_of_this_account_that_may_write_there_only() -> None:
    graph = build(network={})
    assert graph.one("aws:ec2/flowLog:FlowLog").inputs["trafficType"] == "ALL"
    group = graph.one("aws:cloudwatch/logGroup:LogGroup")
    assert group.inputs["name"] == "/groundwork/dev/network/flow-logs"
    policy = graph.one("aws:iam/rolePolicy:RolePolicy")
    (statement,) = document(policy.inputs["policy"])
    assert [resource.removesuffix(":*") for resource in statement["Resource"]] == [
        "arn:aws:cloudwatch:eu-west-1:111122223333:network-flow-logs"
    ] * 2
    (trust,) = document(graph.one("aws:iam/role:Role").inputs["assumeRolePolicy"])
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": "111122223333"}}


def test_addresses_and_gateways_go_before_the_way_out() -> None:
    """AWS refuses to detach an internet gateway while there are public addresses behind it."""
    graph = build(network={})
    gateway = graph.one("aws:ec2/internetGateway:InternetGateway").urn
    for kind in (NAT, "aws:ec2/eip:Eip"):
        assert gateway in graph.before(graph.of(kind)[0])


def test_zones_can_be_named() -> None:
    graph = build(network={"zoneNames": ["eu-west-1c", "eu-west-1b"]})
    assert graph.outputs["network.zones"] == ("eu-west-1c", "eu-west-1b")


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        (
            {"zones": 3, "zoneNames": ["eu-west-1a"]},
            "zoneNames has 1 names, and zones is 3: name as many as there are zones",
        ),
        ({"zoneNames": ["eu-west-1a", "eu-west-1a"]}, "zoneNames names a zone twice: eu-west-1a, eu-west-1a"),
        (
            {"zoneNames": ["us-east-1a", "eu-west-1b"]},
            "network.zoneNames: 'us-east-1a' is no zone of eu-west-1; an example is eu-west-1a",
        ),
        ({"zones": 1}, "network.zones: input should be greater than or equal to 2 (got 1)"),
        ({"cidr": "10.20.0.0/26"}, "10.20.0.0/26 is too small for 3 zones"),
    ],
)
def test_what_cannot_be_a_network_is_told(config: dict[str, Any], problem: str) -> None:
    with pytest.raises(StackError) as error:
        build(network=config)
    assert problem in str(error.value)
