"""A real API server with the real CRDs accepts every custom resource that the add-ons make."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from groundwork.sandbox.controlplane.client import KubeClient
from groundwork.testing import Graph, Registered
from tests.addons.logins import COMPANY

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
    apis = ("istio-api", "prometheus-api", "keda-api", "cert-manager-api")
    asked = build({"user": {}, "login": {}, **{name: {} for name in apis}})
    acme = {"email": "ops@example.com", "zones": {"example.com": "Z0123456789ABC"}}
    others = [
        build({"cert-manager": {"acme": acme}, "identity": {}}),
        build({"login": COMPANY, "external-secrets": {}, "external-secrets-api": {"keeper": "kubernetes"}}),
    ]
    resources = [*_custom(everything), *_custom(asked), *(made for graph in others for made in _custom(graph))]
    assert {
        "AuthorizationPolicy",
        "Certificate",
        "ClusterSecretStore",
        "EnvoyFilter",
        "ExternalSecret",
        "OAuth2Client",
        "ScaledObject",
        "ServiceMonitor",
    } <= {resource.inputs["kind"] for resource in resources}
    clustered = {crd["spec"]["names"]["kind"] for crd in _definitions() if crd["spec"]["scope"] == "Cluster"}
    for resource in resources:
        given = resource.inputs
        metadata = {**given["metadata"], "namespace": "default"}
        if given["kind"] in clustered:
            metadata.pop("namespace")
        kube.apply({**given, "metadata": metadata}, dry_run=True)
