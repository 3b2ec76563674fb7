"""Against a real API server and scheduler: nodes, GPUs and scaling are earned."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from groundwork.sandbox.cluster.marks import POOL, SELECTOR
from groundwork.sandbox.cluster.placement import Placement, placement
from groundwork.sandbox.cluster.pools import ExistingCluster, NodePool
from groundwork.sandbox.cluster.settings import Pace
from groundwork.sandbox.cluster.simulation import ClusterSimulation
from groundwork.sandbox.controlplane.client import KubeClient
from tests.sandbox.waiting import until

Object = dict[str, Any]
Make = Callable[..., Object]
_AUTOSCALER = "registry.k8s.io/autoscaling/cluster-autoscaler:v1.35.0"
_PLUGIN = "nvcr.io/nvidia/k8s-device-plugin:v0.20.0"
_TOLERATE = [{"key": "nvidia.com/gpu", "operator": "Exists"}]


@pytest.fixture
def own_general(general: NodePool, unique: str) -> NodePool:
    """A pool that takes only the pods of this test."""
    return dataclasses.replace(general, name=f"general-{unique}", labels={"test": unique})


@pytest.fixture
def own_gpu(gpu: NodePool, unique: str) -> NodePool:
    labels = {**gpu.labels, "gpu-test": unique}
    return dataclasses.replace(gpu, name=f"gpu-{unique}", labels=labels)


@pytest.fixture
def deploy(kube: KubeClient, namespace: str, make_workload: Make) -> Make:
    """Create a Deployment or DaemonSet in the test's namespace."""

    def create(name: str, image: str, **more: Any) -> Object:
        return kube.create(make_workload(name, image, namespace=namespace, **more))

    return create


def _nodes(kube: KubeClient, pool: NodePool) -> list[Object]:
    return kube.list("v1", "Node", label_selector=f"{POOL}={pool.name}")


def _gpus(kube: KubeClient, pool: NodePool) -> list[str | None]:
    return [node["status"]["allocatable"].get("nvidia.com/gpu") for node in _nodes(kube, pool)]


def _pods(kube: KubeClient, namespace: str, app: str) -> list[Object]:
    return kube.list("v1", "Pod", namespace, label_selector=f"app={app}")


def _running(kube: KubeClient, namespace: str, app: str) -> bool:
    pods = _pods(kube, namespace, app)
    return bool(pods) and all(pod["status"]["phase"] == "Running" for pod in pods)


def _place(kube: KubeClient, file: Path, *pools: NodePool) -> Placement:
    return placement(kube, pools, file)


def test_pools_become_ready_nodes_and_shrink_without_losing_pods(
    kube: KubeClient,
    simulation: ClusterSimulation,
    own_general: NodePool,
    namespace: str,
    deploy: Make,
    unique: str,
) -> None:
    """A node is drained before it goes, so its pods find another."""
    simulation.set_pools([own_general])
    assert simulation.settle()
    assert len(_nodes(kube, own_general)) == 2
    deploy("web", "web:1", replicas=4, nodeSelector={"test": unique}, requests={"cpu": "500m"})
    until(lambda: _running(kube, namespace, "web"))
    simulation.set_pools([dataclasses.replace(own_general, desired=1)])
    until(lambda: len(_nodes(kube, own_general)) == 1)
    until(lambda: _running(kube, namespace, "web") and len(_pods(kube, namespace, "web")) == 4)
    (node,) = _nodes(kube, own_general)
    assert {pod["spec"]["nodeName"] for pod in _pods(kube, namespace, "web")} == {node["metadata"]["name"]}


def test_a_changed_pool_changes_its_nodes(
    kube: KubeClient, simulation: ClusterSimulation, own_general: NodePool
) -> None:
    one = dataclasses.replace(own_general, desired=1)
    simulation.set_pools([one])
    assert simulation.settle()
    (before,) = _nodes(kube, one)
    simulation.set_pools([dataclasses.replace(one, labels={**one.labels, "team": "ml"})])
    until(lambda: _nodes(kube, one)[0]["metadata"]["labels"].get("team") == "ml")
    assert _nodes(kube, one)[0]["metadata"]["uid"] == before["metadata"]["uid"]
    simulation.set_pools([dataclasses.replace(one, instance_types=("m7i.2xlarge",))])
    until(lambda: [n["status"]["capacity"]["cpu"] for n in _nodes(kube, one)] == ["8"])
    simulation.set_pools([])
    until(lambda: not _nodes(kube, one))


def test_a_pool_with_a_fault_is_told_and_keeps_no_other_pool_from_its_nodes(
    kube: KubeClient, simulation: ClusterSimulation, own_general: NodePool, record_file: Path
) -> None:
    odd = dataclasses.replace(own_general, name="odd", instance_types=("m7i.larg",))
    simulation.set_pools([odd, own_general])
    assert simulation.settle()
    assert len(_nodes(kube, own_general)) == 2
    (told,) = [pool for pool in _place(kube, record_file, odd, own_general).pools if pool.name == "odd"]
    assert told.problem.startswith("'m7i.larg' is not one of the ")
    assert told.nodes == ()


def test_labels_that_the_api_server_refuses_are_told_and_hold_up_nothing_else(
    kube: KubeClient, simulation: ClusterSimulation, own_general: NodePool, record_file: Path
) -> None:
    odd = dataclasses.replace(own_general, name="odd", labels={"no label!": "x"})
    simulation.set_pools([odd, own_general])
    until(lambda: len(_nodes(kube, own_general)) == 2)
    found = until(lambda: (placed := _place(kube, record_file, odd)).refused and placed)
    assert found.pools[0].problem.startswith("the API server refuses its nodes: ")
    assert "no label!" in found.refused[0].reason


def test_an_empty_node_goes_after_a_while_but_never_below_the_minimum(
    kube: KubeClient,
    record_file: Path,
    own_general: NodePool,
    namespace: str,
    deploy: Make,
    unique: str,
) -> None:
    running = ClusterSimulation(kube, record_file, has_identity=lambda *_: True, pace=Pace(young=2.0, scale_down=1.5))
    pool = dataclasses.replace(own_general, desired=3, minimum=1)
    running.start()
    try:
        running.set_pools([pool])
        until(lambda: len(_nodes(kube, pool)) == 3)
        deploy("scaler", _AUTOSCALER, nodeSelector={"test": unique})
        until(lambda: _running(kube, namespace, "scaler"))
        home = _pods(kube, namespace, "scaler")[0]["spec"]["nodeName"]
        until(lambda: [node["metadata"]["name"] for node in _nodes(kube, pool)] == [home])
        time.sleep(2.5)
        assert [node["metadata"]["name"] for node in _nodes(kube, pool)] == [home]
    finally:
        running.stop()
        running.remove_all()


def test_a_gpu_pod_runs_only_with_a_device_plugin_and_on_no_other_pool(
    kube: KubeClient,
    simulation: ClusterSimulation,
    own_general: NodePool,
    own_gpu: NodePool,
    namespace: str,
    deploy: Make,
    unique: str,
    record_file: Path,
) -> None:
    one = dataclasses.replace(own_gpu, desired=1)
    simulation.set_pools([own_general, one])
    wanted = {"nvidia.com/gpu": "1"}
    deploy("train", "t:1", limits=wanted, tolerations=_TOLERATE, nodeSelector={"gpu-test": unique})
    deploy("greedy", "t:1", nodeSelector={"gpu-test": unique})
    assert simulation.settle()
    assert _gpus(kube, one) == [None]

    def said(workload: str) -> str:
        found = _place(kube, record_file, own_general, one).homeless
        return next((h.scheduler for h in found if h.pod.startswith(f"{namespace}/{workload}-")), "")

    until(lambda: "Insufficient nvidia.com/gpu" in said("train"))
    deploy("plugin", _PLUGIN, kind="DaemonSet", tolerations=_TOLERATE, nodeSelector={"gpu-test": unique})
    until(lambda: _gpus(kube, one) == ["1"])
    until(lambda: _running(kube, namespace, "train"))
    left = [h for h in _place(kube, record_file, own_general, one).homeless if h.pod.startswith(namespace)]
    assert [h.pod.split("/")[1].split("-")[0] for h in left] == ["greedy"], "it does not tolerate the taint"
    until(lambda: "untolerated taint" in said("greedy"))
    kube.delete("apps/v1", "DaemonSet", "plugin", namespace)
    until(lambda: _gpus(kube, one) == [None])


def test_an_empty_pool_gets_nodes_only_from_an_autoscaler_and_never_above_its_maximum(
    kube: KubeClient,
    simulation: ClusterSimulation,
    own_general: NodePool,
    own_gpu: NodePool,
    namespace: str,
    deploy: Make,
    cloud: Any,
    unique: str,
    record_file: Path,
) -> None:
    cloud.everybody = False
    simulation.set_pools([own_general, own_gpu])
    plugin = {"tolerations": _TOLERATE, "nodeSelector": {"gpu-test": unique}}
    deploy("plugin", _PLUGIN, kind="DaemonSet", **plugin)
    deploy("train", "t:1", replicas=3, limits={"nvidia.com/gpu": "1"}, **plugin)

    def reasons() -> set[str]:
        found = _place(kube, record_file, own_general, own_gpu).homeless
        return {h.scaler for h in found if h.pod.startswith(f"{namespace}/train")}

    until(lambda: reasons() == {"nothing adds nodes: no cluster-autoscaler is installed"})
    deploy("scaler", _AUTOSCALER, nodeSelector={"test": unique}, serviceAccountName="default")
    without = (
        f"nothing adds nodes: the cluster-autoscaler (Deployment {namespace}/scaler) has no cloud identity: "
        f"service account {namespace}/default has neither a pod identity with its agent nor IRSA with its OIDC provider"
    )
    until(lambda: reasons() == {without})
    assert _nodes(kube, own_gpu) == []
    cloud.accounts.add((namespace, "default"))
    simulation.refresh()
    assert simulation.settle(), "not before every pod has a node, or a reason to have none"
    assert _gpus(kube, own_gpu) == ["1", "1"]
    until(lambda: len([p for p in _pods(kube, namespace, "train") if p["status"]["phase"] == "Running"]) == 2)
    (reason,) = reasons()
    assert f"{own_gpu.name}: max node group size reached (2)" in reason


def test_a_new_process_takes_over_what_it_finds(
    kube: KubeClient, simulation: ClusterSimulation, own_general: NodePool, record_file: Path
) -> None:
    simulation.set_pools([own_general])
    assert simulation.settle()
    simulation.stop()
    before = {node["metadata"]["uid"] for node in _nodes(kube, own_general)}
    again = ClusterSimulation(kube, record_file, has_identity=lambda *_: True)
    again.start()
    try:
        assert again.settle()
        assert {node["metadata"]["uid"] for node in _nodes(kube, own_general)} == before
        again.set_pools([own_general])
        assert again.settle()
        assert {node["metadata"]["uid"] for node in _nodes(kube, own_general)} == before
    finally:
        again.stop()


def test_an_existing_cluster_has_machines_a_class_and_dns(
    kube: KubeClient, simulation: ClusterSimulation, record_file: Path
) -> None:
    simulation.set_existing(ExistingCluster(nodes=2))
    assert simulation.settle()
    found = _place(kube, record_file)
    (machines,) = [pool for pool in found.pools if pool.name == "existing"]
    assert [(node.name, node.ready) for node in machines.nodes] == [("node-1", True), ("node-2", True)]
    assert kube.find("storage.k8s.io/v1", "StorageClass", "microk8s-hostpath")
    until(lambda: _running(kube, "kube-system", "coredns") or _dns_runs(kube))


def _dns_runs(kube: KubeClient) -> bool:
    deployment = kube.get("apps/v1", "Deployment", "coredns", "kube-system")
    return bool(deployment["status"].get("readyReplicas") == 2)


def test_nothing_of_the_simulation_stays(
    kube: KubeClient, simulation: ClusterSimulation, own_general: NodePool, record_file: Path
) -> None:
    simulation.set_pools([own_general])
    simulation.set_addons({"vpc-cni", "coredns", "aws-ebs-csi-driver"})
    assert simulation.settle()
    assert kube.find("storage.k8s.io/v1", "CSIDriver", "ebs.csi.aws.com")
    simulation.set_addons({"vpc-cni"})
    until(lambda: kube.find("storage.k8s.io/v1", "CSIDriver", "ebs.csi.aws.com") is None)
    simulation.stop()
    simulation.remove_all()
    kinds = [
        ("v1", "Node"),
        ("v1", "ServiceAccount"),
        ("v1", "PersistentVolume"),
        ("apps/v1", "Deployment"),
        ("apps/v1", "DaemonSet"),
        ("storage.k8s.io/v1", "CSIDriver"),
        ("storage.k8s.io/v1", "StorageClass"),
    ]
    for api_version, kind in kinds:
        assert kube.list(api_version, kind, label_selector=SELECTOR) == [], kind
    until(lambda: kube.list("v1", "Pod", label_selector=SELECTOR) == [])
    assert not record_file.exists()
