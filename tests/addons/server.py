"""What the add-ons' tests put into a real API server."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from groundwork.sandbox.controlplane.client import KubeClient
from groundwork.sandbox.controlplane.waiting import wait_for
from groundwork.testing import Graph

CRDS = Path(__file__).parents[2] / "platform" / "crds"
CRD = ("apiextensions.k8s.io/v1", "CustomResourceDefinition")
NAMESPACE = "kubernetes:core/v1:Namespace"


def make_namespaces(kube: KubeClient, graph: Graph) -> None:
    """Make every namespace of a stack, with the standard that it enforces."""
    for namespace in graph.of(NAMESPACE):
        metadata = namespace.inputs["metadata"]
        kube.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
        wait_for(kube, "v1", "ServiceAccount", "default", metadata["name"])


def definitions() -> list[dict[str, Any]]:
    """Return every CRD of the platform."""
    return [crd for path in sorted(CRDS.glob("*.json")) for crd in json.loads(path.read_text(encoding="utf-8"))]


def install_definitions(kube: KubeClient) -> None:
    """Install every CRD of the platform, and wait until the server serves its kinds."""
    waiting = {kube.apply(crd)["metadata"]["name"] for crd in definitions()}
    deadline = time.monotonic() + 180
    while waiting:
        assert time.monotonic() < deadline, f"not established: {sorted(waiting)}"
        for crd in kube.list(*CRD):
            conditions = {c["type"]: c["status"] for c in crd.get("status", {}).get("conditions") or ()}
            if conditions.get("Established") == "True":
                waiting.discard(crd["metadata"]["name"])
        time.sleep(0.2)
