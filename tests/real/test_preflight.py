"""Everything that an up would fail for is told before it, by AWS itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import botocore.client
import pytest
from botocore.exceptions import ClientError
from botocore.validate import ParamValidator

from groundwork.preview.cost import Paid
from groundwork.real.aws import Place
from groundwork.real.preflight import capacity, cluster
from groundwork.real.preflight.answers import Answer
from groundwork.real.preflight.needs import Machines, Needs, needs_of, tunnels_of
from groundwork.real.preflight.quotas import quota_of, vcpu_quotas
from groundwork.real.preflight.reservations import reservations, spot_role
from groundwork.real.preflight.run import buckets, preflight
from tests.infra.stacks import build
from tests.real.conftest import ACCOUNT, project

ZONES = {"eu-west-1a", "eu-west-1b"}
VERSIONS = {"clusterVersions": [{"clusterVersion": v, "versionStatus": s} for v, s in (
    ("1.35", "STANDARD_SUPPORT"), ("1.34", "STANDARD_SUPPORT"), ("1.31", "EXTENDED_SUPPORT")
)]}  # fmt: skip
ADDONS = {"addons": [{"addonName": "coredns", "addonVersions": [{"addonVersion": "v1.13.2-eksbuild.31"}]}]}

Say = Callable[[str, Any], None]


@pytest.fixture
def say(cloud: None, monkeypatch: pytest.MonkeyPatch) -> Say:
    """Let the emulation answer what it does not know itself, as the service's own model has it."""
    said: dict[str, Any] = {}
    base: Any = botocore.client.BaseClient
    real = base._make_api_call

    def call(client: Any, operation: str, given: dict[str, Any]) -> Any:
        if operation not in said:
            return real(client, operation, given)
        answer = said[operation](given) if callable(said[operation]) else said[operation]
        shape = client.meta.service_model.operation_model(operation).output_shape
        assert not ParamValidator().validate(answer, shape).has_errors()
        return answer

    monkeypatch.setattr(base, "_make_api_call", call)
    return said.__setitem__


def pool(name: str, *types: str, **more: Any) -> Machines:
    """Return nodes that there may be, one at the most."""
    return Machines(**{"pool": name, "types": types, "least": 0, "most": 1, "markets": ("on-demand",), **more})


def session() -> boto3.Session:
    return boto3.Session(region_name="eu-west-1")


def quotas(**values: float) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Answer with these quotas; another one is none that the role may read."""

    def answer(given: dict[str, Any]) -> dict[str, Any]:
        code = given["QuotaCode"].replace("-", "_")
        if code not in values:
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "GetServiceQuota")
        return {"Quota": {"Value": values[code]}}

    return answer


def lines(answers: Iterator[Answer]) -> list[str]:
    return [" | ".join(filter(None, (str(a.verdict), a.subject, a.told, a.remedy))) for a in answers]


def test_machines_that_the_region_or_the_network_lacks_are_told(say: Say) -> None:
    places = {"g6.xlarge": ["eu-west-1a"], "m7i.large": ["eu-west-1a", "eu-west-1b"], "p5.48xlarge": ["eu-west-1c"]}
    offers = [{"InstanceType": name, "Location": zone} for name, zones in places.items() for zone in zones]
    say("DescribeInstanceTypeOfferings", {"InstanceTypeOfferings": offers})
    names = ("g6.xlarge", "m7i.large", "p5.48xlarge", "trn2.48xlarge")
    needs = Needs(machines=[pool("pool", *names)], zones=ZONES)
    other = "take another type, or set network.zoneNames to zones that have it"
    assert lines(capacity.machine_types(session(), needs)) == [
        f"care | g6.xlarge of pool | is only in eu-west-1a of the network's zones | {other}",
        "good | m7i.large of pool | is in every zone of the network",
        f"stop | p5.48xlarge of pool | is only in eu-west-1c, where the network is not | {other}",
        "stop | trn2.48xlarge of pool | is in no zone of this region | take another type, or another region",
    ]


def test_where_the_region_lacks_a_machine_those_are_named_that_it_has_instead(say: Say) -> None:
    places = {"g5.4xlarge": "eu-west-1b", "g5.2xlarge": "eu-west-1a", "m7a.xlarge": "eu-west-1a", "m6i.2xlarge": "a"}
    offers = [{"InstanceType": name, "Location": zone} for name, zone in places.items()]
    say("DescribeInstanceTypeOfferings", {"InstanceTypeOfferings": offers})
    needs = Needs(machines=[pool("pool", "g5.xlarge", "m7i.xlarge")], zones=ZONES)
    assert lines(capacity.machine_types(session(), needs)) == [
        "stop | g5.xlarge of pool | is in no zone of this region | take g5.2xlarge, g5.4xlarge, or another region",
        "stop | m7i.xlarge of pool | is in no zone of this region | take m7a.xlarge, or another region",
    ]


def test_a_quota_that_is_too_low_for_the_largest_pools_is_told_with_the_command_that_raises_it(say: Say) -> None:
    say("GetServiceQuota", quotas(L_1216C47A=64, L_DB2E81BA=8))
    needs = Needs(
        machines=[
            pool("general", "m7i.xlarge", most=6),
            pool("gpu", "g6.xlarge", most=4),
            pool("cheap", "g6.xlarge", most=4, markets=("spot",)),
        ]
    )
    assert lines(vcpu_quotas(session(), needs, "lab")) == [
        "good | on-demand standard (A, C, D, H, I, M, R, T, Z) instances | 24 vCPUs for general, 0 in use by others; "
        "the quota is 64",
        "stop | on-demand G and VT instances | 16 vCPUs for gpu, 0 in use by others: the quota is 8 | "
        "aws service-quotas request-service-quota-increase --service-code ec2 --quota-code L-DB2E81BA --desired-value "
        "16; or lower max",
        "care | spot G and VT instances | 16 vCPUs for cheap, 0 in use by others; the quota cannot be read | let "
        "your role read servicequotas",
    ]


def test_what_others_run_counts_and_what_is_the_environments_own_does_not(say: Say) -> None:
    say("GetServiceQuota", quotas(L_1216C47A=64))
    ec2 = session().client("ec2")
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    for environment in ("lab", "prod"):
        tags = [{"ResourceType": "instance", "Tags": [{"Key": "groundwork:environment", "Value": environment}]}]
        ec2.run_instances(
            ImageId=image,
            InstanceType="m7i.large",
            MinCount=2,
            MaxCount=2,
            TagSpecifications=tags,
        )
    needs = Needs(machines=[pool("general", "m7i.xlarge")])
    (line,) = lines(vcpu_quotas(session(), needs, "lab"))
    assert "4 vCPUs for general, 4 in use by others" in line


def test_addresses_and_networks_have_limits(say: Say) -> None:
    say("GetServiceQuota", quotas(L_0263D0A3=5, L_F678F1CE=1))
    ec2 = session().client("ec2")
    for _ in range(3):
        ec2.allocate_address(Domain="vpc")
    raise_ = "aws service-quotas request-service-quota-increase --service-code"
    assert lines(capacity.addresses_and_networks(session(), Needs(addresses=3, networks=1), "lab")) == [
        f"stop | elastic addresses | 3 wanted, 3 are there: the limit is 5 | {raise_} ec2 --quota-code L-0263D0A3 "
        "--desired-value 6",
        f"stop | VPCs | 1 wanted, 1 are there: the limit is 1 | {raise_} vpc --quota-code L-F678F1CE --desired-value 2",
    ]
    assert lines(capacity.addresses_and_networks(session(), Needs(addresses=2), "lab")) == [
        "good | elastic addresses | 2 wanted, 3 are there; the limit is 5"
    ]


def made(version: str) -> Any:
    return {"cluster": {"name": "groundwork-lab", "version": version, "endpoint": "https://abc.eks.amazonaws.com"}}


def needing(version: str, **network: Any) -> Needs:
    given = {"name": "groundwork-lab", "version": version, "vpcConfig": network}
    return Needs(clusters={"groundwork-lab": given}, addons={"coredns": "v1.13.2-eksbuild.31"})


@pytest.mark.parametrize(
    ("now", "wanted", "told"),
    [
        ("1.34", "1.35", []),
        ("1.35", "1.35", []),
        (
            "1.31",
            "1.35",
            [
                "stop | groundwork-lab from 1.31 to 1.35 | EKS goes one minor version at a time | set eks.version: "
                '"1.32" first'
            ],
        ),
        ("1.35", "1.34", ['stop | groundwork-lab from 1.35 to 1.34 | EKS never goes back | set eks.version: "1.35"']),
    ],
)
def test_a_cluster_goes_one_version_at_a_time(say: Say, now: str, wanted: str, told: list[str]) -> None:
    say("DescribeClusterVersions", VERSIONS)
    say("DescribeAddonVersions", ADDONS)
    say("DescribeCluster", made(now))
    found = lines(cluster.versions(session(), needing(wanted)))
    assert [line for line in found if " from " in line] == told


def test_versions_that_eks_does_not_have_are_told_with_those_that_it_has(say: Say) -> None:
    say("DescribeClusterVersions", VERSIONS)
    say("DescribeAddonVersions", {"addons": [{"addonVersions": [{"addonVersion": "v1.14.0-eksbuild.1"}]}]})
    assert lines(cluster.versions(session(), needing("1.30"))) == [
        "stop | Kubernetes 1.30 of groundwork-lab | is no version that EKS offers here | set eks.version: one of 1.35, "
        "1.34, 1.31"
    ]
    assert lines(cluster.versions(session(), needing("1.31"))) == [
        "care | Kubernetes 1.31 of groundwork-lab | is in extended support, which costs six times as much | upgrade",
        "stop | add-on coredns | v1.13.2-eksbuild.31 is not there for Kubernetes 1.31 | in platform/catalogue.yaml "
        "take v1.14.0-eksbuild.1",
    ]


def test_an_api_server_that_cannot_be_reached_from_here_is_told_before_an_up_hangs(say: Say) -> None:
    inside = (
        "run this, and every up, from inside the network, or set eks.access: tunnel, or allowList with yourself in "
        "publicAccessCidrs"
    )
    assert lines(cluster.access(session(), needing("1.35"), lambda host, port: True)) == [
        f"care | API server of groundwork-lab | will answer inside its network only | {inside}"
    ]
    say("DescribeCluster", made("1.35"))
    assert lines(cluster.access(session(), needing("1.35"), lambda host, port: False)) == [
        f"stop | API server of groundwork-lab | does not answer from here (abc.eks.amazonaws.com) | {inside}"
    ]
    assert lines(cluster.access(session(), needing("1.35"), lambda host, port: True)) == [
        "good | API server of groundwork-lab | answers"
    ]


def test_a_tunnel_is_tried_where_it_begins(say: Say) -> None:
    """The endpoint itself never answers from there: that is what the tunnel is for."""
    needs = replace(needing("1.35"), tunnels={"groundwork-lab": 9443})
    begin = "let your tunnel to it begin at port 9443 of this machine, or set eks.tunnelPort to where it does"
    assert lines(cluster.access(session(), needs, lambda host, port: True)) == [
        f"care | API server of groundwork-lab | will answer through a tunnel from localhost:9443 | {begin}"
    ]
    say("DescribeCluster", made("1.35"))
    assert lines(cluster.access(session(), needs, lambda host, port: (host, port) == ("localhost", 9443))) == [
        "good | API server of groundwork-lab | answers through the tunnel from localhost:9443"
    ]
    assert lines(cluster.access(session(), needs, lambda host, port: port == 443)) == [
        f"stop | API server of groundwork-lab | does not answer through the tunnel: nothing is at localhost:9443 | "
        f"{begin}"
    ]


@pytest.mark.parametrize(("access", "found"), [("tunnel", {"groundwork-dev-eks": 8443}), ("inVpcRunner", {})])
def test_where_a_tunnel_begins_is_read_from_the_program(access: str, found: dict[str, int]) -> None:
    assert tunnels_of(build("dev", network={}, eks={"access": access}).outputs) == found


def test_a_bucket_that_is_somebody_elses_is_told(say: Say) -> None:
    def head(given: dict[str, Any]) -> dict[str, Any]:
        # As where the other account's policy lets this one in.
        if given["Bucket"] == "theirs" and "ExpectedBucketOwner" not in given:
            return {"BucketRegion": "eu-west-1"}
        raise ClientError({"Error": {"Code": "403" if given["Bucket"] == "theirs" else "404"}}, "HeadBucket")

    say("HeadBucket", head)
    assert lines(buckets(session(), Needs(buckets=["free", "theirs"]), Place(ACCOUNT, "eu-west-1"))) == [
        "stop | bucket theirs | is somebody else's | give the Pulumi project another name in Pulumi.yaml"
    ]


def test_a_bucket_of_ones_own_in_another_region_is_told(say: Say) -> None:
    """As after a change of `aws:region`: the name is the whole world's, and no region's."""
    say("HeadBucket", lambda given: {"BucketRegion": "us-east-1" if given["Bucket"] == "moved" else "eu-west-1"})
    assert lines(buckets(session(), Needs(buckets=["here", "moved"]), Place(ACCOUNT, "eu-west-1"))) == [
        "stop | bucket moved | is yours, and in us-east-1: its name is taken in eu-west-1 too | delete it, and wait "
        "until its name is free, or go back to us-east-1 (aws:region)"
    ]


@pytest.mark.parametrize(
    ("machine", "on_demand", "spot"),
    [
        ("m7i.large", "L-1216C47A", "L-34B43A08"),
        ("im4gn.large", "L-1216C47A", "L-34B43A08"),
        ("h1.2xlarge", "L-1216C47A", "L-34B43A08"),
        ("hpc7g.4xlarge", "L-F7808C92", None),
        ("g6.xlarge", "L-DB2E81BA", "L-3819A6DF"),
        ("gr6.4xlarge", "L-DB2E81BA", "L-3819A6DF"),
        ("p4d.24xlarge", "L-417A185B", "L-7212CCBC"),
        ("p5.48xlarge", "L-417A185B", "L-C4BD4855"),
        ("p5en.48xlarge", "L-417A185B", "L-C4BD4855"),
        ("p6-b200.48xlarge", "L-417A185B", None),
        ("inf2.xlarge", "L-1945791B", "L-B5D1601B"),
        ("trn1.2xlarge", "L-2C3B7624", "L-6B0D517C"),
        ("mac2.metal", None, None),
        ("u-6tb1.metal", "L-43DA4232", None),
        ("u7i-6tb.112xlarge", "L-43DA4232", None),
    ],
)
def test_each_family_counts_against_its_own_quota(machine: str, on_demand: str | None, spot: str | None) -> None:
    found = {market: quota_of(machine, market) for market in ("on-demand", "spot")}
    assert {market: quota and quota.code for market, quota in found.items()} == {"on-demand": on_demand, "spot": spot}


def test_what_may_be_spot_or_on_demand_counts_against_both_quotas(say: Say) -> None:
    say("GetServiceQuota", quotas(L_DB2E81BA=16, L_3819A6DF=0))
    needs = Needs(machines=[pool("gpu", "g6.xlarge", most=4, markets=("spot", "on-demand"))])
    assert [line.partition(" | aws")[0] for line in lines(vcpu_quotas(session(), needs, "lab"))] == [
        "stop | spot G and VT instances | 16 vCPUs for gpu, 0 in use by others: the quota is 0",
        "good | on-demand G and VT instances | 16 vCPUs for gpu, 0 in use by others; the quota is 16",
    ]


def test_a_capacity_block_needs_no_quota_and_what_has_an_unknown_one_is_told(say: Say) -> None:
    block = pool("block", "p5.48xlarge", markets=(), block=True, reservation="cr-0a1")
    odd = pool("odd", "p6-b200.48xlarge", markets=("spot",))
    assert lines(vcpu_quotas(session(), Needs(machines=[block, odd]), "lab")) == [
        "care | p6-b200.48xlarge of odd | which quota of EC2 it counts against, spot, is not known here | look it up "
        "in Service Quotas before you need it"
    ]


def test_a_pool_of_one_zone_is_told_where_its_machine_is_not(say: Say) -> None:
    """The network may well be where it is: the pool is not."""
    say(
        "DescribeInstanceTypeOfferings",
        {"InstanceTypeOfferings": [{"InstanceType": "p5.48xlarge", "Location": "eu-west-1b"}]},
    )
    train = pool("train", "p5.48xlarge", zones=frozenset({"eu-west-1a"}))
    near = pool("near", "p5.48xlarge", zones=frozenset({"eu-west-1b"}))
    assert lines(capacity.machine_types(session(), Needs(machines=[train, near], zones=ZONES))) == [
        "stop | p5.48xlarge of train | is in eu-west-1b, and the pool in eu-west-1a alone | set its zone: eu-west-1b, "
        "or take another type",
        "good | p5.48xlarge of near | is in every zone of the pool",
    ]


RESERVED = {
    "CapacityReservationId": "cr-0a1",
    "State": "active",
    "InstanceType": "p5.48xlarge",
    "AvailabilityZone": "eu-west-1b",
    "TotalInstanceCount": 2,
    "ReservationType": "default",
}
BEGINS, ENDS = datetime(2999, 1, 30, 11, 30, tzinfo=UTC), datetime(2999, 1, 31, 11, 30, tzinfo=UTC)
TAKEN: dict[str, Any] = {"most": 2, "reservation": "cr-0a1", "zones": frozenset({"eu-west-1b"})}


@pytest.mark.parametrize(
    ("there", "wanted", "told"),
    [
        ({}, {}, ["good | is there, with 2 p5.48xlarge"]),
        ({}, {"most": 4, "beyond": True}, ["good | is there, with 2 p5.48xlarge"]),
        ({"State": "expired"}, {}, ["stop | is expired | name another one, or leave it out"]),
        (
            {"InstanceType": "p4d.24xlarge", "AvailabilityZone": "eu-west-1a", "TotalInstanceCount": 1},
            {},
            [
                "stop | is for p4d.24xlarge, and the pool is of p5.48xlarge | set instanceTypes: [p4d.24xlarge]",
                "stop | is in eu-west-1a, and the pool in eu-west-1b | set reservation.zone: eu-west-1a",
                "stop | has 1, and max is 2 | set max: 1, or let it have more",
            ],
        ),
        (
            {"ReservationType": "capacity-block", "EndDate": ENDS},
            {},
            ['stop | is a capacity block | set reservation.blockEnds: "2999-01-31T11:30:00Z"'],
        ),
        ({}, {"block": True}, ["stop | is no capacity block | leave reservation.blockEnds out"]),
        (
            {"PlacementGroupArn": "arn:aws:ec2:eu-west-1:123456789012:placement-group/close"},
            {},
            [
                "stop | was made in the placement group close, and its machines are given only to who asks for the "
                "same | set reservation.placementGroup: close"
            ],
        ),
        (
            {"State": "scheduled", "ReservationType": "capacity-block", "StartDate": BEGINS, "EndDate": ENDS},
            {"block": True},
            ["care | is scheduled, and begins on 2999-01-30 11:30 UTC | nodes come when it has begun"],
        ),
        (
            {"State": "scheduled", "ReservationType": "capacity-block", "StartDate": BEGINS, "EndDate": ENDS},
            {"block": True, "least": 2},
            [
                "stop | is scheduled, and begins on 2999-01-30 11:30 UTC; until then EKS fails to make a node | set "
                "min: 0"
            ],
        ),
    ],
)
def test_a_reservation_is_compared_with_what_its_pool_takes_it_for(
    say: Say, there: dict[str, Any], wanted: dict[str, Any], told: list[str]
) -> None:
    say("DescribeCapacityReservations", {"CapacityReservations": [{**RESERVED, **there}]})
    needs = Needs(machines=[pool("train", "p5.48xlarge", **{**TAKEN, **wanted}), pool("general", "m7i.large")])
    assert [line.replace("cr-0a1 of train | ", "") for line in lines(reservations(session(), needs))] == told


def test_a_reservation_that_is_not_there_is_told(say: Say) -> None:
    def none(given: dict[str, Any]) -> dict[str, Any]:
        assert given == {"CapacityReservationIds": ["cr-0a1"]}
        code = "InvalidCapacityReservationId.NotFound"
        raise ClientError({"Error": {"Code": code, "Message": "no"}}, "DescribeCapacityReservations")

    say("DescribeCapacityReservations", none)
    assert lines(reservations(session(), Needs(machines=[pool("train", "p5.48xlarge", **TAKEN)]))) == [
        "stop | cr-0a1 of train | is not there, or is not shared with you | name a reservation of this region"
    ]


@pytest.mark.usefixtures("cloud")
def test_karpenter_gets_no_spot_in_an_account_that_never_had_any() -> None:
    first = pool("first", "m7i.large", markets=("spot", "on-demand"), by_karpenter=True)
    grouped = pool("grouped", "m7i.large", markets=("spot",))
    assert lines(spot_role(session(), Needs(machines=[grouped, pool("own", "m7i.large", by_karpenter=True)]))) == []
    needs = Needs(machines=[first, grouped])
    assert lines(spot_role(session(), needs)) == [
        "stop | spot for first | this account has never had any: the role AWSServiceRoleForEC2Spot is not there, and "
        "Karpenter may not make it | aws iam create-service-linked-role --aws-service-name spot.amazonaws.com"
    ]
    # The emulation gives the role of this service another name than AWS does.
    session().client("iam").create_role(RoleName="AWSServiceRoleForEC2Spot", AssumeRolePolicyDocument="{}")
    assert lines(spot_role(session(), needs)) == ["good | spot for first | the role AWSServiceRoleForEC2Spot is there"]


@pytest.mark.parametrize(
    "network",
    [
        {"network": {}},
        {
            "existing-network": {
                "vpcId": "vpc-0a1b2c3d4e5f60718",
                "cidr": "10.60.0.0/16",
                "zones": {
                    "eu-west-1a": {"private": {"id": "subnet-0a1b2c3d4e5f60001", "cidr": "10.60.0.0/18"}},
                    "eu-west-1b": {"private": {"id": "subnet-0a1b2c3d4e5f60002", "cidr": "10.60.64.0/18"}},
                },
            }
        },
    ],
)
@pytest.mark.parametrize("karpenter", [False, True])
def test_where_nodes_can_be_is_read_from_any_network(network: dict[str, Any], karpenter: bool) -> None:
    """One that is there already has no subnets among the resources: no zone of it is none at all."""
    given: dict[str, Any] = {"near": {"zone": "eu-west-1b"}, "provisioner": "karpenter" if karpenter else "nodeGroups"}
    components: dict[str, Any] = {**network, "eks": {}, "pools": given, **({"karpenter": {}} if karpenter else {})}
    graph = build(**components)
    needs = needs_of(graph, graph.outputs)
    assert needs.zones == ZONES
    zones = {each.pool.removeprefix("pools-"): each.zones for each in needs.machines}
    assert zones == {"eks-system": ZONES, "general": ZONES, "near": {"eu-west-1b"}}


@pytest.mark.parametrize("karpenter", [False, True])
def test_what_a_capacity_block_needs_is_read_from_the_program(karpenter: bool) -> None:
    """EKS takes its type from the launch template alone."""
    block = {
        "id": "cr-0a1",
        "zone": "eu-west-1b",
        "instanceType": "p5.48xlarge",
        "count": 2,
        "blockEnds": "2999-01-31T11:30:00Z",
    }
    given: dict[str, Any] = {"train": {"instanceTypes": ["p5.48xlarge"], "max": 2, "reservation": block}}
    if karpenter:
        graph = build(network={}, eks={}, karpenter={}, pools={**given, "provisioner": "karpenter"})
    else:
        graph = build(network={}, eks={}, pools=given)
    (train,) = [each for each in needs_of(graph, graph.outputs).machines if each.pool == "pools-train"]
    assert (train.types, train.most) == (("p5.48xlarge",), 2)
    assert train.zones == {"eu-west-1b"}
    assert not train.markets
    assert (train.reservation, train.block, train.beyond) == ("cr-0a1", True, False)


def test_needs_are_read_from_the_program() -> None:
    scaling = {"minSize": 0, "maxSize": 4}
    found = needs_of(
        [
            Paid("aws:eks/nodeGroup:NodeGroup", "gpu", {"instanceTypes": ["g6.xlarge"], "scalingConfig": scaling}),
            Paid("aws:ec2/subnet:Subnet", "a", {"availabilityZone": "eu-west-1a"}),
            Paid("aws:ec2/eip:Eip", "nat", {}),
            Paid("aws:s3/bucket:Bucket", "data", {"bucket": "data"}),
        ]
    )
    assert found == Needs(
        machines=[pool("gpu", "g6.xlarge", most=4)],
        zones={"eu-west-1a"},
        addresses=1,
        buckets=["data"],
    )


@pytest.mark.usefixtures("cloud")
def test_with_anothers_credentials_nothing_else_is_asked(tmp_path: Path) -> None:
    """Nor is anything composed, which takes longer than to ask who one is: there is no catalogue here to do it with."""
    root = project(tmp_path, account="999999999999")
    (answer,) = preflight(root, "lab")
    assert answer.subject == "credentials"
    assert answer.told.startswith(
        f"Your credentials are of the account {ACCOUNT}, and the stack files say 999999999999"
    )


def test_an_environment_is_asked_about_as_a_whole(say: Say, tmp_path: Path) -> None:
    """What a role may not read is told, and stops no other question."""
    root = project(tmp_path)
    (root / "platform").mkdir()
    (root / "platform" / "catalogue.yaml").write_text('kubernetes: ["1.35"]\n')
    say("GetServiceQuota", quotas(L_0263D0A3=5))
    answers = {answer.subject: answer for answer in preflight(root, "lab", reach=lambda host, port: False)}
    assert str(answers["credentials"].verdict) == "good"
    assert answers["elastic addresses"].told == "3 wanted, 0 are there; the limit is 5"
    assert answers["VPCs"].told == "1 wanted, 1 are there; the limit cannot be read"
