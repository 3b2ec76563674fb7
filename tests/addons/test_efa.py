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
