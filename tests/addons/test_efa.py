"""The device plugin of Elastic Fabric Adapters runs where a pool has some, and nowhere else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from groundwork.core.errors import StackError
from groundwork.core.registry import Registry
from groundwork.testing import Graph, record
from tests.addons.conftest import STUBS
from tests.addons.rendering import render_double
from tests.addons.test_graph import release

CHART = "aws-efa-k8s-device-plugin"
POOLS = {"gpu": {"adapters": 32}}


def build(pools: dict[str, Any]) -> Graph:
    registry = Registry({**STUBS, "efa-device-plugin": "addons.efa_device_plugin"})
    return record({"cluster": {}, "pools": pools, "efa-device-plugin": {}}, registry=registry)


def test_it_runs_on_the_nodes_with_adapters(tmp_path: Path) -> None:
    graph = build(POOLS)
    given = release(graph, CHART).inputs
    assert given["values"]["nodeSelector"] == {"groundwork.example/adapter": "efa"}
    assert {"key": "nvidia.com/gpu", "operator": "Equal", "value": "present", "effect": "NoSchedule"} in given[
        "values"
    ]["tolerations"]
    rendered = render_double(graph, CHART, tmp_path)
    (daemon_set,) = [found for name, found in rendered.items() if name.startswith("DaemonSet/")]
    pod = daemon_set["spec"]["template"]["spec"]
    assert pod["nodeSelector"] == {"groundwork.example/adapter": "efa"}
    assert pod["containers"][0]["resources"]["requests"] == {"cpu": "10m", "memory": "32Mi"}


def test_without_adapters_it_is_of_no_use() -> None:
    with pytest.raises(StackError) as error:
        build({})
    assert str(error.value) == (
        "- efa-device-plugin: no pool has adapters (default, gpu): set efa: true for one, or leave efa-device-plugin "
        "out"
    )


def runtimes(*components: str, gpus: int = 8) -> dict[str, dict[str, Any]]:
    """Return what the nodes of each training runtime ask for."""
    adding = {"efa-device-plugin": "addons.efa_device_plugin"}
    adding |= {"kubeflow-trainer": "addons.kubeflow_trainer", "kubeflow-trainer-api": "addons.kubeflow_trainer_api"}
    given = {"runtimes": {"half": {"pool": "gpu", "gpus": gpus // 2}}}
    pools = {"gpu": {"accelerators": gpus, "adapters": 32}}
    chosen: dict[str, Any] = {each: {} for each in components}
    graph = record(
        {"cluster": {}, "pools": pools, "kubeflow-trainer": given, **chosen}, registry=Registry({**STUBS, **adding})
    )
    found = {}
    for made in graph.of("kubernetes:trainer.kubeflow.org/v1alpha1:ClusterTrainingRuntime"):
        pod = made.inputs["spec"]["template"]["spec"]["replicatedJobs"][0]["template"]["spec"]["template"]["spec"]
        found[made.inputs["metadata"]["name"]] = pod["containers"][0]["resources"]["limits"]
    return found


def test_training_on_a_pool_with_adapters_asks_for_those_that_go_with_its_gpus() -> None:
    """Without them it trains over the nodes' common network, and nobody is told."""
    made = runtimes("efa-device-plugin")
    assert made["torch-distributed-gpu"]["vpc.amazonaws.com/efa"] == "32"
    assert made["half"]["vpc.amazonaws.com/efa"] == "16"
    assert "vpc.amazonaws.com/efa" not in made["torch-distributed"]


def test_nobody_asks_for_adapters_that_no_plugin_makes_known() -> None:
    assert [name for name, limits in runtimes().items() if "vpc.amazonaws.com/efa" in limits] == []
