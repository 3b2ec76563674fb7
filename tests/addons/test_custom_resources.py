"""A real API server with the real CRDs accepts every custom resource that the add-ons make."""

from __future__ import annotations

from typing import Any

import pytest

from groundwork.sandbox.controlplane.client import KubeClient
from groundwork.testing import Graph, Registered
from tests.addons.logins import COMPANY
from tests.addons.server import definitions, install_definitions
from tests.addons.test_serving import CHAT, CHURN, STACK

# Choices of which the stack of every add-on makes the other one.
OTHER_CHOICES: list[dict[str, Any]] = [
    {
        **{
            name: {} for name in ("user", "gateway-api", "cert-manager-api", "prometheus-api", "istio-gateway", "login")
        },
        "istio-api": {"routes": "gateway-api", "mode": "sidecar", "callers": {"web": ["lab", "lab/notebook"]}},
        "istio": {"accessLogs": "errors", "egress": {"allow": ["*.example.com", "db.example.com:5432"]}},
    },
    {
        "cert-manager": {"acme": {"email": "ops@example.com", "zones": {"example.com": "Z0123456789ABC"}}},
        "identity": {},
    },
    {"login": COMPANY, "external-secrets": {}, "external-secrets-api": {"keeper": "kubernetes"}},
    {**STACK, "models": {"models": {"churn": CHURN, "chat": CHAT}}},
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
        "EnvoyFilter",
        "ExternalSecret",
        "InferenceService",
        "OAuth2Client",
        "ScaledObject",
        "ServiceMonitor",
    } <= {resource.inputs["kind"] for resource in resources}
    clustered = {crd["spec"]["names"]["kind"] for crd in definitions() if crd["spec"]["scope"] == "Cluster"}
    for resource in resources:
        given = resource.inputs
        metadata = {**given["metadata"], "namespace": "default"}
        if given["kind"] in clustered:
            metadata.pop("namespace")
        kube.apply({**given, "metadata": metadata}, dry_run=True)
