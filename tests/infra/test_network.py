"""The network, as the engine would get it."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from groundwork.core.errors import StackError
from tests.infra.stacks import build, document

SUBNET = "aws:ec2/subnet:Subnet"
NAT = "aws:ec2/natGateway:NatGateway"
ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"
JOIN = "aws:ec2/routeTableAssociation:RouteTableAssociation"


@pytest.mark.parametrize(("environment", "zones", "gateways"), [("dev", 2, 1), ("prod", 3, 3)])
def test_zones_and_ways_out_are_the_environments(environment: str, zones: int, gateways: int) -> None:
    graph = build(environment, network={})
    kinds = Counter(r.name.split("-")[1] for r in graph.of(SUBNET))
    assert kinds == {"public": zones, "private": zones, "pods": zones, "control": zones}
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
    endpoint = build("prod", network={}).one(ENDPOINT, "network-s3")
    assert endpoint.inputs["serviceName"] == "com.amazonaws.eu-west-1.s3"
    assert endpoint.inputs["routeTableIds"] == [f"network-private-eu-west-1{zone}-id" for zone in "abc"]


def test_through_s3s_endpoint_nothing_leaves_for_a_bucket_of_others() -> None:
    endpoint = build(network={"s3Accounts": ["222233334444"]}).one(ENDPOINT)
    read, own = document(endpoint.inputs["policy"])
    assert [action for action in read["Action"] if not action.startswith(("s3:Get", "s3:List"))] == []
    assert own["Condition"] == {"StringEquals": {"aws:ResourceAccount": ["111122223333", "222233334444"]}}


def test_production_reaches_awss_own_services_inside_the_network_and_dev_saves_the_money() -> None:
    assert [r.name for r in build(network={}).of(ENDPOINT)] == ["network-s3"]
    graph = build("prod", network={})
    found = {r.inputs["serviceName"].removeprefix("com.amazonaws.eu-west-1."): r.inputs for r in graph.of(ENDPOINT)}
    assert set(found) == {
        *("autoscaling", "ec2", "ecr.api", "ecr.dkr", "eks", "eks-auth", "elasticloadbalancing", "kms", "logs"),
        *("s3", "secretsmanager", "sts"),
    }
    group = graph.one("aws:ec2/securityGroup:SecurityGroup")
    (rule,) = group.inputs["ingress"]
    assert (rule["cidrBlocks"], rule["fromPort"], rule["toPort"]) == (
        ["10.20.0.0/16", "100.64.0.0/18", "100.64.64.0/18", "100.64.128.0/18"],
        443,
        443,
    )
    assert "egress" not in group.inputs or group.inputs["egress"] == []
    assert found["sts"]["privateDnsEnabled"] is True
    assert found["sts"]["securityGroupIds"] == ["network-endpoints-id"]
    assert found["sts"]["subnetIds"] == [f"network-private-eu-west-1{zone}-id" for zone in "abc"]


def test_pods_have_addresses_of_their_own_which_the_cni_finds_by_a_tag() -> None:
    graph = build(network={})
    subnets = {r.name: r for r in graph.of(SUBNET)}
    pods = subnets["network-pods-eu-west-1b"]
    assert (pods.inputs["cidrBlock"], pods.inputs["tags"]["kubernetes.io/role/cni"]) == ("100.64.64.0/18", "1")
    assert subnets["network-private-eu-west-1b"].inputs["tags"]["kubernetes.io/role/cni"] == "0"
    block = graph.one("aws:ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation")
    assert block.inputs["cidrBlock"] == "100.64.0.0/16"
    assert block.urn in graph.before(pods), "the VPC has no such addresses before"
    assert graph.outputs["network.pod_cidrs"] == ("100.64.0.0/18", "100.64.64.0/18")
    assert graph.outputs["network.private_cidrs"] == (
        *("10.20.0.0/18", "10.20.64.0/18"),
        *("100.64.0.0/18", "100.64.64.0/18"),
    )


def test_pods_leave_as_the_nodes_of_their_zone_do() -> None:
    tables = {r.name: r.inputs["routeTableId"] for r in build(network={}).of(JOIN)}
    assert tables["network-pods-eu-west-1b"] == tables["network-private-eu-west-1b"]


def test_pods_can_share_the_nodes_addresses() -> None:
    graph = build(network={"podCidr": None})
    assert [r.name for r in graph.of(SUBNET) if "kubernetes.io/role/cni" in r.inputs["tags"] or "pods" in r.name] == []
    assert graph.outputs["network.pod_cidrs"] == ()


def test_the_control_planes_subnets_have_no_way_out() -> None:
    """EKS needs free addresses there for an upgrade, and calls nobody from them."""
    graph = build(network={})
    joined = {r.inputs["subnetId"] for r in graph.of(JOIN)}
    control = [r for r in graph.of(SUBNET) if "control" in r.name]
    assert [r.inputs["cidrBlock"] for r in control] == ["10.20.208.0/28", "10.20.212.0/28"]
    assert joined & {f"{r.name}-id" for r in control} == set()


def test_karpenter_finds_where_nodes_belong() -> None:
    found = [r.name for r in build(network={}).of(SUBNET) if r.inputs["tags"].get("karpenter.sh/discovery")]
    assert found == ["network-private-eu-west-1a", "network-private-eu-west-1b"]


def test_all_traffic_is_logged_by_a_role_of_this_account_that_may_write_there_only() -> None:
    graph = build(network={})
    assert graph.one("aws:ec2/flowLog:FlowLog").inputs["trafficType"] == "ALL"
    group = graph.one("aws:cloudwatch/logGroup:LogGroup")
    assert group.inputs["name"] == "/groundwork/dev/network/flow-logs"
    assert group.inputs["kmsKeyId"] == "arn:aws:kms:eu-west-1:111122223333:network-key"
    key = graph.one("aws:kms/key:Key")
    _, logs = document(key.inputs["policy"])
    assert logs["Condition"]["ArnEquals"]["kms:EncryptionContext:aws:logs:arn"] == [
        "arn:aws:logs:eu-west-1:111122223333:log-group:/groundwork/dev/network/flow-logs"
    ]
    assert (key.protect, build("prod", network={}).one("aws:kms/key:Key").protect) == (False, True)
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
        ({"zones": 1}, "network.zones: must be at least 2 (got 1)"),
        ({"cidr": "10.20.0.0/26"}, "10.20.0.0/26 is too small for 3 zones"),
        (
            {"podCidr": "10.20.128.0/17"},
            "network.podCidr: 10.20.128.0/17 overlaps the network's 10.20.0.0/16; take one outside of it, such as "
            "100.64.0.0/16",
        ),
        (
            {"podCidr": "172.16.0.0/16"},
            "network.podCidr: no VPC can have 10.20.0.0/16 and 172.16.0.0/16 together; take a part of 100.64.0.0/10",
        ),
        ({"endpoints": ["sts", "sts"]}, "network.endpoints: sts is there twice"),
        ({"endpoints": ["sagemaker"]}, "network.endpoints"),
        ({"s3Accounts": ["mine"]}, "network.s3Accounts"),
    ],
)
def test_what_cannot_be_a_network_is_told(config: dict[str, Any], problem: str) -> None:
    with pytest.raises(StackError) as error:
        build(network=config)
    assert problem in str(error.value)
