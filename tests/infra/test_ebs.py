"""Classes of EBS volumes and their snapshots, as the engine would get them."""

from __future__ import annotations

from typing import Any

import pytest

from groundwork.core.catalogue import load_catalogue
from groundwork.core.errors import StackError
from groundwork.testing import Graph
from groundwork.testing.record import ROOT
from tests.infra.stacks import build, document

CLASS = "kubernetes:storage.k8s.io/v1:StorageClass"
SNAPSHOTS = "kubernetes:snapshot.storage.k8s.io/v1:VolumeSnapshotClass"
KEY = "arn:aws:kms:eu-west-1:111122223333:ebs-key"


def volumes(environment: str = "dev", **config: Any) -> Graph:
    return build(environment, network={}, eks={}, ebs=config)


def test_the_clusters_own_class_stays_the_default_and_as_it_was() -> None:
    plain = build(network={}, eks={}).one(CLASS, "eks-gp3")
    beside = volumes()
    assert beside.one(CLASS, "eks-gp3").inputs == plain.inputs
    assert not beside.one(CLASS, "ebs-gp3-own-key").inputs["metadata"].get("annotations")


def test_a_class_has_the_type_the_speed_and_the_key_that_were_asked_for() -> None:
    graph = volumes(classes={"fast": {"type": "io2", "iops": 5000, "filesystem": "xfs", "keep": True}})
    made = graph.one(CLASS, "ebs-fast").inputs
    assert made["parameters"] == {
        "type": "io2",
        "iops": "5000",
        "csi.storage.k8s.io/fstype": "xfs",
        "encrypted": "true",
        "kmsKeyId": KEY,
    }
    assert (made["reclaimPolicy"], made["volumeBindingMode"]) == ("Retain", "WaitForFirstConsumer")


def test_the_clusters_driver_may_use_the_key_and_lend_it_to_aws_alone() -> None:
    graph = volumes()
    policy = graph.one("aws:iam/rolePolicy:RolePolicy", "ebs-key").inputs
    driver = graph.one("aws:iam/role:Role", "eks-aws-ebs-csi-driver").inputs
    assert policy["role"] == driver["name"]
    use, lend = document(policy["policy"])
    assert (use["Resource"], lend["Resource"]) == ([KEY], [KEY])
    assert (lend["Action"], lend["Condition"]) == (
        ["kms:CreateGrant"],
        {"Bool": {"kms:GrantIsForAWSResource": "true"}},
    )


@pytest.mark.parametrize(("environment", "policy"), [("dev", "Delete"), ("prod", "Retain")])
def test_snapshots_have_a_class_after_their_kinds_and_their_controller(environment: str, policy: str) -> None:
    graph = volumes(environment)
    made = graph.one(SNAPSHOTS, "ebs-snapshots")
    assert (made.inputs["driver"], made.inputs["deletionPolicy"]) == ("ebs.csi.aws.com", policy)
    controller = graph.one("aws:eks/addon:Addon", "ebs-snapshot-controller")
    kinds = graph.of("kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition")
    assert len(kinds) == 3
    assert {controller.urn, *(kind.urn for kind in kinds)} <= set(graph.before(made))


def test_kinds_and_snapshots_stay_when_the_controller_goes() -> None:
    """Deleting the add-on would take its kinds along, and with them every snapshot."""
    graph = volumes()
    assert graph.one("aws:eks/addon:Addon", "ebs-snapshot-controller").inputs["preserve"] is True
    forced = [
        kind.inputs["metadata"]["annotations"]["pulumi.com/patchForce"]
        for kind in graph.of("kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition")
    ]
    assert forced == ["true"] * 3, "the add-on writes the same kinds"


def test_kinds_and_controller_are_of_one_version() -> None:
    catalogue = load_catalogue(ROOT)
    version = catalogue.definitions["volume-snapshots"].version
    assert catalogue.managed_addons["snapshot-controller"].version.startswith(f"v{version}-")


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"type": "io2"}, "ebs.classes.fast: io2 needs iops: 100 to 256000"),
        ({"type": "st1", "iops": 500}, "ebs.classes.fast: st1 takes no iops: its speed follows from its size"),
        ({"type": "gp3", "iops": 100}, "ebs.classes.fast: iops is 100: gp3 takes 3000 to 80000"),
        (
            {"type": "io2", "iops": 1, "throughputMi": 5},
            "ebs.classes.fast: iops is 1: io2 takes 100 to 256000; io2 takes no throughputMi: only gp3 does",
        ),
        (
            {"throughputMi": 1000},
            "ebs.classes.fast: throughputMi is 1000, and iops 3000: that many need at least 4000",
        ),
        ({"type": "gp2"}, "ebs.classes.fast.type: must be 'gp3', 'io2', 'st1' or 'sc1' (got 'gp2')"),
    ],
)
def test_what_aws_would_refuse_is_told(config: dict[str, Any], message: str) -> None:
    with pytest.raises(StackError) as error:
        volumes(classes={"fast": config})
    assert message in str(error.value)


def test_the_clusters_class_is_not_taken() -> None:
    with pytest.raises(StackError) as error:
        volumes(classes={"gp3": {}})
    assert list(error.value.problems) == [
        "ebs.classes: 'gp3' is the cluster's own class; choose another name, such as gp3-own-key"
    ]
