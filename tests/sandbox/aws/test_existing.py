"""Networks that stacks take for granted."""

from __future__ import annotations

from pathlib import Path

from groundwork.core.stacks import read_stack
from groundwork.sandbox.standins.aws.clients import Clients, Identity
from groundwork.sandbox.standins.aws.existing import existing_networks, seed_network
from groundwork.sandbox.standins.aws.moto import Moto
from tests.sandbox.aws.conftest import ACCOUNT, REGION

STACK = """
config:
  aws:region: eu-west-1
  aws:allowedAccountIds: ["111122223333"]
  groundwork:environment: dev
  groundwork:components:
    network:
      component: existing-network
      vpcId: vpc-0123456789abcdef0
      cidr: 10.20.0.0/16
      moreCidrs: [100.64.0.0/16]
      zones:
        eu-west-1a:
          private: {id: subnet-0000000a, cidr: 10.20.0.0/18}
          pods: {id: subnet-1000000a, cidr: 100.64.0.0/18}
        eu-west-1b:
          private: {id: subnet-0000000b, cidr: 10.20.64.0/18}
          pods: {id: subnet-1000000b, cidr: 100.64.64.0/18}
"""


def test_it_is_there_under_its_owners_ids_before_the_first_request(tmp_path: Path, moto: Moto) -> None:
    path = tmp_path / "Pulumi.dev.yaml"
    path.write_text(STACK, encoding="utf-8")
    (network,) = existing_networks([read_stack(path)])
    seed_network(ACCOUNT, network)
    ec2 = Clients(moto.url).get("ec2", REGION, Identity())
    (vpc,) = ec2.describe_vpcs(VpcIds=["vpc-0123456789abcdef0"])["Vpcs"]
    assert [block["CidrBlock"] for block in vpc["CidrBlockAssociationSet"]] == ["10.20.0.0/16", "100.64.0.0/16"]
    found = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc["VpcId"]]}])["Subnets"]
    assert {(s["SubnetId"], s["AvailabilityZone"], s["CidrBlock"]) for s in found} == {
        ("subnet-0000000a", "eu-west-1a", "10.20.0.0/18"),
        ("subnet-1000000a", "eu-west-1a", "100.64.0.0/18"),
        ("subnet-0000000b", "eu-west-1b", "10.20.64.0/18"),
        ("subnet-1000000b", "eu-west-1b", "100.64.64.0/18"),
    }


def test_one_that_is_described_wrongly_is_left_to_composing(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.dev.yaml"
    path.write_text(STACK.replace("vpc-0123456789abcdef0", "ours"), encoding="utf-8")
    assert list(existing_networks([read_stack(path)])) == []
