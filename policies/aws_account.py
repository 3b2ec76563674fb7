"""Rules over everything in the account: whose it is, and how long what it says is kept."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from groundwork.core.environment import ENVIRONMENT_TAG
from groundwork.policy.facts import Facts
from groundwork.policy.rule import RULES
from groundwork.policy.subject import Subject, dig, mapping, objects
from groundwork.policy.values import UndecidableError
from policies._environment import NODE_CLASS, TEMPLATE, profile

REQUIRED_TAGS = (ENVIRONMENT_TAG, "groundwork:stack", "groundwork:project")
"""By which the bill is divided, and leftovers are found: what `Environment.tags` gives."""

PROVIDER = "pulumi:providers:aws"
TAGGED = (
    "aws:budgets/budget:Budget",
    "aws:cloudwatch/eventRule:EventRule",
    "aws:cloudwatch/logGroup:LogGroup",
    "aws:ebs/volume:Volume",
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
    "aws:ec2/eip:Eip",
    "aws:ec2/flowLog:FlowLog",
    "aws:ec2/instance:Instance",
    "aws:ec2/internetGateway:InternetGateway",
    TEMPLATE,
    "aws:ec2/natGateway:NatGateway",
    "aws:ec2/placementGroup:PlacementGroup",
    "aws:ec2/routeTable:RouteTable",
    "aws:ec2/securityGroup:SecurityGroup",
    "aws:ec2/subnet:Subnet",
    "aws:ec2/vpc:Vpc",
    "aws:ec2/vpcEndpoint:VpcEndpoint",
    "aws:ecr/repository:Repository",
    "aws:efs/accessPoint:AccessPoint",
    "aws:efs/fileSystem:FileSystem",
    "aws:eks/accessEntry:AccessEntry",
    "aws:eks/addon:Addon",
    "aws:eks/cluster:Cluster",
    "aws:eks/nodeGroup:NodeGroup",
    "aws:eks/podIdentityAssociation:PodIdentityAssociation",
    "aws:elasticache/parameterGroup:ParameterGroup",
    "aws:elasticache/replicationGroup:ReplicationGroup",
    "aws:elasticache/subnetGroup:SubnetGroup",
    "aws:fsx/dataRepositoryAssociation:DataRepositoryAssociation",
    "aws:fsx/lustreFileSystem:LustreFileSystem",
    "aws:iam/instanceProfile:InstanceProfile",
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider",
    "aws:iam/policy:Policy",
    "aws:iam/role:Role",
    "aws:kms/key:Key",
    "aws:lb/loadBalancer:LoadBalancer",
    "aws:rds/cluster:Cluster",
    "aws:rds/instance:Instance",
    "aws:rds/parameterGroup:ParameterGroup",
    "aws:rds/subnetGroup:SubnetGroup",
    "aws:route53/zone:Zone",
    "aws:s3/bucket:Bucket",
    "aws:secretsmanager/secret:Secret",
    "aws:sqs/queue:Queue",
    "aws:sns/topic:Topic",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
)
"""Types that the provider's default tags reach."""

_BILLED = ("instance", "volume")


@RULES.stack(
    "required-tags",
    severity="medium",
    controls=("AWS FSBP Tagging", "Groundwork: whose costs"),
    types=(*TAGGED, NODE_CLASS, PROVIDER),
)
def required_tags(subjects: Sequence[Subject], facts: Facts) -> Iterator[tuple[Subject, str]]:
    """Whatever can have tags says whose it is: of which environment, stack and project; machines and their disks too.

    The bill is divided by them, the budget counts by them, and what a destroy left behind is found by them.
    """
    every = [_default_tags(subject) for subject in subjects if subject.type == PROVIDER]
    defaults = {key: every[0][key] for key in every[0] if all(key in tags for tags in every)} if every else {}
    for subject in subjects:
        # The engine's own providers have none, and what reads like one may be another product's.
        if subject.type == PROVIDER:
            continue
        for what, tags in _tags(subject, defaults):
            missing = [key for key in REQUIRED_TAGS if not tags.get(key)]
            if missing:
                yield subject, f"{subject.label}: {what} no tag {', '.join(missing)}: add it, best by the provider's"
            other = tags.get(ENVIRONMENT_TAG)
            if other and other != facts.environment:
                yield subject, f"{subject.label}: {ENVIRONMENT_TAG} is {other}: set it to {facts.environment}"


def _default_tags(provider: Subject) -> Mapping[str, Any]:
    said = provider.props.get("defaultTags")
    if isinstance(said, str):
        try:
            said = json.loads(said)
        except ValueError:
            return {}
    return mapping(mapping(said).get("tags"))


def _tags(subject: Subject, defaults: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Return what of a resource needs tags, as messages call it, and the tags that it has."""
    if subject.type == NODE_CLASS:
        # Machines of Karpenter are made by it, with no provider of ours.
        yield "its machines have", _known(dig(subject.props, "spec.tags"))
        return
    own = {key: _known(_read(subject, key)) for key in ("tagsAll", "tags")}
    yield "has", {**defaults, **own["tagsAll"], **own["tags"]}
    if subject.type == TEMPLATE:
        # Neither the provider's default tags nor a node group's reach what is launched.
        said = {
            str(e.get("resourceType")): mapping(e.get("tags")) for e in objects(subject.props.get("tagSpecifications"))
        }
        for kind in _BILLED:
            yield f"its {kind}s have", said.get(kind, {})


def _read(subject: Subject, key: str) -> Any:
    try:
        return subject.props.get(key)
    except UndecidableError:
        return None  # all tags, where one is unknown: the others stand under the other key


def _known(tags: Any) -> dict[str, Any]:
    """Return the tags whose values are known."""
    if not isinstance(tags, dict):
        return {}
    return {str(key): value for key, value in dict.items(tags) if isinstance(value, str)}


@RULES.resource(
    "log-retention",
    severity="medium",
    controls=("AWS FSBP CloudWatch.16", "Groundwork: logs"),
    types=("aws:cloudwatch/logGroup:LogGroup",),
)
def log_retention(subject: Subject, facts: Facts) -> Iterator[str]:
    """Logs are kept as long as the environment says, and not for ever.

    What nobody ever deletes is paid for each month, and what is gone after a week was not there when it was asked for.
    """
    least = profile(facts).log_retention_days
    days = subject.props.get("retentionInDays")
    if subject.props.get("logGroupClass") == "DELIVERY":
        return  # two days, and CloudWatch takes no other
    if not days:
        yield f"{subject.label}: keeps logs for ever: set retentionInDays to {least}"
    elif isinstance(days, int | float) and days < least:
        yield f"{subject.label}: keeps logs for {days:g} days: set retentionInDays to {least}"
