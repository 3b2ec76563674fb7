"""A real API server with the real CRDs accepts every custom resource that the add-ons make."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from groundwork.sandbox.controlplane.client import KubeClient
from groundwork.sandbox.controlplane.errors import ApiError
from groundwork.testing import Graph, Registered

CRDS = Path(__file__).parents[2] / "platform" / "crds"
CRD = ("apiextensions.k8s.io/v1", "CustomResourceDefinition")


@pytest.fixture(scope="module")
def kube(api_server: KubeClient) -> KubeClient:
    """An API server with every CRD of the platform."""
    names = [api_server.apply(crd)["metadata"]["name"] for crd in _definitions()]
    _wait_established(api_server, names)
    return api_server


def _definitions() -> list[dict[str, Any]]:
    return [crd for path in sorted(CRDS.glob("*.json")) for crd in json.loads(path.read_text(encoding="utf-8"))]


def _wait_established(kube: KubeClient, names: list[str]) -> None:
    deadline = time.monotonic() + 60
    waiting = set(names)
    while waiting:
        assert time.monotonic() < deadline, f"not established: {sorted(waiting)}"
        for crd in kube.list(*CRD):
            conditions = {c["type"]: c["status"] for c in crd.get("status", {}).get("conditions") or ()}
            if conditions.get("Established") == "True":
                waiting.discard(crd["metadata"]["name"])
        time.sleep(0.2)


def _custom(graph: Graph) -> list[Registered]:
    own = {crd["spec"]["group"] for crd in _definitions()}
    return [r for r in graph if r.inputs.get("apiVersion", "").partition("/")[0] in own]


def test_the_server_accepts_every_custom_resource(kube: KubeClient, everything: Graph, build: Any) -> None:
    """Field by field: an unknown field, a wrong type or a missing one is refused by the schema."""
    asked = build({"user": {}, "istio-api": {}, "prometheus-api": {}, "keda-api": {}, "cert-manager-api": {}})
    told = build(
        {
            **{name: {} for name in ("sql", "objects", "istio-api")},
            "kubeflow-profiles": {"profiles": {"ml-ada": {"owner": "ada@example.com"}}},
            "argo-workflows": {"schedules": {"retrain": {"schedule": "0 3 * * *", "image": "training:1"}}},
        }
    )
    resources = [*_custom(everything), *_custom(asked), *_custom(told)]
    kinds = {"AuthorizationPolicy", "Certificate", "ClusterTrainingRuntime", "CronWorkflow", "Profile"}
    assert kinds | {"ScaledObject", "ServiceMonitor"} <= {resource.inputs["kind"] for resource in resources}
    clustered = {crd["spec"]["names"]["kind"] for crd in _definitions() if crd["spec"]["scope"] == "Cluster"}
    for resource in resources:
        given = resource.inputs
        metadata = {**given["metadata"], "namespace": "default"}
        if given["kind"] in clustered:
            metadata.pop("namespace")
        kube.apply({**given, "metadata": metadata}, dry_run=True)


TRAINING: dict[str, Any] = {
    "apiVersion": "trainer.kubeflow.org/v1alpha1",
    "kind": "TrainJob",
    "metadata": {"name": "vision", "namespace": "default"},
    "spec": {
        "runtimeRef": {"name": "torch-distributed-gpu"},
        "trainer": {"numNodes": 2, "image": "registry.example/vision:1", "command": ["torchrun", "train.py"]},
    },
}
SEARCH = {
    "apiVersion": "kubeflow.org/v1beta1",
    "kind": "Experiment",
    "metadata": {"name": "learning-rate", "namespace": "default"},
    "spec": {
        "objective": {"type": "maximize", "goal": 0.99, "objectiveMetricName": "accuracy"},
        "algorithm": {"algorithmName": "random"},
        "parameters": [{"name": "lr", "parameterType": "double", "feasibleSpace": {"min": "0.01", "max": "0.1"}}],
        "trialTemplate": {
            "primaryContainerName": "node",
            "trialParameters": [{"name": "lr", "reference": "lr"}],
            "trialSpec": TRAINING,
        },
    },
}
DEFAULTS = {
    "apiVersion": "kubeflow.org/v1alpha1",
    "kind": "PodDefault",
    "metadata": {"name": "tracking", "namespace": "default"},
    "spec": {
        "selector": {"matchLabels": {"tracking": "true"}},
        "desc": "where MLflow is",
        "env": [{"name": "MLFLOW_TRACKING_URI", "value": "http://mlflow.mlflow.svc:5000"}],
    },
}


@pytest.mark.parametrize("given", [TRAINING, SEARCH, DEFAULTS], ids=lambda given: str(given["kind"]))
def test_the_server_accepts_what_users_write(kube: KubeClient, given: dict[str, Any]) -> None:
    """The kinds that Kubeflow's parts bring are those that their users' documentation shows."""
    kube.apply(given, dry_run=True)


def test_the_server_refuses_what_trainer_does_not_know(kube: KubeClient) -> None:
    """The check above can fail: a wrong type is refused."""
    wrong = {**TRAINING, "spec": {**TRAINING["spec"], "trainer": {"numNodes": "two"}}}
    with pytest.raises(ApiError, match="numNodes"):
        kube.apply(wrong, dry_run=True)
