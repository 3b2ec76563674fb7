"""What a destroyed environment left behind, on moto."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID
from rich.console import Console
from typer.testing import CliRunner

from groundwork.cli import app
from groundwork.core.errors import StackError
from groundwork.real.aws import clients_of
from groundwork.real.errors import RealError
from groundwork.real.show import of_sweep
from groundwork.real.sweep import Sweep, sweep

REGION = "eu-west-1"
OURS = {"groundwork:project": "demo", "groundwork:environment": "dev"}
# The marks of the controllers that make each kind.
BALANCED = {"elbv2.k8s.aws/cluster": "demo-dev-eks"}
FOR_PODS = {"node.k8s.amazonaws.com/instance_id": "i-1"}
CLAIMED = {"kubernetes.io/created-for/pvc/name": "data-0"}
WAITED_FOR = {"karpenter.sh/nodepool": "general"}
KINDS = ["load balancer", "target group", "instance", "network interface", "security group", "volume"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "stacks").mkdir()
    (tmp_path / "Pulumi.yaml").write_text("name: demo\nmain: stacks/\nstackConfigDir: stacks\nruntime: python\n")
    write(tmp_path, "dev")
    return tmp_path


def write(root: Path, name: str, account: str = DEFAULT_ACCOUNT_ID, profile: str = "dev") -> None:
    (root / "stacks" / f"Pulumi.{name}.yaml").write_text(
        f'config:\n  aws:region: {REGION}\n  aws:allowedAccountIds: ["{account}"]\n  groundwork:environment: {name}\n'
        f"  groundwork:profile: {profile}\n  groundwork:components: {{thing: {{}}}}\n"
    )


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    # It would read hundreds of images for each test.
    monkeypatch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
    with mock_aws():
        yield clients_of(boto3.Session())


def tagged(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def spec(kind: str, tags: dict[str, str]) -> list[dict[str, Any]]:
    return [{"ResourceType": kind, "Tags": tagged(tags)}]


def leave(aws: Any, tags: dict[str, str], *, marked: bool = True) -> dict[str, str]:
    """Leave one of each kind behind, and return their ids."""
    ec2, elb = aws("ec2", REGION), aws("elbv2", REGION)

    def both(mark: dict[str, str]) -> dict[str, str]:
        return {**tags, **(mark if marked else {"made-by": "hand"})}

    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    name = f"k8s-{subnet[-8:]}"
    group = ec2.create_security_group(
        GroupName=name,
        Description="for a balancer",
        VpcId=vpc,
        TagSpecifications=spec("security-group", both(BALANCED)),
    )["GroupId"]
    nodes = ec2.create_security_group(GroupName=f"{name}-nodes", Description="of nodes", VpcId=vpc)["GroupId"]
    rule = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "UserIdGroupPairs": [{"GroupId": group}]}
    ec2.authorize_security_group_ingress(GroupId=nodes, IpPermissions=[rule])
    balancer = elb.create_load_balancer(Name=name, Type="network", Subnets=[subnet], Tags=tagged(both(BALANCED)))
    targets = elb.create_target_group(Name=name, Protocol="TCP", Port=80, VpcId=vpc, Tags=tagged(both(BALANCED)))
    interface = ec2.create_network_interface(
        SubnetId=subnet, TagSpecifications=spec("network-interface", both(FOR_PODS))
    )["NetworkInterface"]
    volume = ec2.create_volume(Size=1, AvailabilityZone=f"{REGION}a", TagSpecifications=spec("volume", both(CLAIMED)))[
        "VolumeId"
    ]
    instance = ec2.run_instances(
        ImageId="ami-12c6146b", MinCount=1, MaxCount=1, TagSpecifications=spec("instance", both(WAITED_FOR))
    )["Instances"][0]["InstanceId"]
    return {
        "load balancer": balancer["LoadBalancers"][0]["LoadBalancerArn"],
        "target group": targets["TargetGroups"][0]["TargetGroupArn"],
        "instance": instance,
        "network interface": interface["NetworkInterfaceId"],
        "security group": group,
        "volume": volume,
    }


def found(result: Sweep) -> dict[str, str]:
    return {leftover.kind: leftover.id for leftover in result.found}


def test_a_look_finds_each_kind_in_the_order_of_deletion_and_deletes_nothing(project: Path, aws: Any) -> None:
    left = leave(aws, OURS)
    first = sweep(project, "dev")
    assert found(first) == left
    assert [leftover.kind for leftover in first.found] == KINDS
    assert (first.deleted, first.kept) == ([], [])
    assert found(sweep(project, "dev")) == left


def test_each_kind_is_deleted_when_asked_to(project: Path, aws: Any) -> None:
    leave(aws, OURS)
    result = sweep(project, "dev", act=True)
    assert result.kept == []
    assert [leftover.kind for leftover in result.deleted] == KINDS
    assert sweep(project, "dev").found == []


@pytest.mark.parametrize(
    "tags",
    [
        {},
        {"groundwork:environment": "dev"},
        {**OURS, "groundwork:environment": "dev-2"},
        {**OURS, "groundwork:project": "another"},
    ],
)
def test_what_has_not_the_environments_tags_is_never_touched(project: Path, aws: Any, tags: dict[str, str]) -> None:
    leave(aws, tags)
    assert sweep(project, "dev", act=True) == Sweep()


def test_what_the_engine_made_itself_is_never_touched(project: Path, aws: Any) -> None:
    """It has the environment's tags too, and its place in the engine's state: `pulumi destroy` is for that."""
    leave(aws, {**OURS, "groundwork:stack": "dev"}, marked=False)
    assert sweep(project, "dev", act=True) == Sweep()


def test_what_is_in_use_is_not_left_over(project: Path, aws: Any) -> None:
    ec2 = aws("ec2", REGION)
    left = leave(aws, OURS)
    instance = ec2.run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    ec2.attach_volume(VolumeId=left["volume"], InstanceId=instance, Device="/dev/sdf")
    assert "volume" not in found(sweep(project, "dev"))


def test_volumes_of_a_protected_environment_are_deleted_only_when_named(project: Path, aws: Any) -> None:
    write(project, "keep", profile="prod")
    left = leave(aws, {**OURS, "groundwork:environment": "keep"})
    result = sweep(project, "keep", act=True)
    ((kept, reason),) = result.kept
    assert kept.id == left["volume"]
    assert reason == "it may hold data, which this environment protects: --volumes deletes it"
    assert [each.id for each in sweep(project, "keep", act=True, volumes=True).deleted] == [left["volume"]]


def test_nothing_is_deleted_under_a_cluster_that_still_runs(project: Path, aws: Any) -> None:
    left = leave(aws, OURS)
    aws("eks", REGION).create_cluster(
        name="demo-dev-eks",
        roleArn=f"arn:aws:iam::{DEFAULT_ACCOUNT_ID}:role/eks",
        resourcesVpcConfig={"subnetIds": []},
        tags=OURS,
    )
    with pytest.raises(RealError) as error:
        sweep(project, "dev", act=True)
    assert str(error.value) == (
        "demo-dev-eks still runs, and uses what would be deleted: destroy the environment first; without --delete this "
        "command only looks"
    )
    looked = sweep(project, "dev")
    assert (looked.alive, found(looked)) == (["demo-dev-eks"], left)


def test_what_aws_refuses_is_kept_with_its_reason_and_the_rest_goes_on(project: Path, aws: Any) -> None:
    left = leave(aws, OURS)
    elb = aws("elbv2", REGION)
    subnet = aws("ec2", REGION).describe_subnets(Filters=[{"Name": "cidr-block", "Values": ["10.0.0.0/24"]}])
    other = elb.create_load_balancer(Name="other", Type="network", Subnets=[subnet["Subnets"][0]["SubnetId"]])
    elb.create_listener(
        LoadBalancerArn=other["LoadBalancers"][0]["LoadBalancerArn"],
        Protocol="TCP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": left["target group"]}],
    )
    result = sweep(project, "dev", act=True)
    ((kept, reason),) = result.kept
    assert kept.id == left["target group"]
    assert "is currently in use" in reason
    assert len(result.deleted) == len(KINDS) - 1


def test_credentials_of_another_account_are_refused(project: Path, aws: Any) -> None:
    write(project, "dev", account="222233334444")
    with pytest.raises(RealError, match="and the stack files say 222233334444: choose others"):
        sweep(project, "dev", act=True)


def test_an_environment_without_aws_has_nothing_there(project: Path, aws: Any) -> None:
    (project / "stacks" / "Pulumi.dev.yaml").write_text(
        "config:\n  groundwork:environment: dev\n  groundwork:components: {thing: {}}\n"
    )
    with pytest.raises(StackError, match="dev has nothing in AWS"):
        sweep(project, "dev")


def test_it_is_told_what_was_found_and_what_to_do(project: Path, aws: Any) -> None:
    leave(aws, OURS)
    console = Console(width=100)
    with console.capture() as told:
        console.print(of_sweep("dev", sweep(project, "dev"), acted=False))
        console.print(of_sweep("dev", sweep(project, "dev", act=True), acted=True))
        console.print(of_sweep("dev", sweep(project, "dev"), acted=False))
    text = told.get()
    assert "6 left over, nothing deleted: `groundwork sweep dev --delete` deletes them." in text
    assert "6 deleted, 0 kept." in text
    assert "Nothing is left over." in text


_PULUMI = """#!/bin/sh
case "$1 $2" in
  "stack ls") echo '[{"name": "dev"}]' ;;
  "stack export") echo '{"deployment": {"resources": []}}' ;;
  destroy*) test ! -f HERE/fails ;;
esac
"""


@pytest.fixture
def destroyed(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], str]:
    """What `groundwork destroy dev --yes` tells, with a `pulumi` that has nothing to do."""
    here = tmp_path / "bin"
    here.mkdir()
    (here / "pulumi").write_text(_PULUMI.replace("HERE", str(here)))
    (here / "pulumi").chmod(0o755)
    monkeypatch.setenv("PATH", f"{here}:{os.environ['PATH']}")
    monkeypatch.setenv("GROUNDWORK_ROOT", str(project))

    def run() -> str:
        return " ".join(CliRunner().invoke(app, ["destroy", "dev", "--yes"]).output.split())

    return run


def test_a_destroy_ends_with_what_is_left_and_the_command_that_deletes_it(
    destroyed: Callable[[], str], project: Path, aws: Any
) -> None:
    left = leave(aws, OURS)
    told = destroyed()
    assert "dev is destroyed. What its controllers left on AWS:" in told
    assert left["volume"] in told
    assert "6 left over, nothing deleted: `groundwork sweep dev --delete` deletes them." in told
    assert found(sweep(project, "dev")) == left, "it only looks"


def test_a_destroy_that_fails_shows_what_may_hold_it(destroyed: Callable[[], str], tmp_path: Path, aws: Any) -> None:
    left = leave(aws, OURS)
    (tmp_path / "bin" / "fails").touch()
    told = destroyed()
    assert "is destroyed" not in told
    assert left["network interface"] in told


def test_a_destroy_is_done_though_aws_does_not_tell_what_is_left(
    destroyed: Callable[[], str], project: Path, aws: Any
) -> None:
    write(project, "dev", account="222233334444")
    told = destroyed()
    assert "dev is destroyed." in told
    assert "the stack files say 222233334444: choose others" in told
    assert "What is left on AWS is not known: `groundwork sweep dev` asks again." in told
