"""Simulated nodes and the life of pods on them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from groundwork.sandbox.controlplane.client import KubeClient, PatchType
from groundwork.sandbox.controlplane.kwok import FAIL, FAKE_NODE, HOLD
from groundwork.sandbox.controlplane.waiting import condition, wait_for, wait_gone

PodSpec = Callable[..., dict[str, Any]]


def job(namespace: str, spec: dict[str, Any], annotations: dict[str, str]) -> dict[str, Any]:
    template = {"metadata": {"annotations": annotations}, "spec": spec}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "work", "namespace": namespace},
        "spec": {"backoffLimit": 0, "template": template},
    }


def create_pod(kube: KubeClient, namespace: str, spec: dict[str, Any], annotations: dict[str, str]) -> None:
    metadata = {"name": "app", "namespace": namespace, "annotations": annotations}
    kube.create({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})


def test_a_job_completes(kube: KubeClient, namespace: str, pod_spec: PodSpec) -> None:
    kube.create(job(namespace, pod_spec(restartPolicy="Never"), {}))
    done = wait_for(kube, "batch/v1", "Job", "work", namespace, ready=lambda j: condition(j, "Complete") == "True")
    assert done["status"]["succeeded"] == 1


def test_a_job_fails_on_demand(kube: KubeClient, namespace: str, pod_spec: PodSpec) -> None:
    kube.create(job(namespace, pod_spec(restartPolicy="Never"), {FAIL: "no such table"}))
    wait_for(kube, "batch/v1", "Job", "work", namespace, ready=lambda j: condition(j, "Failed") == "True")
    (pod,) = kube.list("v1", "Pod", namespace)
    ended = pod["status"]["containerStatuses"][0]["state"]["terminated"]
    assert (ended["exitCode"], ended["message"]) == (1, "no such table")


def test_a_deployment_becomes_available_and_its_pods_go_at_once(
    kube: KubeClient, namespace: str, pod_spec: PodSpec
) -> None:
    labels = {"app": "web"}
    kube.create(
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "web", "namespace": namespace},
            "spec": {
                "replicas": 3,
                "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": pod_spec()},
            },
        }
    )
    wait_for(
        kube,
        "apps/v1",
        "Deployment",
        "web",
        namespace,
        ready=lambda d: d["status"].get("availableReplicas") == 3,
    )
    pods = kube.list("v1", "Pod", namespace)
    assert len({pod["status"]["podIP"] for pod in pods}) == 3
    kube.delete("v1", "Pod", pods[0]["metadata"]["name"], namespace)
    wait_gone(kube, "v1", "Pod", pods[0]["metadata"]["name"], namespace, seconds=5)


def test_a_pod_that_is_to_fail_crashes_in_a_loop_and_is_not_ready(
    kube: KubeClient, namespace: str, pod_spec: PodSpec
) -> None:
    create_pod(kube, namespace, pod_spec(), {FAIL: "cannot reach the database"})
    pod = wait_for(kube, "v1", "Pod", "app", namespace, ready=lambda p: p["status"].get("containerStatuses"))
    assert condition(pod, "Ready") == "False"
    assert pod["status"]["containerStatuses"][0]["state"]["waiting"] == {
        "reason": "CrashLoopBackOff",
        "message": "cannot reach the database",
    }


def test_a_pod_on_hold_stays_pending_until_it_is_let_go(kube: KubeClient, namespace: str, pod_spec: PodSpec) -> None:
    create_pod(kube, namespace, pod_spec(), {HOLD: "its secret does not exist"})
    create = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "other", "namespace": namespace}}
    kube.create({**create, "spec": pod_spec()})
    wait_for(kube, "v1", "Pod", "other", namespace, ready=lambda p: condition(p, "Ready") == "True")
    held = kube.get("v1", "Pod", "app", namespace)
    assert held["spec"]["nodeName"]
    assert held["status"]["phase"] == "Pending"
    kube.patch("v1", "Pod", "app", {"metadata": {"annotations": {HOLD: None}}}, namespace)
    wait_for(kube, "v1", "Pod", "app", namespace, ready=lambda p: condition(p, "Ready") == "True")


def test_readiness_gates_stay_shut_until_a_controller_opens_them(
    kube: KubeClient, namespace: str, pod_spec: PodSpec
) -> None:
    gate = "target-health.elbv2.k8s.aws/web"
    create_pod(kube, namespace, pod_spec(readinessGates=[{"conditionType": gate}]), {})
    pod = wait_for(kube, "v1", "Pod", "app", namespace, ready=lambda p: condition(p, "ContainersReady") == "True")
    assert condition(pod, "Ready") == "False"
    opened = {"status": {"conditions": [{"type": gate, "status": "True"}]}}
    kube.patch("v1", "Pod", "app", opened, namespace, patch_type=PatchType.STRATEGIC, subresource="status")
    wait_for(kube, "v1", "Pod", "app", namespace, ready=lambda p: condition(p, "Ready") == "True")


def test_a_native_sidecar_runs_beside_and_ends_with_its_job(
    kube: KubeClient, namespace: str, pod_spec: PodSpec
) -> None:
    sidecar = {"name": "proxy", "image": "example.com/proxy:1", "restartPolicy": "Always"}
    setup = {"name": "setup", "image": "example.com/setup:1"}
    create_pod(kube, namespace, pod_spec(initContainers=[setup, sidecar]), {})
    pod = wait_for(kube, "v1", "Pod", "app", namespace, ready=lambda p: condition(p, "Ready") == "True")
    states = {each["name"]: next(iter(each["state"])) for each in pod["status"]["initContainerStatuses"]}
    assert states == {"setup": "terminated", "proxy": "running"}


@pytest.mark.parametrize("annotations", [{}, {"kwok.x-k8s.io/node": "real"}])
def test_a_node_that_is_not_annotated_as_fake_is_left_alone(
    kube: KubeClient, node: str, annotations: dict[str, str]
) -> None:
    assert annotations != FAKE_NODE
    name = f"test-{uuid4().hex[:8]}"
    kube.create({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "annotations": annotations}})
    try:
        later = f"test-{uuid4().hex[:8]}"
        metadata = {"name": later, "annotations": FAKE_NODE}
        kube.create({"apiVersion": "v1", "kind": "Node", "metadata": metadata})
        wait_for(kube, "v1", "Node", later, ready=lambda n: condition(n, "Ready") == "True")
        kube.delete("v1", "Node", later)
        assert condition(kube.get("v1", "Node", name), "Ready") is None
    finally:
        kube.delete("v1", "Node", name)


def test_a_node_gets_no_capacity_that_nobody_gave_it(kube: KubeClient) -> None:
    name = f"test-{uuid4().hex[:8]}"
    kube.create({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "annotations": FAKE_NODE}})
    try:
        node = wait_for(kube, "v1", "Node", name, ready=lambda n: condition(n, "Ready") == "True")
        assert node["status"].get("capacity") is None
    finally:
        kube.delete("v1", "Node", name)
