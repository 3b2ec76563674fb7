"""What is true of every AWS resource of the platform."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from groundwork.core.environment import Environment
from groundwork.core.errors import StackError
from groundwork.core.regions import partition_of
from infra._aws import require_aws
from tests.infra.stacks import build, document, whole

KEYS = ("eks", "elasticache", "network", "rds", "s3", "secrets-manager")
ENVIRONMENTS = pytest.mark.parametrize("environment", ["dev", "prod"])


@ENVIRONMENTS
def test_every_aws_resource_uses_the_one_provider_that_names_region_account_and_tags(environment: str) -> None:
    graph = whole(environment)
    provider = graph.one("pulumi:providers:aws")
    assert provider.inputs["region"] == "eu-west-1"
    assert json.loads(provider.inputs["allowedAccountIds"]) == ["111122223333"]
    assert json.loads(provider.inputs["defaultTags"])["tags"] == {
        "groundwork:environment": environment,
        "groundwork:project": "groundwork",
        "groundwork:stack": "test",
    }
    strays = [r.name for r in graph if r.type.startswith("aws:") and not r.provider.startswith(f"{provider.urn}::")]
    assert strays == []


def test_a_second_program_in_the_same_process_has_a_provider_of_its_own() -> None:
    first, second = build(network={}), build("prod", network={})
    tags = [json.loads(g.one("pulumi:providers:aws").inputs["defaultTags"])["tags"] for g in (first, second)]
    assert [t["groundwork:environment"] for t in tags] == ["dev", "prod"]


def test_a_stack_without_region_and_account_is_told_both() -> None:
    nowhere = Environment(name="dev", profile_name="dev", project="groundwork", stack="small", root=Path(), region=None)
    with pytest.raises(StackError) as error:
        require_aws(nowhere)
    assert error.value.problems == (
        "stack small has AWS resources: set `aws:region`, such as eu-west-1",
        "stack small has AWS resources: set `aws:allowedAccountIds` to the one account that it may touch, such as "
        '["111122223333"]',
    )


@pytest.mark.parametrize(
    ("region", "partition"), [("eu-west-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")]
)
def test_arns_are_of_the_regions_partition(region: str, partition: str) -> None:
    assert partition_of(region) == partition


@ENVIRONMENTS
def test_no_policy_allows_a_wildcard_action_or_every_resource(environment: str) -> None:
    found = []
    for role_policy in whole(environment).of("aws:iam/rolePolicy:RolePolicy"):
        for statement in document(role_policy.inputs["policy"]):
            found += [role_policy.name for action in statement["Action"] if "*" in action]
            found += [role_policy.name for resource in statement["Resource"] if resource in ("*", "arn:aws:s3:::*")]
    assert found == []


@ENVIRONMENTS
def test_what_holds_data_is_protected_where_the_profile_says_so(environment: str) -> None:
    stateful = {
        "aws:eks/cluster:Cluster",
        "aws:elasticache/replicationGroup:ReplicationGroup",
        "aws:kms/key:Key",
        "aws:rds/instance:Instance",
        "aws:route53/zone:Zone",
        "aws:s3/bucket:Bucket",
        "aws:secretsmanager/secret:Secret",
        "random:index/randomPassword:RandomPassword",
    }
    graph = whole(environment)
    assert stateful <= {r.type for r in graph}
    assert {r.protect for r in graph if r.type in stateful} == {environment == "prod"}


@ENVIRONMENTS
def test_keys_rotate_and_have_a_name(environment: str) -> None:
    graph = whole(environment)
    keys = graph.of("aws:kms/key:Key")
    assert {key.inputs["enableKeyRotation"] for key in keys} == {True}
    assert {key.inputs["deletionWindowInDays"] for key in keys} == {30 if environment == "prod" else 7}
    names = {alias.inputs["name"] for alias in graph.of("aws:kms/alias:Alias")}
    assert names == {f"alias/groundwork-{environment}-{part}" for part in KEYS}


@ENVIRONMENTS
def test_no_log_group_keeps_everything_for_ever(environment: str) -> None:
    groups = whole(environment).of("aws:cloudwatch/logGroup:LogGroup")
    assert {group.inputs["retentionInDays"] for group in groups} == {90 if environment == "prod" else 14}


@ENVIRONMENTS
def test_role_names_fit_iam(environment: str) -> None:
    roles = whole(environment).of("aws:iam/role:Role")
    assert [role.inputs["name"] for role in roles if len(role.inputs["name"]) > 64] == []
    assert all(role.inputs["name"].startswith(f"groundwork-{environment}-") for role in roles)


@ENVIRONMENTS
def test_what_stays_when_a_component_goes_can_be_read_and_is_in_nothings_way(environment: str) -> None:
    """A last snapshot without its key is lost, and one of the same name would be refused when it goes again."""
    protected = environment == "prod"
    graph = build(environment, network={}, eks={}, rds={}, elasticache={}, ebs={})
    keys = {key.name: key.retain_on_delete for key in graph.of("aws:kms/key:Key")}
    assert keys == {
        "ebs-key": protected,
        "elasticache-key": protected,
        "rds-key": protected,
        "eks-key": False,
        "network-key": False,
    }
    server = graph.one("aws:rds/instance:Instance")
    parameters = graph.one("aws:rds/parameterGroup:ParameterGroup")
    assert parameters.inputs["skipDestroy"] is protected
    broker = graph.one("aws:elasticache/replicationGroup:ReplicationGroup")
    family = graph.one("aws:elasticache/parameterGroup:ParameterGroup")
    assert family.retain_on_delete is protected
    of_one_life = [(parameters, "name"), (family, "name")]
    if protected:
        of_one_life += [(server, "finalSnapshotIdentifier"), (broker, "finalSnapshotIdentifier")]
    for resource, name in of_one_life:
        component = resource.name.partition("-")[0]
        assert resource.references[name] == (graph.one("aws:kms/key:Key", f"{component}-key").urn,), resource.name
