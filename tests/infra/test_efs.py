"""The file system, as the engine would get it."""

from __future__ import annotations

from typing import Any

import pytest

from groundwork.core.errors import StackError
from groundwork.testing import Graph
from tests.infra.stacks import build, document

SYSTEM = "aws:efs/fileSystem:FileSystem"
CLASS = "kubernetes:storage.k8s.io/v1:StorageClass"
ARN = "arn:aws:efs:eu-west-1:111122223333:efs-files"
POINTS = "arn:aws:elasticfilesystem:eu-west-1:111122223333:access-point/*"


def files(environment: str = "dev", **config: Any) -> Graph:
    return build(environment, network={}, eks={}, efs=config, sharer={})


def statements(graph: Graph) -> list[dict[str, Any]]:
    name = "efs-kube-system-efs-csi-controller-sa-aws-efs-csi-driver"
    return document(graph.one("aws:iam/rolePolicy:RolePolicy", name).inputs["policy"])


@pytest.fixture(scope="module")
def prod() -> Graph:
    return files("prod")


def test_it_is_encrypted_with_a_key_of_its_own_and_protected(prod: Graph) -> None:
    system = prod.one(SYSTEM)
    assert (system.inputs["encrypted"], system.inputs["throughputMode"]) == (True, "elastic")
    assert system.inputs["kmsKeyId"] == "arn:aws:kms:eu-west-1:111122223333:efs-key"
    assert system.protect
    assert not files().one(SYSTEM).protect


@pytest.mark.parametrize(("environment", "status"), [("dev", "DISABLED"), ("prod", "ENABLED")])
def test_backups_are_the_environments(environment: str, status: str) -> None:
    policy = files(environment).one("aws:efs/backupPolicy:BackupPolicy").inputs
    assert policy["backupPolicy"] == {"status": status}


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({}, "AFTER_30_DAYS"),
        ({"coldAfterDays": 1}, "AFTER_1_DAY"),
        ({"coldAfterDays": None}, None),
    ],
)
def test_what_is_not_used_moves_and_comes_back(config: dict[str, Any], expected: str | None) -> None:
    policies = files(**config).one(SYSTEM).inputs.get("lifecyclePolicies") or []
    back = {"transitionToPrimaryStorageClass": "AFTER_1_ACCESS"}
    assert policies == ([] if expected is None else [{"transitionToIa": expected}, back])


def test_each_zone_has_a_door_that_only_nodes_and_pods_can_use(prod: Graph) -> None:
    targets = prod.of("aws:efs/mountTarget:MountTarget")
    assert len({target.inputs["subnetId"] for target in targets}) == 3
    assert {tuple(target.inputs["securityGroups"]) for target in targets} == {("efs-access-id",)}
    group = prod.one("aws:ec2/securityGroup:SecurityGroup", "efs-access").inputs
    assert (group["egress"], group.get("ingress")) == ([], None)
    rule = prod.one("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "efs-access").inputs
    assert (rule["ipProtocol"], rule["fromPort"], rule["toPort"]) == ("tcp", 2049, 2049)
    assert rule["referencedSecurityGroupId"] == "sg-cluster"


def test_only_tls_and_without_an_identity_only_an_access_point(prod: Graph) -> None:
    allow, deny = document(prod.one("aws:efs/fileSystemPolicy:FileSystemPolicy").inputs["policy"])
    assert allow["Action"] == ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"], "nobody is root"
    assert allow["Condition"]["StringLike"] == {"elasticfilesystem:AccessPointArn": POINTS}
    assert (deny["Effect"], deny["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def test_the_driver_touches_no_other_file_system_and_nothing_that_it_did_not_make(prod: Graph) -> None:
    made = statements(prod)
    assert [s["Resource"] for s in made] == [[ARN, POINTS], ["*"], [ARN], [POINTS], [POINTS]]
    assert made[1]["Action"] == ["ec2:DescribeAvailabilityZones"]
    assert made[4]["Condition"] == {"StringEquals": {"aws:ResourceTag/efs.csi.aws.com/cluster": "true"}}
    addon = prod.one("aws:eks/addon:Addon", "efs-aws-efs-csi-driver")
    association = prod.one(
        "aws:eks/podIdentityAssociation:PodIdentityAssociation", "efs-kube-system-efs-csi-controller-sa-identity"
    )
    assert association.inputs["serviceAccount"] == "efs-csi-controller-sa"
    assert association.urn in prod.before(addon), "a pod gets its identity when it is made"


def test_only_where_folders_are_deleted_the_driver_sees_the_root(prod: Graph) -> None:
    root = {"elasticfilesystem:ClientMount", "elasticfilesystem:ClientRootAccess", "elasticfilesystem:ClientWrite"}
    assert [s for s in statements(prod) if root <= set(s["Action"])] == []
    assert len([s for s in statements(files()) if root == set(s["Action"])]) == 1
    settings = prod.one("aws:eks/addon:Addon", "efs-aws-efs-csi-driver").inputs["configurationValues"]
    assert '"deleteAccessPointRootDir": false' in settings


def test_a_claim_names_the_class_and_waits_for_all_of_it(prod: Graph) -> None:
    """The same contract as of an NFS server: ReadWriteMany."""
    made = prod.one(CLASS, "efs-class")
    assert made.inputs["provisioner"] == "efs.csi.aws.com"
    assert made.inputs["parameters"]["fileSystemId"] == "efs-files-id"
    before = prod.before(made)
    needed = [prod.one("aws:eks/addon:Addon", "efs-aws-efs-csi-driver"), *prod.of("aws:efs/mountTarget:MountTarget")]
    assert {r.urn for r in needed} <= set(before)
    claim = prod.one("kubernetes:core/v1:PersistentVolumeClaim", "sharer-notebooks-files")
    assert claim.inputs["spec"]["storageClassName"] == "efs"
    assert claim.inputs["spec"]["accessModes"] == ["ReadWriteMany"]
    assert made.urn in prod.before(claim)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (
            {"coldAfterDays": 5},
            "efs.coldAfterDays: must be 1, 7, 14, 30, 60, 90, 180, 270 or 365 (got 5)",
        ),
        (
            {"default": True},
            "eks and efs would both be the default storage class; set efs.default: false, "
            "or set eks.defaultStorageClass: false",
        ),
    ],
)
def test_what_cannot_be_is_told(config: dict[str, Any], message: str) -> None:
    with pytest.raises(StackError) as error:
        files(**config)
    assert message in str(error.value)


def test_it_is_the_default_class_where_the_cluster_leaves_that_to_it() -> None:
    """And a cluster whose claims would wait for ever is refused."""
    graph = build(network={}, eks={"defaultStorageClass": False}, efs={"default": True}, sharer={})
    marked = [made.name for made in graph.of(CLASS) if made.inputs["metadata"].get("annotations")]
    assert marked == ["efs-class"]
    with pytest.raises(StackError) as error:
        build(network={}, eks={"defaultStorageClass": False}, efs={}, sharer={})
    assert list(error.value.problems) == [
        "eks.defaultStorageClass: false, and no other component is the default storage class: write `default: true` "
        "under one that can be, such as efs, or leave this out"
    ]
