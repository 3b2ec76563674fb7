"""AWS Neuron's device plugin runs where a pool has such devices, and what is for GPUs does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from groundwork.core.contracts import Accelerators
from groundwork.core.errors import StackError
from groundwork.core.registry import Registry
from groundwork.testing import Graph, record
from tests.addons.conftest import STUBS
from tests.addons.rendering import archive, render_double, template
from tests.addons.test_graph import release

CHART = "neuron-helm-chart"
TAINT = {"key": "aws.amazon.com/neuron", "value": "present", "effect": "NoSchedule"}
NEURON = {"accelerator": "aws-inferentia2", "resource": "aws.amazon.com/neuron", "taints": [TAINT]}
POOLS = {"more": {"inference": NEURON}}


def build(pools: dict[str, Any], **components: Any) -> Graph:
    names = ("neuron", "dcgm-exporter", "nvidia-device-plugin")
    registry = Registry({**STUBS, **{name: f"addons.{name.replace('-', '_')}" for name in names}})
    return record({"cluster": {}, "pools": pools, "neuron": {}, **components}, registry=registry)


def test_it_runs_on_the_nodes_with_devices_and_says_what_it_needs(tmp_path: Path) -> None:
    graph = build(POOLS)
    given = release(graph, CHART).inputs
    assert given["values"]["devicePlugin"]["namespaceOverride"] == given["namespace"] == "neuron"
    assert {"inf2.xlarge", "trn1.32xlarge"} <= set(given["values"]["neuronInstances"])
    rendered = render_double(graph, CHART, tmp_path)
    pod = rendered["DaemonSet/neuron-neuron-device-plugin"]["spec"]["template"]["spec"]
    assert pod["nodeSelector"] == {"groundwork.example/device": "neuron"}
    assert pod["tolerations"] == [{**TAINT, "operator": "Equal"}]
    limits = graph.one("kubernetes:core/v1:LimitRange", "neuron-needs")
    assert limits.urn in release(graph, CHART).depends_on
    (limit,) = limits.inputs["spec"]["limits"]
    assert (limit["defaultRequest"], limit["default"]) == ({"cpu": "10m", "memory": "64Mi"}, {"memory": "128Mi"})


def test_the_chart_itself_makes_of_these_values_the_plugin_alone(tmp_path: Path) -> None:
    given = release(build(POOLS), CHART).inputs
    chart = archive(CHART, given["version"])
    rendered = template(chart, tmp_path, name="neuron", namespace="neuron", values=given["values"])
    (daemon_set,) = [made for name, made in rendered.items() if name.startswith("DaemonSet/")]
    assert daemon_set["metadata"] | {"labels": None} == {
        "name": "neuron-neuron-device-plugin",
        "namespace": "neuron",
        "labels": None,
    }
    assert daemon_set["spec"]["template"]["spec"]["nodeSelector"] == {"groundwork.example/device": "neuron"}
    assert [name for name in rendered if name.startswith("Deployment/")] == []
    assert "kube-system" not in yaml.safe_dump(rendered)


def test_who_wants_a_device_is_told_where_and_by_which_name() -> None:
    outputs = build(POOLS).outputs
    known = Accelerators(pools=outputs["neuron.pools"], namespace=outputs["neuron.namespace"])
    assert known.names == ("aws-inferentia2", "inference")
    placement = known.placement("aws-inferentia2")
    assert placement.resources == {"aws.amazon.com/neuron": "1"}
    assert placement.tolerations == ({**TAINT, "operator": "Equal"},)


def test_without_such_a_device_it_is_of_no_use() -> None:
    with pytest.raises(StackError) as error:
        build({})
    assert error.value.problems == (
        "neuron: no pool has devices of AWS Neuron (default, gpu): give one an accelerator such as aws-inferentia2 or "
        "aws-trainium, or leave neuron out",
    )


def test_what_reads_gpus_does_not_land_on_devices_of_another_kind() -> None:
    with pytest.raises(StackError) as error:
        build(POOLS, **{"dcgm-exporter": {}})
    assert error.value.problems == (
        "dcgm-exporter: it reads GPUs of NVIDIA, and inference has none: name who makes those known, such as "
        "`dcgm-exporter: {use: {accelerators: nvidia-device-plugin}}`, or leave it out",
    )


def test_each_plugin_beside_the_other_is_for_its_own_pools() -> None:
    use = {"use": {"accelerators": "nvidia-device-plugin"}}
    graph = build(POOLS, **{"nvidia-device-plugin": {}, "dcgm-exporter": use})
    for chart in ("nvidia-device-plugin", "dcgm-exporter"):
        values = release(graph, chart).inputs["values"]
        assert "inference" not in str(values["affinity"]), chart
        assert "aws.amazon.com/neuron" not in str(values["tolerations"]), chart
