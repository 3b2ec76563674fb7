"""A real API server with the real CRDs accepts every custom resource that the add-ons make."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from groundwork.sandbox.controlplane.client import KubeClient
from groundwork.testing import Graph, Registered

CRDS = Path(__file__).parents[2] / "platform" / "crds"
# Choices of which the stack of every add-on makes the other one.
OTHER_CHOICES: list[dict[str, Any]] = [
    {
        **{name: {} for name in ("user", "gateway-api", "cert-manager-api", "prometheus-api", "istio-gateway")},
        "istio-api": {"routes": "gateway-api", "mode": "sidecar", "callers": {"web": ["lab", "lab/notebook"]}},
        "istio": {"accessLogs": "errors", "egress": {"allow": ["*.example.com", "db.example.com:5432"]}},
    }
]
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
    deadline = time.monotonic() + 180
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
    resources = [*_custom(everything), *_custom(asked)]
    resources += [resource for stack in OTHER_CHOICES for resource in _custom(build(stack))]
    assert {"AuthorizationPolicy", "Certificate", "ScaledObject", "ServiceMonitor"} <= {
        resource.inputs["kind"] for resource in resources
    }
    clustered = {crd["spec"]["names"]["kind"] for crd in _definitions() if crd["spec"]["scope"] == "Cluster"}
    for resource in resources:
        given = resource.inputs
        metadata = {**given["metadata"], "namespace": "default"}
        if given["kind"] in clustered:
            metadata.pop("namespace")
        kube.apply({**given, "metadata": metadata}, dry_run=True)
