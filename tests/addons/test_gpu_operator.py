"""The GPU operator in the place of the device plugin."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from groundwork.core.contracts import Accelerators
from groundwork.core.errors import StackError
from groundwork.core.registry import Registry
from groundwork.sandbox.controlplane.client import KubeClient
from groundwork.sandbox.controlplane.waiting import wait_for
from groundwork.testing import Graph, record
from tests.addons.conftest import ADD_ONS, ALTERNATIVES, STUBS
from tests.addons.rendering import render_chart, render_double
from tests.addons.test_doubles_against_charts import facts as pod_facts
from tests.addons.test_pod_security import admit

RELEASE = "kubernetes:helm.sh/v3:Release"
ADDED = {name: f"addons.{name.replace('-', '_')}" for name in ADD_ONS if name not in ALTERNATIVES}
OPERATOR = Registry({**STUBS, **ADDED, "gpu-operator": "addons.gpu_operator"})
MIG = {
    "sharing": "mig",
    "slices": 7,
    "resource": "nvidia.com/mig-1g.10gb",
    "accelerator": "nvidia-h100",
}


def build(**components: Any) -> Graph:
    return record({"cluster": {}, "pools": {}, **components}, environment="prod", registry=OPERATOR)


@pytest.fixture(scope="module")
def graph() -> Graph:
    """The operator with a pool that it partitions, measured as the device plugin would be."""
    components = {"pools": {"gpu": MIG}, "gpu-operator": {}, "dcgm-exporter": {}, "prometheus-api": {}}
    return build(**components)


def values(graph: Graph) -> dict[str, Any]:
    found: dict[str, Any] = graph.one(RELEASE, "gpu-operator").inputs["values"]
    return found


def test_it_brings_its_kinds_and_answers_for_accelerators(graph: Graph) -> None:
    """CRDs come from API components; a pod asks the same contract as beside the device plugin."""
    assert graph.one(RELEASE, "gpu-operator").inputs["skipCrds"]
    crds = {
        r.inputs["metadata"]["name"] for r in graph.of("kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition")
    }
    assert {"clusterpolicies.nvidia.com", "nvidiadrivers.nvidia.com", "nodefeaturerules.nfd.k8s-sigs.io"} <= crds
    outputs = {f: graph.outputs[f"gpu-operator.{f}"] for f in ("pools", "namespace")}
    assert Accelerators(**outputs).placement("nvidia-h100", 7).resources == {"nvidia.com/mig-1g.10gb": "7"}


def test_what_the_image_brings_it_does_not_install() -> None:
    """Two drivers on one node leave it with none; without one there is no GPU."""
    assert values(build(**{"gpu-operator": {}}))["driver"] == {"enabled": False}
    bare = values(build(**{"pools": {"gpu": {"driver": False}}, "gpu-operator": {}}))
    assert (bare["driver"], bare["toolkit"]) == ({"enabled": True}, {"enabled": True})


def test_partitions_are_made_only_where_a_pool_asks(graph: Graph) -> None:
    """The manager changes a GPU's mode, and for that the node reboots."""
    assert values(graph)["migManager"] == {"enabled": True, "env": [{"name": "WITH_REBOOT", "value": "true"}]}
    assert values(build(**{"gpu-operator": {}}))["migManager"] == {"enabled": False, "env": []}


def test_gpus_are_measured_alike_with_either(graph: Graph, build: Any) -> None:
    """One exporter, scraped through the contract, on the pools that the plugin serves."""
    assert values(graph)["dcgmExporter"]["enabled"] is False
    plugin = build({"pools": {}, "nvidia-device-plugin": {}, "dcgm-exporter": {}, "prometheus-api": {}})
    for found in (graph, plugin):
        monitors = [r.inputs for r in found if r.type.endswith(":ServiceMonitor")]
        assert [monitor["spec"]["endpoints"] for monitor in monitors] == [[{"port": "metrics", "path": "/metrics"}]]
        assert found.one(RELEASE, "dcgm-exporter").inputs["values"]["serviceMonitor"] == {"enabled": False}
        terms = found.one(RELEASE, "dcgm-exporter").inputs["values"]["affinity"]["nodeAffinity"]
        assert terms["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"] == [
            {"matchExpressions": [{"key": "groundwork.example/pool", "operator": "In", "values": ["gpu"]}]}
        ]


def test_its_double_obeys_our_values(graph: Graph, tmp_path: Path) -> None:
    """No hook installs CRDs, and discovery runs on the pools with GPUs only."""
    rendered = render_double(graph, "gpu-operator", tmp_path)
    assert "Job/gpu-operator-upgrade-crd" not in rendered
    worker = rendered["DaemonSet/gpu-operator-node-feature-discovery-worker"]["spec"]["template"]["spec"]
    assert worker["affinity"] == values(graph)["node-feature-discovery"]["worker"]["affinity"]
    assert [t["key"] for t in worker["tolerations"]] == ["nvidia.com/gpu", "nvidia.com/gpu"]


def test_its_double_is_like_the_chart(graph: Graph, tmp_path: Path) -> None:
    """Each Pod has the security, the resources and the placement that the real chart gives it."""
    real, double = (pod_facts(render(graph, "gpu-operator", tmp_path)) for render in (render_chart, render_double))
    assert {name: fact for name, fact in double.items() if real[name] != fact} == {}


def test_its_pods_are_admitted(graph: Graph, api_server: KubeClient, tmp_path: Path) -> None:
    """Where it runs nothing keeps them out."""
    (namespace,) = (
        r.inputs["metadata"]
        for r in graph.of("kubernetes:core/v1:Namespace")
        if r.inputs["metadata"]["name"] == "gpu-operator"
    )
    api_server.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": namespace})
    wait_for(api_server, "v1", "ServiceAccount", "default", "gpu-operator")
    admit(api_server, render_double(graph, "gpu-operator", tmp_path), "gpu-operator")


@pytest.mark.parametrize(
    ("components", "problems"),
    [
        (
            {"nvidia-device-plugin": {}, "gpu-operator": {}},
            [
                "nvidia-device-plugin and gpu-operator would both be the device plugin of NVIDIA's GPUs; "
                "nvidia-device-plugin is enough where the nodes' image brings the driver; gpu-operator also partitions "
                "GPUs"
            ],
        ),
        (
            {"gpu-operator": {}, "pools": {"more": {"bare": {"driver": False}}}},
            [
                "gpu-operator: the nodes of bare bring no driver, and those of gpu do: the operator installs it on "
                "all or on none; give all pools of GPUs images of one sort"
            ],
        ),
    ],
)
def test_what_cannot_be_is_told(components: dict[str, Any], problems: list[str]) -> None:
    """One of the two only, and one setting for the drivers of all pools."""
    with pytest.raises(StackError) as error:
        build(**components)
    assert list(error.value.problems) == problems
