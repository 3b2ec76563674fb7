"""Against a real API server and its controllers: volumes and load balancers are earned."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from groundwork.sandbox.cluster import record
from groundwork.sandbox.cluster.pools import ExistingCluster, NodePool
from groundwork.sandbox.cluster.simulation import ClusterSimulation
from groundwork.sandbox.controlplane.client import KubeClient
from tests.infra.stacks import build
from tests.sandbox.waiting import until

Object = dict[str, Any]
Make = Callable[..., Object]
_LBC = "public.ecr.aws/eks/aws-load-balancer-controller:v3.5.0"


@pytest.fixture
def storage_class(kube: KubeClient, unique: str, make_class: Make) -> Iterator[str]:
    """A class of the EBS driver with the name of this test."""
    kube.create(make_class(unique, allowVolumeExpansion=True))
    yield unique
    kube.delete("storage.k8s.io/v1", "StorageClass", unique)


@pytest.fixture
def nodes(simulation: ClusterSimulation, general: NodePool, unique: str) -> NodePool:
    """Nodes that only the pods of this test select."""
    pool = dataclasses.replace(general, name=f"general-{unique}", labels={"test": unique})
    simulation.set_pools([pool])
    assert simulation.settle()
    return pool


def _claim(kube: KubeClient, namespace: str, name: str = "data") -> Object:
    return kube.get("v1", "PersistentVolumeClaim", name, namespace)


def _reason(file: Path, kind: str, name: str) -> str | None:
    found: str | None = getattr(record.read(file), kind).get(name)
    return found


def _use(kube: KubeClient, make_pod: Make, make_claim: Make, namespace: str, storage_class: str, test: str) -> None:
    """Create a claim and a pod that mounts it."""
    claim = make_claim(namespace=namespace, storage_class=storage_class)
    del claim["metadata"]["uid"]
    kube.create(claim)
    volumes = [{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}]
    pod = make_pod("user", namespace=namespace, volumes=volumes, nodeSelector={"test": test})
    kube.create({key: value for key, value in pod.items() if key != "status"})


def test_a_claim_binds_only_with_driver_and_identity_and_its_volume_goes_with_it(
    kube: KubeClient,
    simulation: ClusterSimulation,
    nodes: NodePool,
    storage_class: str,
    namespace: str,
    make_pod: Make,
    make_claim: Make,
    unique: str,
    cloud: Any,
    record_file: Path,
) -> None:
    cloud.everybody = False
    _use(kube, make_pod, make_claim, namespace, storage_class, unique)
    name = f"{namespace}/data"
    no_driver = "provisioner ebs.csi.aws.com: no CSIDriver ebs.csi.aws.com is installed"
    until(lambda: _reason(record_file, "claims", name) == no_driver)
    simulation.set_addons({"aws-ebs-csi-driver"})
    until(lambda: "has no cloud identity" in (_reason(record_file, "claims", name) or ""))
    assert _claim(kube, namespace)["status"]["phase"] == "Pending"
    cloud.accounts.add(("kube-system", "ebs-csi-controller-sa"))
    simulation.refresh()
    until(lambda: _claim(kube, namespace)["status"]["phase"] == "Bound")
    pod = until(lambda: (found := kube.get("v1", "Pod", "user", namespace))["status"]["phase"] == "Running" and found)
    volume = kube.get("v1", "PersistentVolume", _claim(kube, namespace)["spec"]["volumeName"])
    node = kube.get("v1", "Node", pod["spec"]["nodeName"])
    zone = node["metadata"]["labels"]["topology.kubernetes.io/zone"]
    assert f"'values': ['{zone}']" in str(volume["spec"]["nodeAffinity"])
    bigger = {"spec": {"resources": {"requests": {"storage": "3Gi"}}}}
    kube.patch("v1", "PersistentVolumeClaim", "data", bigger, namespace)
    until(lambda: _claim(kube, namespace)["status"]["capacity"]["storage"] == "3Gi")
    kube.delete("v1", "Pod", "user", namespace)
    kube.delete("v1", "PersistentVolumeClaim", "data", namespace)
    until(lambda: kube.find("v1", "PersistentVolume", volume["metadata"]["name"]) is None)


@pytest.mark.parametrize(
    ("component", "driver", "addon"),
    [
        ("efs", "efs.csi.aws.com", "aws-efs-csi-driver"),
        ("fsx-lustre", "fsx.csi.aws.com", "aws-fsx-csi-driver"),
    ],
)
def test_pods_in_two_zones_write_one_volume_that_a_component_offers(
    kube: KubeClient,
    simulation: ClusterSimulation,
    nodes: NodePool,
    namespace: str,
    make_pod: Make,
    unique: str,
    record_file: Path,
    component: str,
    driver: str,
    addon: str,
) -> None:
    """With the very class, volume and claim of the program; what EFS makes, it makes only while its driver is there."""
    graph = build("dev", **{"network": {}, "eks": {}, "sharer": {}, component: {}})
    kinds = ("storage.k8s.io/v1:StorageClass", "core/v1:PersistentVolume", "core/v1:PersistentVolumeClaim")
    declared = [each.inputs for kind in kinds for each in graph.of(f"kubernetes:{kind}")]
    text = json.dumps([each for each in declared if not each["metadata"]["name"].startswith("gp3")])
    made = [kube.create(_served(each)) for each in json.loads(text.replace('"sharer', f'"{namespace}'))]
    for zone in ("a", "b"):
        volumes = [{"name": "d", "persistentVolumeClaim": {"claimName": "notebooks"}}]
        selector = {"test": unique, "topology.kubernetes.io/zone": f"eu-west-1{zone}"}
        pod = make_pod(f"user-{zone}", namespace=namespace, volumes=volumes, nodeSelector=selector)
        kube.create({key: value for key, value in pod.items() if key != "status"})
    if component == "efs":
        no_driver = f"provisioner {driver}: no CSIDriver {driver} is installed"
        until(lambda: _reason(record_file, "claims", f"{namespace}/notebooks") == no_driver)
    simulation.set_addons({addon})
    until(lambda: [kube.get("v1", "Pod", f"user-{z}", namespace)["status"]["phase"] for z in "ab"] == ["Running"] * 2)
    bound = _claim(kube, namespace, "notebooks")
    assert (bound["status"]["phase"], bound["status"]["accessModes"]) == ("Bound", ["ReadWriteMany"])
    volume = kube.get("v1", "PersistentVolume", bound["spec"]["volumeName"])
    assert volume["spec"]["csi"]["driver"] == driver
    assert "nodeAffinity" not in volume["spec"], "every zone reaches it"
    kube.delete("storage.k8s.io/v1", "StorageClass", made[0]["metadata"]["name"])


def _served(inputs: Mapping[str, Any]) -> Object:
    """Return an object as the engine hands it to the provider, without what is only the engine's."""
    metadata = {key: value for key, value in inputs["metadata"].items() if key != "annotations"}
    return {**{key: value for key, value in inputs.items() if value is not None}, "metadata": metadata}


def test_a_claim_on_an_existing_cluster_binds_by_its_default_class(
    kube: KubeClient,
    simulation: ClusterSimulation,
    namespace: str,
    make_pod: Make,
    make_claim: Make,
) -> None:
    simulation.set_existing(ExistingCluster(nodes=1, labels={"test": "existing"}))
    assert simulation.settle()
    claim = make_claim(namespace=namespace, storage_class=None)
    del claim["metadata"]["uid"]
    kube.create(claim)
    volumes = [{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}]
    pod = make_pod("user", namespace=namespace, volumes=volumes, nodeSelector={"test": "existing"})
    kube.create({key: value for key, value in pod.items() if key != "status"})
    until(lambda: _claim(kube, namespace)["status"]["phase"] == "Bound")
    assert _claim(kube, namespace)["spec"]["storageClassName"] == "microk8s-hostpath"


def test_a_load_balancer_is_named_only_with_its_controller_and_needs_it_to_go(
    kube: KubeClient,
    simulation: ClusterSimulation,
    nodes: NodePool,
    namespace: str,
    make_service: Make,
    make_workload: Make,
    unique: str,
    record_file: Path,
) -> None:
    def service() -> Object | None:
        return kube.find("v1", "Service", "gateway", namespace)

    def hostname() -> str:
        found = service()
        ingress = ((found or {}).get("status", {}).get("loadBalancer") or {}).get("ingress") or [{}]
        return str(ingress[0].get("hostname", ""))

    made = make_service(namespace=namespace, loadBalancerClass="service.k8s.aws/nlb")
    del made["metadata"]["uid"]
    kube.create(made)
    missing = "no AWS Load Balancer Controller is installed"
    until(lambda: _reason(record_file, "services", f"{namespace}/gateway") == missing)
    controller = make_workload("lbc", _LBC, namespace=namespace, nodeSelector={"test": unique})
    kube.create(controller)
    until(lambda: hostname().endswith(".elb.eu-west-1.amazonaws.com"))
    kube.delete("apps/v1", "Deployment", "lbc", namespace)
    until(lambda: kube.find("apps/v1", "Deployment", "lbc", namespace) is None)
    kube.delete("v1", "Service", "gateway", namespace)
    waits = f"its deletion waits: {missing}"
    until(lambda: _reason(record_file, "services", f"{namespace}/gateway") == waits)
    assert service() is not None
    kube.create(controller)
    until(lambda: service() is None)


def test_leaving_takes_names_and_finalizers_back(
    kube: KubeClient,
    simulation: ClusterSimulation,
    nodes: NodePool,
    namespace: str,
    make_service: Make,
    make_workload: Make,
    unique: str,
) -> None:
    kube.create(make_workload("lbc", _LBC, namespace=namespace, nodeSelector={"test": unique}))
    made = make_service(namespace=namespace, loadBalancerClass="service.k8s.aws/nlb")
    del made["metadata"]["uid"]
    kube.create(made)
    until(lambda: kube.get("v1", "Service", "gateway", namespace)["metadata"].get("finalizers"))
    assert simulation.settle()
    simulation.stop()
    simulation.remove_all()
    left = kube.get("v1", "Service", "gateway", namespace)
    assert not left["metadata"].get("finalizers")
    assert not left["metadata"].get("annotations")
    assert not left["status"].get("loadBalancer")
