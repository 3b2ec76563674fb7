"""A real API server with the real CRDs accepts every custom resource that the add-ons make."""

from __future__ import annotations

from typing import Any

import pytest

from groundwork.sandbox.controlplane.client import KubeClient
from groundwork.testing import Graph, Registered
from tests.addons.server import definitions, install_definitions


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
    asked = build({"user": {}, "istio-api": {}, "prometheus-api": {}, "keda-api": {}, "cert-manager-api": {}})
    resources = [*_custom(everything), *_custom(asked)]
    assert {"AuthorizationPolicy", "Certificate", "ScaledObject", "ServiceMonitor"} <= {
        resource.inputs["kind"] for resource in resources
    }
    clustered = {crd["spec"]["names"]["kind"] for crd in definitions() if crd["spec"]["scope"] == "Cluster"}
    for resource in resources:
        given = resource.inputs
        metadata = {**given["metadata"], "namespace": "default"}
        if given["kind"] in clustered:
            metadata.pop("namespace")
        kube.apply({**given, "metadata": metadata}, dry_run=True)
