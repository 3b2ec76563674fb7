"""Everything that an up would fail for is told before it, by AWS itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
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
from groundwork.real.preflight.needs import Machines, Needs, needs_of, quota_of, tunnels_of
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
    needs = Needs(machines=[Machines("pool", names, spot=False, most=1)], zones=ZONES)
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
    needs = Needs(machines=[Machines("pool", ("g5.xlarge", "m7i.xlarge"), spot=False, most=1)], zones=ZONES)
    assert lines(capacity.machine_types(session(), needs)) == [
        "stop | g5.xlarge of pool | is in no zone of this region | take g5.2xlarge, g5.4xlarge, or another region",
        "stop | m7i.xlarge of pool | is in no zone of this region | take m7a.xlarge, or another region",
    ]


def test_a_quota_that_is_too_low_for_the_largest_pools_is_told_with_the_command_that_raises_it(say: Say) -> None:
    say("GetServiceQuota", quotas(L_1216C47A=64, L_DB2E81BA=8))
    needs = Needs(
        machines=[
            Machines("general", ("m7i.xlarge",), spot=False, most=6),
            Machines("gpu", ("g6.xlarge",), spot=False, most=4),
            Machines("cheap", ("g6.xlarge",), spot=True, most=4),
        ]
    )
    assert lines(capacity.vcpu_quotas(session(), needs, "lab")) == [
        "good | on-demand standard (A, C, D, H, I, M, R, T, Z) instances | 24 vCPUs for general, 0 in use by others; "
        "the quota is 64",
        "stop | on-demand G instances | 16 vCPUs for gpu, 0 in use by others: the quota is 8 | aws service-quotas "
        "request-service-quota-increase --service-code ec2 --quota-code L-DB2E81BA --desired-value 16; or lower max",
        "care | spot G instances | 16 vCPUs for cheap, 0 in use by others; the quota cannot be read | let your role "
        "read servicequotas",
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
    needs = Needs(machines=[Machines("general", ("m7i.xlarge",), spot=False, most=1)])
    (line,) = lines(capacity.vcpu_quotas(session(), needs, "lab"))
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
    ("machine", "code"),
    [
        ("m7i.large", "L-1216C47A"),
        ("im4gn.large", "L-1216C47A"),
        ("g6.xlarge", "L-DB2E81BA"),
        ("gr6.4xlarge", "L-DB2E81BA"),
        ("p5.48xlarge", "L-417A185B"),
        ("inf2.xlarge", "L-1945791B"),
        ("trn1.2xlarge", "L-2C3B7624"),
        ("mac2.metal", None),
        ("u-6tb1.metal", None),
    ],
)
def test_each_family_counts_against_its_own_quota(machine: str, code: str | None) -> None:
    quota = quota_of(machine, spot=False)
    assert (quota.code if quota else None) == code


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
        machines=[Machines("gpu", ("g6.xlarge",), spot=False, most=4)],
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
