"""What nodes say of themselves, and who says it."""

from __future__ import annotations

from typing import Any

import pytest

from groundwork.core.errors import StackError
from groundwork.testing import Graph
from tests.addons.test_gpu_operator import build as build_with_operator

RELEASE = "kubernetes:helm.sh/v3:Release"


def values(graph: Graph, name: str) -> dict[str, Any]:
    found: dict[str, Any] = graph.one(RELEASE, name).inputs["values"]
    return found


def test_nodes_of_every_pool_are_labelled(build: Any) -> None:
    """Those with GPUs above all, whose taint keeps everybody else away."""
    taint = {"key": "team", "value": "vision", "effect": "NoExecute"}
    graph = build({"pools": {"more": {"vision": {"taints": [taint]}}}, "node-feature-discovery": {}})
    tolerated = values(graph, "node-feature-discovery")["worker"]["tolerations"]
    assert {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"} in tolerated
    assert {"key": "team", "operator": "Equal", "value": "vision", "effect": "NoExecute"} in tolerated


def test_one_that_writes_labels_has_no_budget(build: Any) -> None:
    """Two have one, and are in different zones if there is room."""
    one = values(build({"node-feature-discovery": {}}), "node-feature-discovery")["master"]
    two = values(build({"node-feature-discovery": {}}, "prod"), "node-feature-discovery")["master"]
    assert (one["replicaCount"], one["podDisruptionBudget"]) == (1, {"enable": False, "minAvailable": 1})
    assert two["podDisruptionBudget"] == {"enable": True, "minAvailable": 1}
    (term,) = two["affinity"]["podAntiAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"]
    assert term["podAffinityTerm"]["labelSelector"]["matchLabels"]["role"] == "master"


@pytest.mark.parametrize(
    ("stack", "discovers"),
    [
        ({"nvidia-device-plugin": {}}, False),
        ({"nvidia-device-plugin": {}, "node-feature-discovery": {}}, True),
        ({"nvidia-device-plugin": {"featureDiscovery": False}, "node-feature-discovery": {}}, False),
    ],
)
def test_gpus_are_described_where_something_makes_labels_of_it(build: Any, stack: Any, discovers: bool) -> None:
    """And NVIDIA's chart never brings a second discovery of features along."""
    given = values(build({"pools": {}, **stack}), "nvidia-device-plugin")
    assert (given["gfd"], given["nfd"]) == ({"enabled": discovers}, {"enabled": False})


def test_descriptions_that_nobody_reads_are_told(build: Any) -> None:
    """Each problem of the plugin is told at once."""
    with pytest.raises(StackError) as error:
        build({"pools": {"gpu": {"driver": False}}, "nvidia-device-plugin": {"featureDiscovery": True}})
    assert list(error.value.problems) == [
        "nvidia-device-plugin: the nodes of pool gpu bring no driver; put gpu-operator in its place",
        "nvidia-device-plugin.featureDiscovery: true, but nothing makes labels of what it finds: add "
        "node-feature-discovery to this stack, or leave it out",
    ]


def test_the_operator_uses_the_discovery_that_is_there() -> None:
    """Two of them undo each other's labels; alone the operator brings its own."""
    assert values(build_with_operator(**{"gpu-operator": {}}), "gpu-operator")["nfd"] == {"enabled": True}
    both = build_with_operator(**{"gpu-operator": {}, "node-feature-discovery": {}})
    assert values(both, "gpu-operator")["nfd"] == {"enabled": False}
    found = both.one(RELEASE, "node-feature-discovery")
    assert found.urn in both.before(both.one(RELEASE, "gpu-operator"))
    looked_for = values(both, "node-feature-discovery")["worker"]["config"]["sources"]["pci"]
    assert looked_for["deviceLabelFields"] == ["vendor"]
