"""A real API server with the real CRDs accepts every custom resource that the add-ons make."""

from __future__ import annotations

from typing import Any

import pytest

from groundwork.sandbox.controlplane.client import KubeClient
from groundwork.sandbox.controlplane.errors import ApiError
from groundwork.testing import Graph, Registered
from tests.addons.logins import COMPANY
from tests.addons.server import definitions, install_definitions
from tests.addons.test_knative import BY_REQUESTS, server
from tests.addons.test_serving import CHAT, CHURN, STACK
from tests.docs.teams_page import example

# Choices of which the stack of every add-on makes the other one.
OTHER_CHOICES: list[dict[str, Any]] = [
    {
        **{
            name: {} for name in ("user", "gateway-api", "cert-manager-api", "prometheus-api", "istio-gateway", "login")
        },
        "istio-api": {
            "routes": "gateway-api",
            "mode": "sidecar",
            "callers": {"web": ["lab", "lab/notebook"]},
            "egress": {"allow": ["*.example.com", "db.example.com:5432"]},
        },
        "istio": {"accessLogs": "errors"},
    },
    {
        "cert-manager": {"acme": {"email": "ops@example.com", "zones": {"example.com": "Z0123456789ABC"}}},
        "identity": {},
    },
    {
        **{name: {} for name in ("identity", "keda", "metrics-server", "vertical-pod-autoscaler", "cert-manager-api")},
        **{name: {} for name in ("sql", "objects")},
        "mlflow": {"sizing": "applied"},
        "keda-api": {"queues": ["arn:aws:sqs:eu-west-1:111122223333:scoring"]},
        "vertical-pod-autoscaler-api": {"apply": True},
    },
    {"login": COMPANY, "external-secrets": {}, "external-secrets-api": {"keeper": "kubernetes"}},
    {**STACK, "models": {"models": {"churn": CHURN, "chat": CHAT}}},
    {**BY_REQUESTS, "models": {"models": {"churn": CHURN, "chat": CHAT}}},
    {
        **{name: {} for name in ("sql", "objects", "login")},
        "kubeflow-profiles": {"profiles": {"ml-ada": {"owner": "ada@example.com"}}},
        "argo-workflows": {"schedules": {"retrain": {"schedule": "0 3 * * *", "image": "training:1"}}},
    },
]


@pytest.fixture(scope="module")
def kube(api_server: KubeClient) -> KubeClient:
    """An API server with every CRD of the platform."""
    install_definitions(api_server)
    return api_server


def _custom(graph: Graph) -> list[Registered]:
    own = {crd["spec"]["group"] for crd in definitions()}
    return [r for r in graph if r.inputs.get("apiVersion", "").partition("/")[0] in own]


def test_the_server_accepts_every_custom_resource(kube: KubeClient, everything: Graph, build: Any) -> None:
    """Field by field: an unknown field, a wrong type or a missing one is refused by the schema."""
    apis = ("istio-api", "prometheus-api", "keda-api", "cert-manager-api")
    asked = build({"user": {}, "login": {}, **{name: {} for name in apis}})
    resources = [*_custom(everything), *_custom(asked)]
    resources += [resource for stack in OTHER_CHOICES for resource in _custom(build(stack))]
    assert {
        "AuthorizationPolicy",
        "Certificate",
        "ClusterSecretStore",
        "ClusterTrainingRuntime",
        "ClusterTriggerAuthentication",
        "CronWorkflow",
        "EnvoyFilter",
        "ExternalSecret",
        "InferenceService",
        "OAuth2Client",
        "Profile",
        "ScaledObject",
        "ServiceMonitor",
        "TriggerAuthentication",
        "VerticalPodAutoscaler",
    } <= {resource.inputs["kind"] for resource in resources}
    clustered = {crd["spec"]["names"]["kind"] for crd in definitions() if crd["spec"]["scope"] == "Cluster"}
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


SHOWN = example("kind: TrainJob")
SHOWN["metadata"]["namespace"] = "default"


@pytest.mark.parametrize(
    "given", [TRAINING, SHOWN, SEARCH, DEFAULTS, server("latest")], ids=lambda given: str(given["kind"])
)
def test_the_server_accepts_what_users_write(kube: KubeClient, given: dict[str, Any]) -> None:
    """The kinds that Kubeflow's parts and Knative bring are those that their users' documentation shows."""
    kube.apply(given, dry_run=True)


def test_the_server_refuses_what_trainer_does_not_know(kube: KubeClient) -> None:
    """The check above can fail: a wrong type is refused."""
    wrong = {**TRAINING, "spec": {**TRAINING["spec"], "trainer": {"numNodes": "two"}}}
    with pytest.raises(ApiError, match="numNodes"):
        kube.apply(wrong, dry_run=True)
