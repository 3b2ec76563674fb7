"""Nodes and pods for the control plane's own tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest

from groundwork.sandbox.controlplane.client import KubeClient
from groundwork.sandbox.controlplane.kwok import FAKE_NODE
from groundwork.sandbox.controlplane.waiting import condition, wait_for


@pytest.fixture
def node(kube: KubeClient) -> Iterator[str]:
    """A simulated node that is ready and takes only pods that ask for it by the label `test-node`."""
    name = f"test-{uuid4().hex[:8]}"
    resources = {"cpu": "8", "memory": "32Gi", "pods": "50"}
    kube.create(
        {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": name, "annotations": FAKE_NODE, "labels": {"test-node": name}},
            "spec": {"taints": [{"key": "test-node", "value": name, "effect": "NoSchedule"}]},
            "status": {
                "capacity": resources,
                "allocatable": resources,
                "addresses": [{"type": "InternalIP", "address": "10.20.30.40"}],
            },
        }
    )
    wait_for(kube, "v1", "Node", name, ready=lambda n: condition(n, "Ready") == "True")
    yield name
    kube.delete("v1", "Node", name, missing_ok=True)


@pytest.fixture
def pod_spec(node: str) -> Callable[..., dict[str, Any]]:
    """Makes specs of pods that only run on the node."""

    def make(**spec: Any) -> dict[str, Any]:
        return {
            "containers": [{"name": "main", "image": "example.com/app:1"}],
            "nodeSelector": {"test-node": node},
            "tolerations": [{"key": "test-node", "operator": "Exists"}],
            **spec,
        }

    return make


@pytest.fixture
def running_pod(kube: KubeClient, namespace: str, pod_spec: Callable[..., dict[str, Any]]) -> str:
    """The name of a pod that runs on the node."""
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "app", "namespace": namespace}}
    kube.create({**pod, "spec": pod_spec()})
    wait_for(kube, "v1", "Pod", "app", namespace, ready=lambda p: condition(p, "Ready") == "True")
    return "app"
