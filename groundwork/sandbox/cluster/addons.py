"""What EKS's managed add-ons bring into a cluster: only what takes room on nodes or serves others.

Names, service accounts, replicas and requests are those of the add-ons' defaults; images are only named.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from groundwork.sandbox.cluster import marks
from groundwork.sandbox.cluster.marks import Object

NAMESPACE = "kube-system"
HASH = "groundwork.example/hash"


@dataclass(frozen=True)
class Container:
    """A container and its requests, as Kubernetes quantities."""

    name: str
    image: str
    cpu: str = ""
    memory: str = ""


@dataclass(frozen=True)
class Workload:
    """A Deployment or DaemonSet of an add-on."""

    kind: Literal["Deployment", "DaemonSet"]
    name: str
    service_account: str
    containers: tuple[Container, ...]
    replicas: int = 1
    host_network: bool = False


@dataclass(frozen=True)
class Addon:
    """A managed add-on."""

    name: str
    workloads: tuple[Workload, ...]
    csi_driver: str | None = None
    attach_required: bool = True


def _sidecars(*names: str, cpu: str = "", memory: str = "") -> tuple[Container, ...]:
    return tuple(Container(name, name, cpu, memory) for name in names)


ADDONS = {
    addon.name: addon
    for addon in (
        Addon(
            "vpc-cni",
            (
                Workload(
                    "DaemonSet",
                    "aws-node",
                    "aws-node",
                    (
                        Container("aws-node", "amazon-k8s-cni", "25m"),
                        Container("aws-eks-nodeagent", "aws-network-policy-agent", "25m"),
                    ),
                    host_network=True,
                ),
            ),
        ),
        Addon(
            "kube-proxy",
            (
                Workload(
                    "DaemonSet",
                    "kube-proxy",
                    "kube-proxy",
                    (Container("kube-proxy", "kube-proxy", "100m"),),
                    host_network=True,
                ),
            ),
        ),
        Addon(
            "coredns",
            (
                Workload(
                    "Deployment",
                    "coredns",
                    "coredns",
                    (Container("coredns", "coredns", "100m", "70Mi"),),
                    replicas=2,
                ),
            ),
        ),
        Addon(
            "eks-pod-identity-agent",
            (
                Workload(
                    "DaemonSet",
                    "eks-pod-identity-agent",
                    "default",
                    (Container("eks-pod-identity-agent", "eks-pod-identity-agent"),),
                    host_network=True,
                ),
            ),
        ),
        Addon(
            "aws-ebs-csi-driver",
            (
                Workload(
                    "Deployment",
                    "ebs-csi-controller",
                    "ebs-csi-controller-sa",
                    (
                        Container("ebs-plugin", "aws-ebs-csi-driver", "10m", "40Mi"),
                        *_sidecars(
                            "csi-provisioner",
                            "csi-attacher",
                            "csi-snapshotter",
                            "csi-resizer",
                            cpu="10m",
                            memory="40Mi",
                        ),
                        *_sidecars("liveness-probe", cpu="10m", memory="32Mi"),
                    ),
                    replicas=2,
                ),
                Workload(
                    "DaemonSet",
                    "ebs-csi-node",
                    "ebs-csi-node-sa",
                    (
                        Container("ebs-plugin", "aws-ebs-csi-driver", "10m", "40Mi"),
                        *_sidecars("node-driver-registrar", "liveness-probe", cpu="10m", memory="32Mi"),
                    ),
                ),
            ),
            csi_driver="ebs.csi.aws.com",
        ),
        Addon(
            "aws-efs-csi-driver",
            (
                Workload(
                    "Deployment",
                    "efs-csi-controller",
                    "efs-csi-controller-sa",
                    (
                        Container("efs-plugin", "aws-efs-csi-driver"),
                        *_sidecars("csi-provisioner", "liveness-probe"),
                    ),
                    replicas=2,
                ),
                Workload(
                    "DaemonSet",
                    "efs-csi-node",
                    "efs-csi-node-sa",
                    (
                        Container("efs-plugin", "aws-efs-csi-driver"),
                        *_sidecars("csi-driver-registrar", "liveness-probe"),
                    ),
                    host_network=True,
                ),
            ),
            csi_driver="efs.csi.aws.com",
            attach_required=False,
        ),
        Addon(
            "aws-fsx-csi-driver",
            (
                Workload(
                    "Deployment",
                    "fsx-csi-controller",
                    "fsx-csi-controller-sa",
                    (
                        Container("fsx-plugin", "aws-fsx-csi-driver", "10m", "40Mi"),
                        *_sidecars("csi-provisioner", "csi-resizer", "liveness-probe", cpu="10m", memory="32Mi"),
                    ),
                    replicas=2,
                ),
                Workload(
                    "DaemonSet",
                    "fsx-csi-node",
                    "fsx-csi-node-sa",
                    (
                        Container("fsx-plugin", "aws-fsx-csi-driver", "10m", "40Mi"),
                        *_sidecars("node-driver-registrar", "liveness-probe", cpu="10m", memory="32Mi"),
                    ),
                ),
            ),
            csi_driver="fsx.csi.aws.com",
            attach_required=False,
        ),
        Addon(
            "snapshot-controller",
            (
                Workload(
                    "Deployment",
                    "snapshot-controller",
                    "snapshot-controller",
                    (Container("snapshot-controller", "snapshot-controller"),),
                    replicas=2,
                ),
            ),
        ),
        Addon(
            "metrics-server",
            (
                Workload(
                    "Deployment",
                    "metrics-server",
                    "metrics-server",
                    (Container("metrics-server", "metrics-server", "100m", "200Mi"),),
                    replicas=2,
                ),
            ),
        ),
    )
}


def manifests(names: Iterable[str]) -> list[Object]:
    """Return the objects of the add-ons of those names; an add-on that is not known brings none."""
    found: dict[tuple[str, str], Object] = {}
    for addon in (ADDONS[name] for name in sorted(set(names)) if name in ADDONS):
        for obj in _objects(addon):
            found[obj["kind"], obj["metadata"]["name"]] = obj
    return list(found.values())


def _objects(addon: Addon) -> list[Object]:
    accounts = sorted({w.service_account for w in addon.workloads} - {"default"})
    objects = [_named("v1", "ServiceAccount", name, addon, {}) for name in accounts]
    if addon.csi_driver:
        spec = {"attachRequired": addon.attach_required, "podInfoOnMount": False}
        objects.append(
            _named("storage.k8s.io/v1", "CSIDriver", addon.csi_driver, addon, {"spec": spec}, namespaced=False)
        )
    return objects + [_workload(addon, workload) for workload in addon.workloads]


def _workload(addon: Addon, workload: Workload) -> Object:
    chosen = {"app.kubernetes.io/name": workload.name, marks.SIMULATED: "true"}
    everywhere = workload.kind == "DaemonSet"
    pod: Object = {
        "serviceAccountName": workload.service_account,
        "priorityClassName": "system-node-critical" if everywhere else "system-cluster-critical",
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "tolerations": [{"operator": "Exists"}]
        if everywhere
        else [{"key": "CriticalAddonsOnly", "operator": "Exists"}],
        "containers": [_container(container) for container in workload.containers],
    }
    if workload.host_network:
        pod["hostNetwork"] = True
    spec: Object = {
        "selector": {"matchLabels": chosen},
        "template": {"metadata": {"labels": chosen}, "spec": pod},
    }
    if not everywhere:
        spec["replicas"] = workload.replicas
    return _named("apps/v1", workload.kind, workload.name, addon, {"spec": spec})


def _container(container: Container) -> Object:
    asked = {"cpu": container.cpu, "memory": container.memory}
    requests = {name: amount for name, amount in asked.items() if amount}
    return {
        "name": container.name,
        "image": f"eks/{container.image}:managed",
        **({"resources": {"requests": requests}} if requests else {}),
    }


def _named(api_version: str, kind: str, name: str, addon: Addon, body: Object, *, namespaced: bool = True) -> Object:
    digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:16]
    return {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {
            "name": name,
            **({"namespace": NAMESPACE} if namespaced else {}),
            "labels": {marks.SIMULATED: "true", marks.ADDON: addon.name},
            "annotations": {HASH: digest},
        },
        **body,
    }
