"""Objects and pools from which the tests of the simulated cluster build their worlds."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from groundwork.sandbox.cluster.pools import NodePool, PoolSubnet, Taint, discovery_tags
from groundwork.sandbox.cluster.settings import Pace
from groundwork.sandbox.cluster.simulation import ClusterSimulation
from groundwork.sandbox.controlplane.client import KubeClient

Object = dict[str, Any]
Make = Callable[..., Object]

SUBNETS = (PoolSubnet("eu-west-1a", "10.20.0.0/20"), PoolSubnet("eu-west-1b", "10.20.16.0/20"))


@pytest.fixture
def general() -> NodePool:
    """Two to four nodes of 4 vCPU and 16 GiB."""
    return NodePool(
        name="general",
        cluster="dev",
        region="eu-west-1",
        instance_types=("m7i.xlarge",),
        subnets=SUBNETS,
        desired=2,
        minimum=1,
        maximum=4,
        tags=discovery_tags("dev"),
    )


@pytest.fixture
def gpu(general: NodePool) -> NodePool:
    """None to two nodes with one L4, tainted and labelled, in the same cluster."""
    return dataclasses.replace(
        general,
        name="gpu",
        instance_types=("g6.xlarge",),
        desired=0,
        minimum=0,
        maximum=2,
        ami_type="AL2023_x86_64_NVIDIA",
        labels={"nvidia.com/gpu.present": "true"},
        taints=(Taint("nvidia.com/gpu", "NoSchedule", "true"),),
    )


@pytest.fixture
def make_pod() -> Make:
    """Make a pod; `node` binds it, `owner` is the kind of its controller, `waiting` says that no node took it."""

    def make(
        name: str = "pod",
        *,
        namespace: str = "default",
        requests: Object | None = None,
        node: str | None = None,
        owner: str | None = None,
        image: str = "app:1",
        waiting: bool = False,
        labels: Object | None = None,
        **spec: Any,
    ) -> Object:
        container = {"name": "main", "image": image, "resources": {"requests": requests or {}}}
        conditions = [{"type": "Ready", "status": "True"}] if node else []
        if waiting:
            conditions = [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}]
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": name,
                "namespace": namespace,
                "labels": labels or {},
                "ownerReferences": [{"kind": owner, "controller": True}] if owner else [],
            },
            "spec": {"containers": [container], **({"nodeName": node} if node else {}), **spec},
            "status": {"phase": "Running" if node else "Pending", "conditions": conditions},
        }

    return make


@pytest.fixture
def make_workload() -> Make:
    """Make a Deployment or DaemonSet of one image, available unless said otherwise."""

    def make(
        name: str,
        image: str,
        *,
        namespace: str = "kube-system",
        kind: str = "Deployment",
        available: bool = True,
        replicas: int = 1,
        requests: Object | None = None,
        limits: Object | None = None,
        args: list[str] | None = None,
        created: str = "2026-01-01T00:00:00Z",
        **spec: Any,
    ) -> Object:
        amounts = {"requests": requests or {}, "limits": limits or {}}
        container: Object = {"name": "main", "image": image, "resources": amounts}
        if args:
            container["args"] = args
        labels = {"app": name}
        template = {"metadata": {"labels": labels}, "spec": {"containers": [container], **spec}}
        counted = {"replicas": replicas} if kind == "Deployment" else {}
        return {
            "apiVersion": "apps/v1",
            "kind": kind,
            "metadata": {"name": name, "namespace": namespace, "creationTimestamp": created},
            "spec": {**counted, "selector": {"matchLabels": labels}, "template": template},
            "status": {"availableReplicas": int(available)},
        }

    return make


@pytest.fixture
def make_claim() -> Make:
    """Make a claim of 1 GiB."""

    def make(
        name: str = "data",
        *,
        namespace: str = "default",
        storage_class: str | None = "gp3",
        modes: tuple[str, ...] = ("ReadWriteOnce",),
        size: str = "1Gi",
        node: str | None = None,
        **spec: Any,
    ) -> Object:
        return {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {
                "name": name,
                "namespace": namespace,
                "uid": f"uid-of-{name}",
                "annotations": {"volume.kubernetes.io/selected-node": node} if node else {},
            },
            "spec": {
                "accessModes": list(modes),
                "resources": {"requests": {"storage": size}},
                **({"storageClassName": storage_class} if storage_class is not None else {}),
                **spec,
            },
            "status": {"phase": "Pending"},
        }

    return make


@pytest.fixture
def make_class() -> Make:
    """Make a StorageClass of the EBS driver."""

    def make(name: str = "gp3", *, provisioner: str = "ebs.csi.aws.com", default: bool = False, **rest: Any) -> Object:
        marked = {"storageclass.kubernetes.io/is-default-class": "true"} if default else {}
        return {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "StorageClass",
            "metadata": {"name": name, "annotations": marked},
            "provisioner": provisioner,
            **{"volumeBindingMode": "WaitForFirstConsumer", "reclaimPolicy": "Delete", **rest},
        }

    return make


@pytest.fixture
def make_service() -> Make:
    """Make a Service of type LoadBalancer."""

    def make(
        name: str = "gateway",
        *,
        namespace: str = "default",
        created: str = "2026-06-01T00:00:00Z",
        finalizers: list[str] | None = None,
        **spec: Any,
    ) -> Object:
        return {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {
                "name": name,
                "namespace": namespace,
                "uid": f"uid-of-{name}",
                "creationTimestamp": created,
                "finalizers": finalizers or [],
            },
            "spec": {"type": "LoadBalancer", "ports": [{"port": 80}], "selector": {"app": name}, **spec},
            "status": {},
        }

    return make


class Cloud:
    """Who reaches AWS, as a test decides."""

    def __init__(self) -> None:
        self.everybody = True
        self.accounts: set[tuple[str, str]] = set()

    def has_identity(self, namespace: str, service_account: str) -> bool:
        return self.everybody or (namespace, service_account) in self.accounts


@pytest.fixture
def cloud() -> Cloud:
    """A cloud that knows everybody."""
    return Cloud()


@pytest.fixture
def record_file(tmp_path: Path) -> Path:
    return tmp_path / "cluster.json"


@pytest.fixture
def simulation(kube: KubeClient, record_file: Path, cloud: Cloud) -> Iterator[ClusterSimulation]:
    """The simulation beside the shared control plane; it leaves nothing behind."""
    running = ClusterSimulation(kube, record_file, has_identity=cloud.has_identity, pace=Pace(young=4.0))
    running.start()
    yield running
    running.stop()
    running.remove_all()


@pytest.fixture
def unique() -> str:
    """A name that no other test uses, for what has no namespace."""
    return f"t{uuid.uuid4().hex[:8]}"
