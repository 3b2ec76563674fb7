"""Beside sidecars a Job, a task, a step and a trial end: judged by the pods that a real API server admits."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from addons._istio_batch import REFUSAL

from groundwork.sandbox.controlplane.client import KubeClient
from groundwork.sandbox.controlplane.waiting import wait_for
from groundwork.testing import Graph
from tests.addons.injector import CONFIGURATION, NATIVE, WEBHOOKS, injecting
from tests.addons.rendering import render_chart
from tests.addons.test_graph import release
from tests.apiserver import refusal
from tests.sandbox.waiting import until

SPACE = "batch"
POLICIES = ("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding")
PATIENCE = 60


def pod(spec: Mapping[str, Any], name: str = "work", **metadata: Any) -> dict[str, Any]:
    """Return a pod as its controller asks for it, but for its account and priority, which are not there."""
    given = {key: whole(value) for key, value in spec.items() if key not in ("serviceAccountName", "priorityClassName")}
    meta = {"name": name, "namespace": SPACE, **metadata}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": given}


def whole(value: Any) -> Any:
    """Return numbers as they were before they were recorded: the record knows no whole ones."""
    if isinstance(value, Mapping):
        return {key: whole(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [whole(inner) for inner in value]
    return int(value) if isinstance(value, float) else value


@pytest.fixture(scope="module")
def meshed(build: Any) -> Graph:
    """A mesh of sidecars."""
    graph = build({"istio": {}, "istio-api": {"mode": "sidecar"}, "user": {}, "login": {}, "istio-gateway": {}})
    assert isinstance(graph, Graph)
    return graph


@pytest.fixture(scope="module")
def kube(meshed: Graph, api_server: KubeClient) -> Iterator[KubeClient]:
    """An API server with a namespace like those of the mesh, the rule of the mesh, and the injector."""
    (like,) = [r for r in meshed.of("kubernetes:core/v1:Namespace") if r.inputs["metadata"]["name"] == "web"]
    labels = like.inputs["metadata"]["labels"]
    assert labels["istio-injection"] == "enabled"
    api_server.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SPACE, "labels": labels}})
    wait_for(api_server, "v1", "ServiceAccount", "default", SPACE)
    rules = [r.inputs for kind in POLICIES for r in meshed.of(f"kubernetes:admissionregistration.k8s.io/v1:{kind}")]
    assert [rule["kind"] for rule in rules] == list(POLICIES)
    for rule in rules:
        api_server.apply(rule)
    try:
        with injecting(api_server, release(meshed, "istiod").inputs["values"]):
            # The server learns of webhooks and rules a moment after they are made.
            until(lambda: "istio-proxy" in _names(_ask(api_server, pod(STEP)).get("initContainers", [])), PATIENCE)
            until(lambda: refusal(api_server, pod(STEP, annotations={NATIVE: "false"})), PATIENCE)
            yield api_server
    finally:
        for rule in reversed(rules):
            api_server.delete(rule["apiVersion"], rule["kind"], rule["metadata"]["name"])


def _ask(kube: KubeClient, given: dict[str, Any]) -> dict[str, Any]:
    spec: dict[str, Any] = kube.create(given, dry_run=True)["spec"]
    return spec


def _names(containers: list[dict[str, Any]]) -> list[str]:
    return [container["name"] for container in containers]


STEP: dict[str, Any] = {
    "restartPolicy": "Never",
    "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
    "containers": [
        {
            "name": "main",
            "image": "registry.example/step:1",
            "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        }
    ],
}


def batch(graph: Graph) -> dict[str, dict[str, Any]]:
    """Return the pods of all work of the platform that ends: its Jobs, CronJobs and runtimes of Trainer.

    Beside them the pod that a step of Argo's, a task of Airflow's and a trial of Katib's all are.
    """
    found = {}
    for resource in graph:
        for index, spec in enumerate(_ending(resource.inputs)):
            found[f"{resource.inputs.get('kind', resource.type)}/{resource.name}/{index}"] = spec
        if resource.inputs.get("kind") == "ClusterTrainingRuntime":
            for job in resource.inputs["spec"]["template"]["spec"]["replicatedJobs"]:
                # JobSet's own default: https://github.com/kubernetes-sigs/jobset/blob/v0.12.0/pkg/webhooks.
                trainer = {"restartPolicy": "OnFailure", **job["template"]["spec"]["template"]["spec"]}
                found[f"ClusterTrainingRuntime/{resource.name}/{job['name']}"] = trainer
    return {**found, "Pod/step": STEP}


def _ending(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, Mapping):
        if value.get("containers") and value.get("restartPolicy") in ("Never", "OnFailure"):
            yield dict(value)
            return
        for inner in value.values():
            yield from _ending(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _ending(inner)


def test_the_work_of_the_platform_ends(kube: KubeClient, everything: Graph) -> None:
    """Its proxy is there before it, and goes when it is done; the pod is within the standard of its namespace."""
    work = batch(everything)
    assert {name.partition("/")[0] for name in work} >= {"Job", "CronJob", "ClusterTrainingRuntime"}
    hanging = []
    for name, spec in work.items():
        made = _ask(kube, pod(spec))
        first = {container["name"]: container for container in made["initContainers"][:2]}
        if "istio-proxy" in _names(made["containers"]) or first["istio-proxy"]["restartPolicy"] != "Always":
            hanging.append(name)
    assert hanging == []


def test_the_pod_of_a_job_has_a_sidecar_that_ends(kube: KubeClient) -> None:
    """As the Job's own controller makes it."""
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "train", "namespace": SPACE}}
    kube.create({**job, "spec": {"backoffLimit": 0, "template": {"spec": STEP}}})
    pods: list[dict[str, Any]] = []

    def made() -> bool:
        pods[:] = kube.list("v1", "Pod", SPACE)
        return bool(pods)

    until(made, PATIENCE)
    (spec,) = [found["spec"] for found in pods]
    assert _names(spec["containers"]) == ["main"]
    assert [c.get("restartPolicy") for c in spec["initContainers"]] == [None, "Always"]


def test_work_that_would_hang_is_refused(kube: KubeClient) -> None:
    """An ordinary proxy, asked for by the pod itself: the refusal says what to change."""
    assert refusal(kube, pod(STEP, annotations={NATIVE: "false"})).endswith(
        f"ValidatingAdmissionPolicy 'batch-sidecars' with binding 'batch-sidecars' denied request: {REFUSAL}"
    )


def test_work_outside_of_the_mesh_is_not_meant(kube: KubeClient) -> None:
    """It has no proxy, whatever it says of one."""
    labels = {"sidecar.istio.io/inject": "false"}
    assert "initContainers" not in _ask(kube, pod(STEP, labels=labels, annotations={NATIVE: "false"}))


def test_a_server_may_have_an_ordinary_proxy(kube: KubeClient) -> None:
    """It never ends by itself, so nothing waits for its proxy: a gateway is such a pod."""
    spec = {**STEP, "restartPolicy": "Always"}
    assert _names(_ask(kube, pod(spec, annotations={NATIVE: "false"}))["containers"]) == ["main", "istio-proxy"]


def test_an_ambient_mesh_has_no_such_rule(everything: Graph) -> None:
    """There is no proxy beside any pod."""
    assert not [r for r in everything if "batch-sidecars" in json.dumps(r.inputs)]


def test_the_injector_is_asked_about_the_same_pods_as_the_charts(everything: Graph, tmp_path: Path) -> None:
    """Where the chart is given, the double's webhooks are its."""
    (made,) = [m for m in render_chart(everything, "istiod", tmp_path).values() if m["kind"] == CONFIGURATION]
    assert [{key: value for key, value in w.items() if key != "clientConfig"} for w in made["webhooks"]] == WEBHOOKS
