"""A claim gets a volume only from a driver that is there, works and may."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from groundwork.sandbox.cluster import volumes
from groundwork.sandbox.cluster.nodes import existing_node, pool_node
from groundwork.sandbox.cluster.pools import ExistingCluster, NodePool
from groundwork.sandbox.cluster.volumes import Expand, Provision, Waits, may_delete
from groundwork.sandbox.cluster.world import World, world_of

Object = dict[str, Any]
Make = Callable[..., Object]
_CONTROLLER = "public.ecr.aws/ebs-csi-driver/aws-ebs-csi-driver:v1.64.0"
_READY = [{"type": "Ready", "status": "True"}]


def _driver(name: str = "ebs.csi.aws.com") -> Object:
    return {"apiVersion": "storage.k8s.io/v1", "kind": "CSIDriver", "metadata": {"name": name}}


def _nobody(namespace: str, account: str) -> bool:
    return False


def _everybody(namespace: str, account: str) -> bool:
    return True


@pytest.fixture
def served(make_workload: Make, make_class: Make, general: NodePool) -> list[Object]:
    """All that an EBS volume needs, and a node in each of two zones."""
    nodes = [pool_node(general, ordinal, ()) for ordinal in (0, 1)]
    for node in nodes:
        node["status"]["conditions"] = _READY
    controller = make_workload("ebs-csi-controller", _CONTROLLER, serviceAccountName="ebs-csi-controller-sa")
    return [_driver(), controller, make_class(), *nodes]


def _step(objects: list[Object], claim: Object, existing: ExistingCluster | None = None, by: Any = _everybody) -> Any:
    return volumes.next_step(world_of([*objects, claim]), claim, existing, by)


def _node_in(objects: list[Object], zone: str) -> str:
    for obj in objects:
        if obj["kind"] == "Node" and obj["metadata"]["labels"]["topology.kubernetes.io/zone"] == zone:
            return str(obj["metadata"]["name"])
    raise AssertionError(zone)


def test_a_volume_is_made_in_the_zone_of_the_selected_node(served: list[Object], make_claim: Make) -> None:
    claim = make_claim(node=_node_in(served, "eu-west-1b"), size="20Gi")
    step = _step(served, claim)
    assert isinstance(step, Provision)
    assert step.volume["metadata"]["name"] == "pvc-uid-of-data"
    assert step.volume["metadata"]["annotations"] == {"pv.kubernetes.io/provisioned-by": "ebs.csi.aws.com"}
    spec = step.volume["spec"]
    assert spec["capacity"] == {"storage": "20Gi"}
    assert spec["persistentVolumeReclaimPolicy"] == "Delete"
    assert spec["claimRef"]["uid"] == "uid-of-data"
    assert spec["csi"]["driver"] == "ebs.csi.aws.com"
    (term,) = spec["nodeAffinity"]["required"]["nodeSelectorTerms"]
    assert term["matchExpressions"] == [
        {"key": "topology.kubernetes.io/zone", "operator": "In", "values": ["eu-west-1b"]}
    ]


def test_a_claim_waits_for_its_first_consumer(served: list[Object], make_claim: Make) -> None:
    assert _step(served, make_claim()) == Waits("waits for the first pod that uses it")


def test_an_immediate_claim_gets_a_volume_where_its_class_allows(
    served: list[Object], make_claim: Make, make_class: Make
) -> None:
    topology = [
        {"matchLabelExpressions": [{"key": "topology.kubernetes.io/zone", "values": ["eu-west-1b", "eu-west-1c"]}]}
    ]
    quick = make_class("quick", volumeBindingMode="Immediate", allowedTopologies=topology)
    step = _step([*served, quick], make_claim(storage_class="quick"))
    assert isinstance(step, Provision)
    (term,) = step.volume["spec"]["nodeAffinity"]["required"]["nodeSelectorTerms"]
    assert term["matchExpressions"][0]["values"] == ["eu-west-1b"]


@pytest.mark.parametrize(
    ("lacking", "reason"),
    [
        ("CSIDriver", "provisioner ebs.csi.aws.com: no CSIDriver ebs.csi.aws.com is installed"),
        ("Deployment", "no controller of ebs.csi.aws.com is installed"),
        ("StorageClass", "StorageClass 'gp3' does not exist (there: none)"),
    ],
)
def test_each_missing_part_is_named(served: list[Object], make_claim: Make, lacking: str, reason: str) -> None:
    parts = [obj for obj in served if obj["kind"] != lacking]
    assert _step(parts, make_claim(node=_node_in(served, "eu-west-1a"))) == Waits(reason)


def test_a_driver_without_available_pods_provisions_nothing(
    served: list[Object], make_workload: Make, make_claim: Make
) -> None:
    down = make_workload("ebs-csi-controller", _CONTROLLER, available=False)
    parts = [obj for obj in served if obj["kind"] != "Deployment"] + [down]
    assert _step(parts, make_claim(node=_node_in(served, "eu-west-1a"))) == Waits(
        "the controller of ebs.csi.aws.com (Deployment kube-system/ebs-csi-controller) has no available pod"
    )


def test_a_driver_that_comes_with_a_token_has_to_say_as_whom(served: list[Object], make_claim: Make) -> None:
    claim = make_claim(node=_node_in(served, "eu-west-1a"))
    role = "arn:aws:iam::111122223333:role/volumes"

    def by_token(namespace: str, account: str) -> frozenset[str]:
        return frozenset({role})

    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "ebs-csi-controller-sa"}}
    account["metadata"] |= {"namespace": "kube-system"}  # type: ignore[operator]  # a map, as all metadata
    assert _step([*served, account], claim, by=by_token) == Waits(
        "the controller of ebs.csi.aws.com (Deployment kube-system/ebs-csi-controller) has no cloud identity: "
        f"service account kube-system/ebs-csi-controller-sa does not say eks.amazonaws.com/role-arn: {role}"
    )
    account["metadata"] |= {"annotations": {"eks.amazonaws.com/role-arn": role}}  # type: ignore[operator]  # the same
    assert isinstance(_step([*served, account], claim, by=by_token), Provision)


def test_a_driver_without_cloud_identity_provisions_nothing(served: list[Object], make_claim: Make) -> None:
    claim = make_claim(node=_node_in(served, "eu-west-1a"))
    assert _step(served, claim, by=_nobody) == Waits(
        "the controller of ebs.csi.aws.com (Deployment kube-system/ebs-csi-controller) has no cloud identity: "
        "service account kube-system/ebs-csi-controller-sa has neither a pod identity with its agent nor IRSA with its "
        "OIDC provider"
    )


def test_ebs_refuses_a_file_system_for_many_writers(served: list[Object], make_claim: Make) -> None:
    """The API server accepts such a claim; on AWS it would wait for ever."""
    node = _node_in(served, "eu-west-1a")
    assert _step(served, make_claim(node=node, modes=("ReadWriteMany",))) == Waits(
        "ebs.csi.aws.com offers no ReadWriteMany for a file system (valid: ReadWriteOnce, ReadWriteOncePod)"
    )
    block = make_claim(node=node, modes=("ReadWriteMany",), volumeMode="Block")
    assert isinstance(_step(served, block), Provision)


def test_the_in_tree_class_is_served_by_the_driver_it_became(
    served: list[Object], make_claim: Make, make_class: Make
) -> None:
    gp2 = make_class("gp2", provisioner="kubernetes.io/aws-ebs")
    step = _step([*served, gp2], make_claim(storage_class="gp2", node=_node_in(served, "eu-west-1a")))
    assert isinstance(step, Provision)
    assert step.volume["spec"]["csi"]["driver"] == "ebs.csi.aws.com"


def test_an_unknown_driver_needs_a_deployment_with_its_provisioner(
    served: list[Object], make_claim: Make, make_class: Make, make_workload: Make
) -> None:
    node = _node_in(served, "eu-west-1a")
    parts = [*served, make_class("own", provisioner="csi.example.org"), _driver("csi.example.org")]
    claim = make_claim(storage_class="own", node=node)
    assert _step(parts, claim) == Waits("provisioner csi.example.org: no available Deployment provisions for it")
    controller = make_workload("own", "example.org/own:1", args=["--driver=csi.example.org"])
    controller["spec"]["template"]["spec"]["containers"].append(
        {"name": "provisioner", "image": "registry.k8s.io/sig-storage/csi-provisioner:v6"}
    )
    assert isinstance(_step([*parts, controller], claim), Provision)


@pytest.mark.parametrize(
    ("storage_class", "reason"),
    [
        (None, "it names no StorageClass, and none is the default"),
        ("", "it asks for no StorageClass, and no volume that fits was made by hand"),
        ("fast", "StorageClass 'fast' does not exist (there: gp3)"),
    ],
)
def test_a_claim_without_a_usable_class_says_so(
    served: list[Object], make_claim: Make, storage_class: str | None, reason: str
) -> None:
    assert _step(served, make_claim(storage_class=storage_class)) == Waits(reason)


def test_an_existing_cluster_offers_its_own_class(make_claim: Make, make_class: Make) -> None:
    existing = ExistingCluster()
    machine = existing_node(existing, 0)
    own = make_class("microk8s-hostpath", provisioner=existing.provisioner)
    claim = make_claim(storage_class="microk8s-hostpath", node="node-1", modes=("ReadWriteMany",))
    step = _step([machine, own], claim, existing, _nobody)
    assert isinstance(step, Provision)
    assert step.volume["spec"]["hostPath"]["path"].endswith("pvc-uid-of-data")
    assert _step([machine, own], claim, None, _everybody) == Waits(
        "provisioner microk8s.io/hostpath: no CSIDriver microk8s.io/hostpath is installed"
    )


def _bound(served: list[Object], make_claim: Make, asked: str) -> tuple[list[Object], Object]:
    first = make_claim(node=_node_in(served, "eu-west-1a"))
    step = _step(served, first)
    claim = make_claim(size=asked, volumeName="pvc-uid-of-data")
    claim["status"] = {"phase": "Bound", "capacity": {"storage": "1Gi"}}
    return [*served, step.volume], claim


def test_a_claim_that_asks_for_more_is_grown_by_its_driver(served: list[Object], make_claim: Make) -> None:
    objects, claim = _bound(served, make_claim, "5Gi")
    assert _step(objects, claim) == Expand("pvc-uid-of-data", "5Gi")
    assert _step(objects, claim, by=_nobody) == Waits(
        "cannot grow from 1Gi to 5Gi: the controller of ebs.csi.aws.com (Deployment "
        "kube-system/ebs-csi-controller) has no cloud identity: service account "
        "kube-system/ebs-csi-controller-sa has neither a pod identity with its agent nor IRSA with its OIDC provider"
    )


def test_a_claim_that_has_what_it_asked_for_is_left_alone(served: list[Object], make_claim: Make) -> None:
    objects, claim = _bound(served, make_claim, "1024Mi")
    assert _step(objects, claim) is None


@pytest.mark.parametrize(("policy", "goes"), [("Delete", True), ("Retain", False)])
def test_a_released_volume_goes_if_its_policy_says_so(
    served: list[Object], make_claim: Make, policy: str, goes: bool
) -> None:
    objects, _ = _bound(served, make_claim, "1Gi")
    volume = objects[-1]
    volume["spec"]["persistentVolumeReclaimPolicy"] = policy
    volume["status"] = {"phase": "Released"}
    assert may_delete(world_of(objects), volume, None, _everybody) is goes
    volume["status"] = {"phase": "Bound"}
    assert may_delete(world_of(objects), volume, None, _everybody) is False


def test_a_volume_whose_driver_went_first_is_left_behind(served: list[Object], make_claim: Make) -> None:
    """On AWS it would go on costing money."""
    objects, _ = _bound(served, make_claim, "1Gi")
    volume = {**objects[-1], "status": {"phase": "Released"}}
    assert may_delete(World(), volume, None, _everybody) == (
        "its volume is left behind: provisioner ebs.csi.aws.com: no CSIDriver ebs.csi.aws.com is installed"
    )


def test_a_volume_of_somebody_else_is_never_deleted() -> None:
    volume = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": "own", "annotations": {"pv.kubernetes.io/provisioned-by": "ebs.csi.aws.com"}},
        "spec": {"persistentVolumeReclaimPolicy": "Delete"},
        "status": {"phase": "Released"},
    }
    assert may_delete(world_of([volume]), volume, None, _everybody) is False
