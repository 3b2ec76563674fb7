"""The file system for training, as the engine would get it."""

from __future__ import annotations

from typing import Any

import pytest

from groundwork.core.errors import StackError
from groundwork.testing import Graph
from tests.infra.stacks import build, document

SYSTEM = "aws:fsx/lustreFileSystem:LustreFileSystem"
LINK = "aws:fsx/dataRepositoryAssociation:DataRepositoryAssociation"


def lustre(environment: str = "dev", **config: Any) -> Graph:
    return build(environment, network={}, eks={}, s3={}, sharer={}, **{"fsx-lustre": config})


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ("dev", {"deploymentType": "SCRATCH_2", "kmsKeyId": None, "perUnitStorageThroughput": None}),
        (
            "prod",
            {
                "deploymentType": "PERSISTENT_2",
                "kmsKeyId": "arn:aws:kms:eu-west-1:111122223333:fsx-lustre-key",
                "perUnitStorageThroughput": 125,
                "automaticBackupRetentionDays": 0,
            },
        ),
    ],
)
def test_what_must_not_be_lost_is_persistent_and_has_a_key(environment: str, expected: dict[str, Any]) -> None:
    system = lustre(environment).one(SYSTEM)
    assert {key: system.inputs.get(key) for key in expected} == expected
    assert bool(system.protect) == (environment == "prod")


def test_only_what_has_no_copy_in_a_bucket_is_backed_up() -> None:
    """FSx makes no backup of a linked one."""
    assert lustre("prod").one(SYSTEM).inputs["automaticBackupRetentionDays"] == 0
    alone = lustre("prod", link=False)
    assert alone.one(SYSTEM).inputs["automaticBackupRetentionDays"] == 30
    assert not alone.of(LINK)


@pytest.mark.parametrize(
    ("environment", "config", "lasts"),
    [("prod", {"link": False}, True), ("prod", {}, False), ("dev", {"deployment": "persistent", "link": False}, False)],
)
def test_what_is_protected_and_has_no_copy_leaves_one_that_can_be_read(
    environment: str, config: dict[str, Any], lasts: bool
) -> None:
    graph = lustre(environment, **config)
    assert graph.one(SYSTEM).inputs["skipFinalBackup"] is not lasts
    assert graph.one("aws:kms/key:Key", "fsx-lustre-key").retain_on_delete is lasts


def test_fsx_finds_the_rules_of_its_group_when_the_file_system_is_made() -> None:
    """It refuses one whose group does not let Lustre through."""
    graph = lustre()
    before = graph.before(graph.one(SYSTEM))
    rules = [
        rule.urn
        for kind in ("Ingress", "Egress")
        for rule in graph.of(f"aws:vpc/securityGroup{kind}Rule:SecurityGroup{kind}Rule")
        if rule.inputs["securityGroupId"] == "fsx-lustre-access-id"
    ]
    assert len(rules) == 8
    assert before.issuperset(rules)


def test_objects_of_a_bucket_of_its_own_are_its_files_in_both_directions() -> None:
    graph = lustre()
    link = graph.one(LINK)
    assert link.inputs["dataRepositoryPath"] == "s3://groundwork-dev-fsx-lustre-111122223333"
    assert link.inputs["batchImportMetaDataOnCreate"] is True
    assert set(link.inputs["s3"]) == {"autoImportPolicy", "autoExportPolicy"}
    grant = graph.one("aws:kms/grant:Grant")
    assert grant.inputs["keyId"] == "arn:aws:kms:eu-west-1:111122223333:s3-key"
    assert grant.inputs["granteePrincipal"].endswith("/AWSServiceRoleForFSxS3Access_fsx-lustre-files-id")
    assert link.urn in graph.before(grant), "FSx makes that role when the two are linked"


def test_only_lustres_ports_are_open_between_it_and_the_nodes() -> None:
    graph = lustre()
    rules = [
        rule.inputs
        for kind in ("Ingress", "Egress")
        for rule in graph.of(f"aws:vpc/securityGroup{kind}Rule:SecurityGroup{kind}Rule")
        if rule.name.startswith("fsx-lustre")
    ]
    assert {(rule["fromPort"], rule["toPort"]) for rule in rules} == {(988, 988), (1018, 1023)}
    ends = {"fsx-lustre-access-id", "sg-cluster"}
    assert {rule["securityGroupId"] for rule in rules} | {rule["referencedSecurityGroupId"] for rule in rules} == ends
    assert not [rule for rule in rules if rule.get("cidrIpv4")]


def test_a_claim_gets_a_volume_that_no_other_claim_can_take() -> None:
    graph = lustre()
    volume = graph.one("kubernetes:core/v1:PersistentVolume")
    claim = graph.one("kubernetes:core/v1:PersistentVolumeClaim", "sharer-notebooks-files")
    assert claim.inputs["spec"]["volumeName"] == volume.inputs["metadata"]["name"] == "sharer-notebooks"
    assert volume.inputs["spec"]["claimRef"] == {"namespace": "sharer", "name": "notebooks"}
    assert volume.inputs["spec"]["persistentVolumeReclaimPolicy"] == "Retain"
    assert volume.inputs["spec"]["csi"]["volumeHandle"] == "fsx-lustre-files-id/sharer-notebooks"
    assert claim.inputs["spec"]["accessModes"] == ["ReadWriteMany"]
    made = graph.one("kubernetes:storage.k8s.io/v1:StorageClass", "fsx-lustre-class")
    assert made.inputs["provisioner"] == "kubernetes.io/no-provisioner", "a claim alone makes no file system"
    assert graph.one("aws:eks/addon:Addon", "fsx-lustre-aws-fsx-csi-driver").urn in graph.before(claim)


def test_the_driver_may_look_at_this_file_system_and_no_more() -> None:
    name = "fsx-lustre-kube-system-fsx-csi-controller-sa-aws-fsx-csi-driver"
    (statement,) = document(lustre().one("aws:iam/rolePolicy:RolePolicy", name).inputs["policy"])
    assert statement["Action"] == ["fsx:DescribeFileSystems"]
    assert statement["Resource"] == ["arn:aws:fsx:eu-west-1:111122223333:fsx-lustre-files"]


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"capacityGi": 3000}, "fsx-lustre: capacityGi is 3000: FSx has 1200, 2400 and multiples of 2400"),
        ({"throughput": 250}, "fsx-lustre: throughput is 250: only persistent takes one; leave it out"),
        (
            {"zone": 3},
            "fsx-lustre.zone: 3 is not in the network, which has 2: eu-west-1a, eu-west-1b",
        ),
    ],
)
def test_what_fsx_would_refuse_is_told(config: dict[str, Any], message: str) -> None:
    with pytest.raises(StackError) as error:
        lustre(**config)
    assert message in str(error.value)


def test_a_volume_is_not_larger_than_the_file_system() -> None:
    with pytest.raises(StackError) as error:
        build("dev", network={}, eks={}, sharer={"sizeGi": 5000}, **{"fsx-lustre": {}})
    assert list(error.value.problems) == [
        "sharer: the volume notebooks asks for 5000 GiB, and the file system has 1200: ask for less, or raise "
        "capacityGi"
    ]
