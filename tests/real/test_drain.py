"""What would hang a destroy, on a real API server: each case goes, or is named with what it waits for."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from groundwork.real.drain import Drain, described, drain, keys_of, look
from groundwork.real.errors import RealError
from groundwork.real.kubectl import Kubectl
from groundwork.sandbox.controlplane.client import KubeClient
from groundwork.sandbox.controlplane.plane import ControlPlane
from groundwork.sandbox.paths import SandboxPaths
from groundwork.sandbox.tools.locate import ToolsMissing, locate

KINDS = {
    "ScaledObject": "keda.sh/v1alpha1",
    "NodePool": "karpenter.sh/v1",
    "NodeClaim": "karpenter.sh/v1",
    "Gateway": "gateway.networking.k8s.io/v1",
    "TargetGroupBinding": "elbv2.k8s.aws/v1beta1",
    "VolumeSnapshotContent": "snapshot.storage.k8s.io/v1",
}
CLUSTERED = {"NodePool", "NodeClaim", "VolumeSnapshotContent"}
FINALIZER = "example.com/hold"


class Cluster:
    """An API server with the kinds of the controllers, none of which runs."""

    def __init__(self, client: KubeClient, kubectl: Kubectl) -> None:
        self.client = client
        self.kubectl = kubectl
        self.made: list[dict[str, Any]] = []

    def make(self, kind: str, name: str, *finalizers: str, api: str | None = None, **body: Any) -> dict[str, Any]:
        metadata = {"name": name, "finalizers": list(finalizers), **body.pop("metadata", {})}
        api_version = api or KINDS[kind]
        if kind not in CLUSTERED and kind not in ("Node", "PersistentVolume"):
            metadata["namespace"] = "default"
        self.client.discover(api_version, kind, wait=10)
        self.made.append(self.client.create({"apiVersion": api_version, "kind": kind, "metadata": metadata, **body}))
        return self.made[-1]

    def lets_go(self, seconds: float) -> None:
        """Be the controllers: what is being deleted has nothing to wait for any more. Takes the place of sleep."""
        for obj in self.made:
            found = self.find(obj)
            if found and found["metadata"].get("deletionTimestamp") and found["metadata"].get("finalizers"):
                self.kubectl.patch(found, {"metadata": {"finalizers": None}})

    def find(self, obj: Mapping[str, Any]) -> dict[str, Any] | None:
        metadata = obj["metadata"]
        return self.client.find(obj["apiVersion"], obj["kind"], metadata["name"], metadata.get("namespace"))

    def empty(self) -> None:
        for obj in self.made:
            if found := self.find(obj):
                self.kubectl.patch(found, {"metadata": {"finalizers": None}})
                self.kubectl.delete([found])
        self.made.clear()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    try:
        tools = locate()
    except ToolsMissing as missing:
        pytest.skip(str(missing))
    plane, paths = ControlPlane(), SandboxPaths(tmp_path_factory.mktemp("drain"))
    try:
        endpoint = plane.start(paths, tools)
        environ = {**os.environ, "HOME": str(paths.root), "KUBECONFIG": str(endpoint.kubeconfig)}
        with KubeClient(endpoint) as client:
            for kind, api_version in KINDS.items():
                client.create(_definition(kind, api_version))
            yield Cluster(client, Kubectl(str(tools.kubectl), environ))
    finally:
        plane.stop(paths)


@pytest.fixture
def cluster(running: Cluster) -> Iterator[Cluster]:
    yield running
    running.empty()


def _definition(kind: str, api_version: str) -> dict[str, Any]:
    group, version = api_version.split("/")
    plural = f"{kind.lower()}s"
    # The API server protects groups of k8s.io from those who have no leave for them.
    approved = {"api-approved.kubernetes.io": "unapproved, for a test"} if group.endswith("k8s.io") else {}
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}", "annotations": approved},
        "spec": {
            "group": group,
            "scope": "Cluster" if kind in CLUSTERED else "Namespaced",
            "names": {"kind": kind, "plural": plural, "singular": kind.lower()},
            "versions": [{"name": version, "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}],
        },
    }


def _stages(what: Drain) -> dict[str, list[str]]:
    return {stage.does: [described(each) for each in stage.goes] for stage in what.stages}


def _balancer(cluster: Cluster, name: str) -> dict[str, Any]:
    spec = {"type": "LoadBalancer", "ports": [{"port": 80}]}
    return cluster.make("Service", name, "service.k8s.aws/resources", api="v1", spec=spec)


def test_what_the_graph_destroys_and_what_waits_for_nobody_is_left_to_it(cluster: Cluster) -> None:
    cluster.make("ScaledObject", "users", FINALIZER)
    cluster.make("ScaledObject", "waits-for-nobody")
    ours = cluster.make("ScaledObject", "ours", FINALIZER)
    cluster.make("Service", "inside", api="v1", spec={"ports": [{"port": 80}]})
    state = [{"type": "kubernetes:keda.sh/v1alpha1:ScaledObject", "outputs": ours}]
    found = look(cluster.kubectl, keys_of(state), keep_volumes=True)
    assert _stages(found) == {
        "custom resources that wait for a controller": ["ScaledObject default/users (waits for example.com/hold)"]
    }


def test_each_hanging_thing_goes_while_its_controller_runs_and_in_an_order(cluster: Cluster) -> None:
    things = [
        cluster.make("ScaledObject", "users", FINALIZER),
        cluster.make("Gateway", "door", FINALIZER),
        cluster.make("Ingress", "page", "ingress.k8s.aws/resources", api="networking.k8s.io/v1", spec=_RULES),
        _balancer(cluster, "door-istio"),
        cluster.make("TargetGroupBinding", "door", "elbv2.k8s.aws/resources"),
        cluster.make("PodDisruptionBudget", "all", api="policy/v1", spec={"minAvailable": "100%"}),
        cluster.make("NodePool", "gpu", "karpenter.sh/termination"),
        cluster.make("NodeClaim", "gpu-x7", "karpenter.sh/termination"),
    ]
    stays = cluster.make("Node", "fixed", api="v1")
    told: list[str] = []
    what = look(cluster.kubectl, frozenset(), keep_volumes=True)
    result = drain(cluster.kubectl, what, timeout=60, tell=told.append, sleep=cluster.lets_go)
    assert (result.gone, result.left, result.forced) == (len(things), [], [])
    assert [cluster.find(thing) for thing in things] == [None] * len(things)
    assert told == [
        "custom resources that wait for a controller: 1 to delete",
        "load balancers: 4 to delete",
        "nodes of Karpenter: 3 to delete",
    ]
    assert cluster.find(stays), "a node of a node group goes with its group"
    assert look(cluster.kubectl, frozenset(), keep_volumes=True) == Drain()


def test_what_does_not_go_ends_the_drain_before_the_next_stage(cluster: Cluster) -> None:
    cluster.make("ScaledObject", "users", FINALIZER)
    balancer = _balancer(cluster, "door")
    what = look(cluster.kubectl, frozenset(), keep_volumes=True)
    result = drain(cluster.kubectl, what, timeout=0.1, sleep=lambda seconds: None)
    assert [described(each) for each in result.left] == ["ScaledObject default/users (waits for example.com/hold)"]
    found = cluster.find(balancer)
    assert found, "the stage after it is not begun"
    assert "deletionTimestamp" not in found["metadata"]


def test_force_takes_the_finalizers_and_says_of_what(cluster: Cluster) -> None:
    claim = cluster.make("NodeClaim", "gpu-x7", "karpenter.sh/termination")
    what = look(cluster.kubectl, frozenset(), keep_volumes=True)
    result = drain(cluster.kubectl, what, timeout=0.1, force=True, sleep=lambda seconds: None)
    assert [described(each) for each in result.forced] == ["NodeClaim gpu-x7 (waits for karpenter.sh/termination)"]
    assert result.left == []
    assert cluster.find(claim) is None


def test_a_node_of_karpenter_is_waited_for_and_pods_that_refuse_to_move_go(cluster: Cluster) -> None:
    node = cluster.make("Node", "made", FINALIZER, api="v1", metadata={"labels": {"karpenter.sh/nodepool": "gpu"}})
    annotations = {"karpenter.sh/do-not-disrupt": "true"}
    spec = {"nodeName": "made", "containers": [{"name": "c", "image": "i"}], "automountServiceAccountToken": False}
    cluster.client.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}})
    cluster.make("Pod", "training", api="v1", metadata={"annotations": annotations}, spec=spec)
    what = look(cluster.kubectl, frozenset(), keep_volumes=True)
    assert _stages(what) == {"nodes of Karpenter": ["Pod default/training"]}
    assert [described(each) for each in what.stages[0].awaited] == ["Node made (waits for example.com/hold)"]
    assert node["metadata"]["uid"] in {each["metadata"]["uid"] for each in what.stages[0].awaited}


@pytest.mark.parametrize("keep", [True, False])
def test_volumes_and_snapshots_outlive_their_claims_where_data_is_protected(cluster: Cluster, keep: bool) -> None:
    spec = {
        "capacity": {"storage": "1Gi"},
        "accessModes": ["ReadWriteOnce"],
        "csi": {"driver": "ebs.csi.aws.com", "volumeHandle": "vol-1"},
        "persistentVolumeReclaimPolicy": "Delete",
    }
    volume = cluster.make("PersistentVolume", "pvc-1", api="v1", spec=spec)
    snapshot = cluster.make("VolumeSnapshotContent", "snap-1", spec={"deletionPolicy": "Delete"})
    what = look(cluster.kubectl, frozenset(), keep_volumes=keep)
    drain(cluster.kubectl, what, timeout=1)
    kept, taken = cluster.find(volume), cluster.find(snapshot)
    assert kept
    assert taken
    policy = "Retain" if keep else "Delete"
    assert kept["spec"]["persistentVolumeReclaimPolicy"] == policy
    assert taken["spec"]["deletionPolicy"] == policy


def test_a_cluster_that_does_not_answer_is_told_in_kubectls_words() -> None:
    kubectl = Kubectl("/bin/false", {})
    with pytest.raises(RealError, match="`kubectl get` failed: it said nothing"):
        look(kubectl, frozenset(), keep_volumes=True)


_RULES = {
    "defaultBackend": {"service": {"name": "page", "port": {"number": 80}}},
}
