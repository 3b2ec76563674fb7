"""What the stand-in does as the real provider: replacement, drift, default tags, regions, recovery, secrets."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2

from groundwork.sandbox.standins.aws import sdk
from groundwork.sandbox.standins.aws.clients import Clients, Identity
from groundwork.sandbox.standins.aws.declare import RESOURCES
from groundwork.sandbox.standins.aws.known import SubnetFacts
from groundwork.sandbox.standins.aws.moto import Moto
from groundwork.sandbox.standins.cloud import reaches, subjects_of
from groundwork.sandbox.standins.values import UNKNOWN, conceal, to_python, to_struct
from tests.sandbox.aws.cases import ALLOW, policy
from tests.sandbox.aws.conftest import ACCOUNT, EKS, REGION, StandIn
from tests.sandbox.aws.wire import HalfMadeError, Made, RefusedError, Wire

VPC = "aws:ec2/vpc:Vpc"
ROLE = "aws:iam/role:Role"
QUEUE = "aws:sqs/queue:Queue"
REPOSITORY = "aws:ecr/repository:Repository"


@pytest.fixture
def ec2(moto: Moto) -> Any:
    return Clients(moto.url).get("ec2", REGION, Identity())


# Replacement


@pytest.mark.parametrize(
    ("token", "old", "new", "replaces", "notes"),
    [
        (VPC, {"cidrBlock": "10.0.0.0/16"}, {"cidrBlock": "10.1.0.0/16"}, ["cidrBlock"], ()),
        (VPC, {"cidrBlock": "10.0.0.0/16"}, {"cidrBlock": "10.0.0.0/16", "enableDnsHostnames": True}, [], ()),
        (
            VPC,
            {"cidrBlock": "10.0.0.0/16", "instanceTenancy": "dedicated"},
            {"cidrBlock": "10.0.0.0/16", "instanceTenancy": "default"},
            [],
            (),
        ),
        (VPC, {"cidrBlock": "10.0.0.0/16"}, {"cidrBlock": "10.0.0.0/16", "region": "eu-west-2"}, ["region"], ()),
        (VPC, {"cidrBlock": "10.0.0.0/16"}, {"cidrBlock": "10.0.0.0/16", "region": REGION}, [], ()),
        (
            "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
            {"securityGroupId": "sg-1", "ipProtocol": "tcp", "cidrIpv4": "10.0.0.0/8"},
            {"securityGroupId": "sg-1", "ipProtocol": "tcp", "cidrIpv4": "10.0.0.0/9"},
            [],
            (),
        ),
        (
            "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
            {"securityGroupId": "sg-1", "ipProtocol": "tcp", "cidrIpv4": "10.0.0.0/8"},
            {"securityGroupId": "sg-1", "ipProtocol": "tcp", "referencedSecurityGroupId": "sg-0123456789abcdef0"},
            ["cidrIpv4", "referencedSecurityGroupId"],
            (),
        ),
        (
            "aws:rds/instance:Instance",
            {"instanceClass": "db.t4g.medium", "engine": "postgres", "storageEncrypted": False},
            {"instanceClass": "db.t4g.large", "engine": "postgres", "storageEncrypted": True},
            ["storageEncrypted"],
            (),
        ),
        (
            "aws:eks/podIdentityAssociation:PodIdentityAssociation",
            {"clusterName": "c", "namespace": "n", "serviceAccount": "s", "roleArn": "arn:aws:iam::1:role/a"},
            {
                "clusterName": "c",
                "namespace": "n",
                "serviceAccount": "s",
                "roleArn": "arn:aws:iam::1:role/a",
                "policy": ALLOW,
            },
            [],
            ("policy: may replace (the real provider's rule is not known)",),
        ),
    ],
)
def test_replacement_follows_the_real_providers_rules(
    aws: Wire,
    standin: StandIn,
    token: str,
    old: dict[str, Any],
    new: dict[str, Any],
    replaces: list[str],
    notes: tuple[str, ...],
) -> None:
    rds = {"skipFinalSnapshot": True, "allocatedStorage": 20, "username": "u", "password": "p", "identifier": "x"}
    more = rds if "rds/" in token else {}
    urn = aws.urn(token)
    checked, problems = aws.check(urn, {**old, **more})
    assert problems == {}
    state = {name: value for name, value in checked.items() if name != "__defaults"}
    answer = aws.diff(Made(urn, "the-id", checked, {**state, "tagsAll": {}}), {**new, **more})
    assert list(answer.replaces) == replaces
    entry = standin.provider.ledger.get(urn)
    assert (entry.notes if entry else ()) == notes


def test_a_replacement_that_keeps_an_explicit_name_deletes_first(aws: Wire) -> None:
    made = aws.create(REPOSITORY, {"name": "replaced", "encryptionConfigurations": [{"encryptionType": "AES256"}]})
    changed = {"name": "replaced", "encryptionConfigurations": [{"encryptionType": "KMS"}]}
    answer = aws.diff(made, changed)
    assert (list(answer.replaces), answer.deleteBeforeReplace) == (["encryptionConfigurations"], True)
    aws.delete(made)


def test_a_replacement_with_a_generated_name_makes_the_new_one_first(aws: Wire) -> None:
    made = aws.create(REPOSITORY, {"encryptionConfigurations": [{"encryptionType": "AES256"}]}, "Generated")
    assert made.outputs["name"].startswith("generated-")
    answer = aws.diff(made, {"encryptionConfigurations": [{"encryptionType": "KMS"}]})
    assert (list(answer.replaces), answer.deleteBeforeReplace) == (["encryptionConfigurations"], False)
    aws.delete(made)


def test_a_property_that_aws_fills_in_may_be_left_out_later(aws: Wire) -> None:
    made = aws.create(VPC, {"cidrBlock": "10.0.0.0/16"})
    assert list(aws.diff(made, {}).diffs) == []
    aws.delete(made)


def test_sets_have_no_order_and_policies_no_layout(aws: Wire) -> None:
    made = aws.create(ROLE, {"assumeRolePolicy": policy()})
    assert list(aws.diff(made, {"assumeRolePolicy": json.dumps(json.loads(policy()), indent=4)}).diffs) == []
    aws.delete(made)


# Updates and drift


def test_an_update_in_place_reaches_the_api(aws: Wire, ec2: Any) -> None:
    made = aws.create(VPC, {"cidrBlock": "10.0.0.0/16", "tags": {"a": "1", "b": "2"}})
    changed = aws.update(made, {"cidrBlock": "10.0.0.0/16", "enableDnsHostnames": True, "tags": {"a": "3"}})
    found = ec2.describe_vpcs(VpcIds=[made.id])["Vpcs"][0]
    hostnames = ec2.describe_vpc_attribute(VpcId=made.id, Attribute="enableDnsHostnames")
    assert found["Tags"] == [{"Key": "a", "Value": "3"}]
    assert hostnames["EnableDnsHostnames"]["Value"] is True
    assert changed.outputs["tagsAll"] == {"a": "3"}
    aws.delete(made)


def test_refresh_shows_what_others_changed(aws: Wire, moto: Moto, ec2: Any) -> None:
    vpc = aws.create(VPC, {"cidrBlock": "10.0.0.0/16", "tags": {"a": "1"}})
    ec2.create_tags(Resources=[vpc.id], Tags=[{"Key": "a", "Value": "2"}, {"Key": "hand", "Value": "made"}])
    group = aws.create(
        "aws:ec2/securityGroup:SecurityGroup",
        {
            "vpcId": vpc.id,
            "ingress": [{"protocol": "tcp", "fromPort": 443, "toPort": 443, "cidrBlocks": ["10.0.0.0/8"]}],
        },
    )
    more = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2.authorize_security_group_ingress(GroupId=group.id, IpPermissions=[more])
    queue = aws.create(QUEUE, {"name": "drift", "visibilityTimeoutSeconds": 60})
    Clients(moto.url).get("sqs", REGION, Identity()).set_queue_attributes(
        QueueUrl=queue.id, Attributes={"VisibilityTimeout": "90"}
    )
    seen = {made.id: aws.read(made) for made in (vpc, group, queue)}
    assert all(seen.values())
    assert seen[vpc.id].inputs["tags"] == {"a": "2", "hand": "made"}  # type: ignore[union-attr]  # asserted above
    ports = [rule["fromPort"] for rule in seen[group.id].inputs["ingress"]]  # type: ignore[union-attr]  # as above
    assert sorted(ports) == [22, 443]
    assert seen[queue.id].inputs["visibilityTimeoutSeconds"] == 90  # type: ignore[union-attr]  # as above
    for made in (queue, group, vpc):
        aws.delete(made)


def test_a_table_with_several_subnets_keeps_each_association_apart(aws: Wire, standin: StandIn, ec2: Any) -> None:
    """An association shows its own subnet, not that of the table's first; another table in its place is drift."""
    vpc = aws.create(VPC, {"cidrBlock": "10.3.0.0/16"})
    table = aws.create("aws:ec2/routeTable:RouteTable", {"vpcId": vpc.id})
    subnets = [
        aws.create("aws:ec2/subnet:Subnet", {"vpcId": vpc.id, "cidrBlock": f"10.3.{index}.0/24"}) for index in (0, 1)
    ]
    associations = [
        aws.create(
            "aws:ec2/routeTableAssociation:RouteTableAssociation", {"routeTableId": table.id, "subnetId": subnet.id}
        )
        for subnet in subnets
    ]
    for subnet, association in zip(subnets, associations, strict=True):
        entry, seen = standin.provider.ledger.get(association.urn), aws.read(association)
        assert entry is not None
        assert entry.notes == ()
        assert seen is not None
        assert seen.inputs["subnetId"] == subnet.id
    ec2.disassociate_route_table(AssociationId=associations[1].id)
    assert aws.read(associations[1]) is None
    for made in (*associations, *subnets, table, vpc):
        aws.delete(made)


def test_a_launch_template_keeps_the_tags_of_what_it_launches(aws: Wire, standin: StandIn, ec2: Any) -> None:
    """Tags of instances and volumes are kept beside the template's own, and a change of them by others is drift."""
    specifications = [{"resourceType": kind, "tags": {"team": "ml"}} for kind in ("instance", "volume")]
    inputs = {"tags": {"of": "the template"}, "tagSpecifications": specifications}
    made = aws.create("aws:ec2/launchTemplate:LaunchTemplate", inputs)
    entry, seen = standin.provider.ledger.get(made.urn), aws.read(made)
    assert entry is not None
    assert entry.notes == ()
    assert seen is not None
    assert (seen.inputs["tagSpecifications"], seen.inputs["tags"]) == (specifications, {"of": "the template"})
    other = [{"ResourceType": "instance", "Tags": [{"Key": "team", "Value": "data"}]}]
    ec2.create_launch_template_version(LaunchTemplateId=made.id, LaunchTemplateData={"TagSpecifications": other})
    seen = aws.read(made)
    assert seen is not None
    assert seen.inputs["tagSpecifications"] == [{"resourceType": "instance", "tags": {"team": "data"}}]
    aws.delete(made)


def test_a_resource_deleted_by_others_is_gone_and_its_delete_ends_well(aws: Wire, ec2: Any) -> None:
    made = aws.create(VPC, {"cidrBlock": "10.0.0.0/16"})
    ec2.delete_vpc(VpcId=made.id)
    assert aws.read(made) is None
    aws.delete(made)


def test_what_is_only_forgotten_keeps_its_name_taken(aws: Wire) -> None:
    """As with the real provider: AWS has it still, and a second one of that name is refused."""
    inputs = {"name": "forgotten", "family": "postgres17", "skipDestroy": True}
    made = aws.create("aws:rds/parameterGroup:ParameterGroup", inputs)
    aws.delete(made)
    with pytest.raises(RefusedError, match="DBParameterGroupAlreadyExists"):
        aws.create("aws:rds/parameterGroup:ParameterGroup", inputs)


def test_a_bucket_goes_with_its_objects_whatever_its_policy_says(aws: Wire, moto: Moto) -> None:
    """The policy goes with the bucket, and moto takes a refusal of calls without TLS for one of all calls."""
    s3: Any = Clients(moto.url).get("s3", REGION, Identity())
    made = aws.create("aws:s3/bucket:Bucket", {"bucket": "with-objects", "forceDestroy": True})
    s3.put_bucket_versioning(Bucket="with-objects", VersioningConfiguration={"Status": "Enabled"})
    for _ in range(2):
        s3.put_object(Bucket="with-objects", Key="model", Body=b"1")
    denied = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::with-objects/*"}
    only_tls = {**denied, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    s3.put_bucket_policy(Bucket="with-objects", Policy=json.dumps({"Version": "2012-10-17", "Statement": [only_tls]}))
    aws.delete(made)
    assert "with-objects" not in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]


def test_a_broker_can_go_and_come_back(aws: Wire) -> None:
    """As where a replacement has the same name: moto itself keeps the old one for ever."""
    inputs = {
        "replicationGroupId": "again",
        "description": "a broker",
        "engine": "valkey",
        "nodeType": "cache.t4g.small",
    }
    for _ in range(2):
        aws.delete(aws.create("aws:elasticache/replicationGroup:ReplicationGroup", inputs))


def test_an_update_that_moto_lacks_is_remembered_and_shows_no_drift(aws: Wire) -> None:
    made = aws.create("aws:efs/fileSystem:FileSystem", {"creationToken": "overlay", "throughputMode": "bursting"})
    changed = aws.update(made, {"creationToken": "overlay", "throughputMode": "elastic"})
    assert changed.outputs["throughputMode"] == "elastic"
    seen = aws.read(changed)
    assert seen is not None
    assert seen.inputs == changed.inputs
    aws.delete(changed)


# Provider configuration


def test_default_tags_are_on_resources_and_a_change_of_them_updates(connect: Callable[..., Wire], ec2: Any) -> None:
    one = connect({"region": REGION, "defaultTags": json.dumps({"tags": {"owner": "ml"}})})
    made = one.create(VPC, {"cidrBlock": "10.0.0.0/16", "tags": {"a": "1"}})
    assert made.outputs["tagsAll"] == {"a": "1", "owner": "ml"}
    assert {t["Key"] for t in ec2.describe_vpcs(VpcIds=[made.id])["Vpcs"][0]["Tags"]} == {"a", "owner"}
    other = connect({"region": REGION, "defaultTags": json.dumps({"tags": {"owner": "data"}})})
    answer = other.diff(made, {"cidrBlock": "10.0.0.0/16", "tags": {"a": "1"}})
    assert (list(answer.diffs), list(answer.replaces)) == (["tagsAll"], [])
    seen = one.read(made)
    assert seen is not None
    assert seen.inputs["tags"] == {"a": "1"}
    one.delete(made)


def test_instances_and_resources_have_regions_of_their_own(connect: Callable[..., Wire], moto: Moto) -> None:
    american = connect({"region": "us-east-1"})
    far = american.create(QUEUE, {"name": "far"})
    farther = american.create(QUEUE, {"name": "farther", "region": "us-west-2"})
    assert far.outputs["arn"] == f"arn:aws:sqs:us-east-1:{ACCOUNT}:far"
    assert farther.outputs["arn"] == f"arn:aws:sqs:us-west-2:{ACCOUNT}:farther"
    listed = Clients(moto.url).get("sqs", "us-west-2", Identity()).list_queues()["QueueUrls"]
    assert farther.id in listed
    for made in (far, farther):
        american.delete(made)


def test_an_account_that_is_not_allowed_is_refused(connect: Callable[..., Wire]) -> None:
    with pytest.raises(RefusedError, match=r"AWS account ID not allowed: 123456789012 \(allowed: 111122223333\)"):
        connect({"region": REGION, "allowedAccountIds": '["111122223333"]'})


def test_an_assumed_role_acts_in_its_own_account(connect: Callable[..., Wire]) -> None:
    roles = json.dumps([{"role_arn": "arn:aws:iam::444455556666:role/deploy"}])
    other = connect({"region": REGION, "assumeRoles": roles})
    who = other.invoke("aws:index/getCallerIdentity:getCallerIdentity", {})
    assert who["accountId"] == "444455556666"


# Preview


def test_a_preview_knows_inputs_and_nothing_that_aws_gives(aws: Wire) -> None:
    known = aws.preview(VPC, {"cidrBlock": "10.0.0.0/16", "tags": {"a": "1"}})
    assert (known["cidrBlock"], known["tagsAll"], known["arn"]) == ("10.0.0.0/16", {"a": "1"}, UNKNOWN)


def test_a_preview_makes_no_request(aws: Wire, standin: StandIn) -> None:
    before = sum(standin.provider.counts.executed.values())
    inputs = {"vpcConfig": {"subnetIds": [UNKNOWN]}, "roleArn": UNKNOWN}
    found = aws.preview("aws:eks/cluster:Cluster", inputs)
    assert found["vpcConfig"]["clusterSecurityGroupId"] == UNKNOWN
    assert sum(standin.provider.counts.executed.values()) == before


# Failures and recovery


def test_a_half_made_resource_keeps_its_id_and_is_mended_or_deleted(aws: Wire) -> None:
    with pytest.raises(HalfMadeError) as half:
        aws.create(
            ROLE,
            {"name": "half", "assumeRolePolicy": policy(), "managedPolicyArns": ["arn:aws:iam::aws:policy/NoSuch"]},
        )
    assert half.value.id == "half"
    assert "NoSuch" in str(half.value)
    aws.delete(Made(aws.urn(ROLE), "half", {}, {"name": "half"}))


def test_a_wrong_managed_policy_is_refused(aws: Wire) -> None:
    made = aws.create(ROLE, {"name": "attach", "assumeRolePolicy": policy()})
    with pytest.raises(RefusedError, match="iam AttachRolePolicy: NoSuchEntity"):
        aws.create(
            "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
            {"role": "attach", "policyArn": "arn:aws:iam::aws:policy/AmazonEKSClusterPolicie"},
        )
    aws.delete(made)


def test_a_create_whose_answer_was_lost_is_adopted_by_the_next(aws: Wire, standin: StandIn, ec2: Any) -> None:
    lost = aws.create(VPC, {"cidrBlock": "10.77.0.0/16"}, "lost")
    again = aws.create(VPC, {"cidrBlock": "10.77.0.0/16"}, "lost")
    assert again.id == lost.id
    entry = standin.provider.ledger.get(again.urn)
    assert entry is not None
    assert any("adopted after an interrupted run" in note for note in entry.notes)
    aws.read(again)
    other = aws.create(VPC, {"cidrBlock": "10.77.0.0/16"}, "lost")
    assert other.id != lost.id, "the engine has shown that it knows the first: this is a replacement"
    for made in (again, other):
        aws.delete(made)


def test_a_lost_create_with_other_inputs_is_deleted_before_the_next(aws: Wire, ec2: Any) -> None:
    lost = aws.create(VPC, {"cidrBlock": "10.78.0.0/16"}, "changed")
    again = aws.create(VPC, {"cidrBlock": "10.79.0.0/16"}, "changed")
    cidrs = {vpc["CidrBlock"] for vpc in ec2.describe_vpcs()["Vpcs"]}
    assert again.id != lost.id
    assert "10.79.0.0/16" in cidrs
    assert "10.78.0.0/16" not in cidrs
    aws.delete(again)


def test_sweep_deletes_what_nobody_asks_for_again(aws: Wire, standin: StandIn, ec2: Any) -> None:
    lost = aws.create(VPC, {"cidrBlock": "10.80.0.0/16"}, "orphan")
    assert lost.urn in standin.provider.sweep()
    assert "10.80.0.0/16" not in {vpc["CidrBlock"] for vpc in ec2.describe_vpcs()["Vpcs"]}


def test_an_unknown_type_says_so(aws: Wire) -> None:
    with pytest.raises(RefusedError, match="the sandbox has no aws:braket/job:Job"):
        aws.check(aws.urn("aws:braket/job:Job"), {})


# Secrets


def test_secret_inputs_stay_marked_and_are_in_no_file(aws: Wire, standin: StandIn) -> None:
    urn = aws.urn("aws:eks/addon:Addon")
    hidden = conceal('{"token": "never-written"}')
    given = to_struct({"clusterName": UNKNOWN, "addonName": "x", "configurationValues": hidden})
    answer = aws.stub.Check(provider_pb2.CheckRequest(urn=urn, news=given, randomSeed=b"s"))
    assert to_python(answer.inputs)["configurationValues"] == hidden
    made = aws.create(
        "aws:ssm/parameter:Parameter", {"name": "/hidden", "type": "SecureString", "value": conceal("never-written")}
    )
    assert made.outputs["value"] == conceal("never-written")
    written = "".join(path.read_text() for path in standin.state_dir.iterdir())
    assert "never-written" not in written
    aws.delete(made)


# Invokes


@pytest.mark.parametrize(
    ("token", "arguments", "expected"),
    [
        ("aws:index/getRegion:getRegion", {}, {"name": REGION}),
        ("aws:index/getPartition:getPartition", {}, {"partition": "aws", "dnsSuffix": "amazonaws.com"}),
        ("aws:index/getCallerIdentity:getCallerIdentity", {}, {"accountId": ACCOUNT}),
        (
            "aws:index/getAvailabilityZones:getAvailabilityZones",
            {"state": "available"},
            {"names": ["eu-west-1a", "eu-west-1b", "eu-west-1c"]},
        ),
        ("aws:eks/getAddonVersion:getAddonVersion", {"addonName": "coredns"}, {"id": "coredns"}),
        ("aws:ec2/getInstanceType:getInstanceType", {"instanceType": "g5.xlarge"}, {"defaultVcpus": 4}),
        (
            "aws:ec2/getInstanceTypeOfferings:getInstanceTypeOfferings",
            {"filters": [{"name": "instance-type", "values": ["m5.large"]}]},
            {"instanceTypes": ["m5.large"]},
        ),
        (
            "aws:kms/getAlias:getAlias",
            {"name": "alias/aws/s3"},
            {"arn": f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/aws/s3"},
        ),
    ],
)
def test_functions_answer(aws: Wire, token: str, arguments: dict[str, Any], expected: dict[str, Any]) -> None:
    answer = aws.invoke(token, arguments)
    assert {name: answer[name] for name in expected} == expected


@pytest.mark.parametrize(
    "name",
    [
        "/aws/service/eks/optimized-ami/1.35/amazon-linux-2023/x86_64/standard/recommended/image_id",
        "/aws/service/eks/optimized-ami/1.35/amazon-linux-2023/x86_64/nvidia/recommended/image_id",
        "/aws/service/bottlerocket/aws-k8s-1.35/x86_64/latest/image_id",
    ],
)
def test_image_parameters_of_eks_are_there(aws: Wire, name: str) -> None:
    assert aws.invoke("aws:ssm/getParameter:getParameter", {"name": name})["value"].startswith("ami-")


def test_a_policy_document_is_written_as_the_real_provider_does(aws: Wire) -> None:
    statement = {
        "actions": ["s3:GetObject"],
        "resources": ["*"],
        "principals": [{"type": "Service", "identifiers": ["pods.eks.amazonaws.com"]}],
        "conditions": [{"test": "StringEquals", "variable": "aws:x", "values": ["1"]}],
    }
    answer = aws.invoke("aws:iam/getPolicyDocument:getPolicyDocument", {"statements": [statement]})
    assert json.loads(answer["json"]) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "s3:GetObject",
                "Resource": "*",
                "Principal": {"Service": "pods.eks.amazonaws.com"},
                "Condition": {"StringEquals": {"aws:x": "1"}},
            }
        ],
    }


# EKS and what the sandbox is told


@pytest.fixture
def cluster(aws: Wire) -> Any:
    """A cluster with its network and roles."""
    made = [aws.create(VPC, {"cidrBlock": "10.0.0.0/16"})]
    subnets = []
    for index, zone in enumerate("ab"):
        inputs = {"vpcId": made[0].id, "cidrBlock": f"10.0.{index}.0/24", "availabilityZone": f"{REGION}{zone}"}
        subnets.append(aws.create("aws:ec2/subnet:Subnet", inputs))
    role = aws.create(ROLE, {"assumeRolePolicy": policy()})
    ids = [subnet.id for subnet in subnets]
    eks = aws.create(
        "aws:eks/cluster:Cluster", {"name": "own", "roleArn": role.outputs["arn"], "vpcConfig": {"subnetIds": ids}}
    )
    yield eks, role, ids
    for item in (eks, role, *subnets, *made):
        aws.delete(item)


def test_a_cluster_is_the_sandboxs_own(aws: Wire, cluster: Any, ec2: Any) -> None:
    eks, _, _ = cluster
    assert eks.outputs["endpoint"] == EKS.endpoint
    assert eks.outputs["certificateAuthority"] == {"data": EKS.ca_base64}
    assert eks.outputs["status"] == "ACTIVE"
    assert eks.outputs["identities"] == [{"oidcs": [{"issuer": EKS.issuer}]}]
    group = eks.outputs["vpcConfig"]["clusterSecurityGroupId"]
    assert ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["GroupName"] == "eks-cluster-sg-own"
    assert aws.invoke("aws:eks/getClusterAuth:getClusterAuth", {"name": "own"})["token"] == EKS.token
    assert aws.invoke("aws:eks/getCluster:getCluster", {"name": "own"})["endpoint"] == EKS.endpoint


@pytest.mark.parametrize("version", ["1.34", "1.31"])
def test_a_cluster_goes_up_by_one_minor_version_and_never_back(aws: Wire, cluster: Any, version: str) -> None:
    eks, _, _ = cluster
    now = aws.update(eks, {**eks.inputs, "version": "1.32"})
    with pytest.raises(HalfMadeError, match=f"Unsupported Kubernetes minor version update from 1.32 to {version}"):
        aws.update(now, {**eks.inputs, "version": version})
    assert aws.update(now, {**eks.inputs, "version": "1.33"}).outputs["version"] == "1.33"


def test_the_sandbox_learns_of_node_groups_addons_and_identities(aws: Wire, cluster: Any, standin: StandIn) -> None:
    _, role, subnets = cluster
    standin.events.clear()
    data = {"deviceName": "/dev/xvda", "ebs": {"volumeSize": 200}}
    template = aws.create(
        "aws:ec2/launchTemplate:LaunchTemplate",
        {
            "instanceType": "g6.xlarge",
            "blockDeviceMappings": [data, {"deviceName": "/dev/xvdb", "ebs": {"volumeSize": 7}}],
            "userData": base64.b64encode(b"spec:\n  kubelet:\n    config:\n      maxPods: 58\n").decode(),
        },
    )
    nodes = aws.create(
        "aws:eks/nodeGroup:NodeGroup",
        {
            "clusterName": "own",
            "nodeGroupName": "gpu",
            "nodeRoleArn": role.outputs["arn"],
            "subnetIds": subnets,
            "scalingConfig": {"minSize": 0, "desiredSize": 1, "maxSize": 4},
            "launchTemplate": {"id": template.id, "version": "1"},
            "amiType": "AL2023_x86_64_NVIDIA",
            "capacityType": "SPOT",
            "tags": {"k8s.io/cluster-autoscaler/node-template/resources/example.com/fast": "4"},
            "labels": {"pool": "gpu"},
            "taints": [{"key": "nvidia.com/gpu", "value": "present", "effect": "NO_SCHEDULE"}],
        },
    )
    addon = aws.create(
        "aws:eks/addon:Addon",
        {
            "clusterName": "own",
            "addonName": "aws-ebs-csi-driver",
            "podIdentityAssociations": [{"roleArn": role.outputs["arn"], "serviceAccount": "ebs"}],
        },
    )
    pod = aws.create(
        "aws:eks/podIdentityAssociation:PodIdentityAssociation",
        {"clusterName": "own", "namespace": "ml", "serviceAccount": "mlflow", "roleArn": role.outputs["arn"]},
    )
    facts = standin.provider.facts
    (group,) = [found for found in facts.node_groups() if found.cluster == "own"]
    assert (group.name, group.instance_types, group.capacity_type) == ("gpu", ("g6.xlarge",), "SPOT")
    assert (group.min, group.desired, group.max) == (0, 1, 4)
    assert (group.labels, group.taints) == ({"pool": "gpu"}, (("nvidia.com/gpu", "present", "NoSchedule"),))
    assert group.ami_type == "AL2023_x86_64_NVIDIA"
    assert group.subnets == (SubnetFacts("eu-west-1a", "10.0.0.0/24"), SubnetFacts("eu-west-1b", "10.0.1.0/24"))
    assert (group.disk_gib, group.max_pods, group.prefix_delegation) == (200, 58, False)
    assert group.tags == {"k8s.io/cluster-autoscaler/node-template/resources/example.com/fast": "4"}
    assert facts.addons("own") == {"aws-ebs-csi-driver"}
    assert facts.addon_identities() == [("own", "aws-ebs-csi-driver", "ebs", role.outputs["arn"])]
    assert facts.pod_identities() == [("own", "ml", "mlflow", role.outputs["arn"])]
    assert standin.events == [
        "node-group created own:gpu",
        "addon created own:aws-ebs-csi-driver",
        f"pod-identity created {pod.id}",
    ]
    for item in (pod, addon, nodes, template):
        aws.delete(item)
    assert standin.events[-1] == "node-group deleted own:gpu"


def test_nodes_follow_the_configuration_of_the_network_add_on(aws: Wire, cluster: Any, standin: StandIn) -> None:
    """Prefix delegation is what the add-on vpc-cni is configured to, and disks without a template are the group's."""
    _, role, subnets = cluster
    settings = {"env": {"ENABLE_PREFIX_DELEGATION": "true"}}
    cni = aws.create(
        "aws:eks/addon:Addon",
        {"clusterName": "own", "addonName": "vpc-cni", "configurationValues": json.dumps(settings)},
    )
    group = {"clusterName": "own", "nodeRoleArn": role.outputs["arn"], "subnetIds": subnets[:1], "diskSize": 80}
    sizes = {"minSize": 1, "desiredSize": 1, "maxSize": 1}
    nodes = aws.create("aws:eks/nodeGroup:NodeGroup", {**group, "scalingConfig": sizes})
    (found,) = [found for found in standin.provider.facts.node_groups() if found.cluster == "own"]
    assert (found.disk_gib, found.max_pods, found.prefix_delegation) == (80, None, True)
    for item in (nodes, cni):
        aws.delete(item)


def test_a_pod_identity_needs_the_agent_and_irsa_the_provider_of_the_clusters_issuer(
    aws: Wire, cluster: Any, standin: StandIn
) -> None:
    """An association without the agent gives nothing, nor does a role that trusts an issuer that IAM does not know."""
    eks, role, _ = cluster
    facts, arn = standin.provider.facts, role.outputs["arn"]
    issuer = eks.outputs["identities"][0]["oidcs"][0]["issuer"]
    name = issuer.removeprefix("https://")
    statement = {
        "Effect": "Allow",
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{name}"},
        "Condition": {"StringEquals": {f"{name}:sub": "system:serviceaccount:ml:irsa"}},
    }
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    made = [
        aws.create(ROLE, {"assumeRolePolicy": trust}),
        aws.create(
            "aws:eks/podIdentityAssociation:PodIdentityAssociation",
            {"clusterName": "own", "namespace": "ml", "serviceAccount": "pods", "roleArn": arn},
        ),
    ]
    assert subjects_of(facts) == []
    made.append(aws.create("aws:eks/addon:Addon", {"clusterName": "own", "addonName": "eks-pod-identity-agent"}))
    assert subjects_of(facts) == [("ml", "pods", None)]
    thumbprint = {"clientIdLists": ["sts.amazonaws.com"], "thumbprintLists": ["a" * 40]}
    provider = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"
    made.append(aws.create(provider, {"url": issuer, **thumbprint}))
    assert standin.events[-1] == f"oidc-provider created {made[-1].id}"
    assert subjects_of(facts) == [("ml", "pods", None), ("ml", "irsa", made[0].outputs["arn"])]
    assert reaches(subjects_of(facts), "ml", "irsa") == frozenset({made[0].outputs["arn"]})
    assert (reaches(subjects_of(facts), "ml", "pods"), reaches(subjects_of(facts), "ml", "other")) == (True, False)
    for item in reversed(made):
        aws.delete(item)


def test_roles_for_service_accounts_are_found(aws: Wire, standin: StandIn) -> None:
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/oidc.example.org/id/1"},
                "Condition": {"StringEquals": {"oidc.example.org/id/1:sub": "system:serviceaccount:ml:mlflow"}},
            }
        ],
    }
    made = aws.create(ROLE, {"assumeRolePolicy": json.dumps(trust)})
    (found,) = [w for w in standin.provider.facts.web_identities() if w.role_arn == made.outputs["arn"]]
    assert (found.issuer, found.subjects) == ("oidc.example.org/id/1", ("system:serviceaccount:ml:mlflow",))
    aws.delete(made)


def test_recorded_types_still_need_their_cluster(aws: Wire) -> None:
    with pytest.raises(
        RefusedError, match="eks DescribeCluster: ResourceNotFoundException: No cluster found for name: none"
    ):
        aws.create("aws:eks/addon:Addon", {"clusterName": "none", "addonName": "coredns"})


def test_every_type_answers_an_empty_resource_with_what_is_missing_and_no_defect(aws: Wire) -> None:
    for token in sorted(RESOURCES):
        _, problems = aws.check(aws.urn(token), {})
        required = sdk.sdk_resource(token).inputs.required
        assert {name for name, why in problems.items() if why == "required, but missing"} == required, token
