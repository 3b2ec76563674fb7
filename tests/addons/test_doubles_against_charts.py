"""A double's Pods are those of the real chart, where `GROUNDWORK_TEST_CHARTS` names a folder with its archive."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from groundwork.testing import Graph
from tests.addons.rendering import CHARTS, Rendered, render_chart, render_double

POD = ("securityContext", "nodeSelector", "tolerations", "topologySpreadConstraints", "priorityClassName")
CONTAINER = ("securityContext", "resources")


def facts(rendered: Rendered) -> dict[str, Any]:
    """Return what places Pods, sizes them and limits what they may do: one entry for each field."""
    found: dict[str, Any] = {}
    for reference, made in rendered.items():
        pod: Mapping[str, Any] = (made.get("spec") or {}).get("template", {}).get("spec", {})
        found |= {f"{reference} {field}": pod.get(field) or None for field in POD if pod}
        for container in (*(pod.get("initContainers") or ()), *(pod.get("containers") or ())):
            name = f"{reference}/{container['name']}"
            found |= {f"{name} {field}": container.get(field) or None for field in CONTAINER}
    return found


@pytest.mark.parametrize("chart", CHARTS)
def test_a_doubles_pods_are_those_of_the_chart(chart: str, everything: Graph, tmp_path: Path) -> None:
    """With our values each Pod has the security, the resources and the placement that the real chart gives it."""
    real, double = facts(render_chart(everything, chart, tmp_path)), facts(render_double(everything, chart, tmp_path))
    assert {name: fact for name, fact in double.items() if fact != real[name]} == {
        name: real[name] for name, fact in double.items() if fact != real[name]
    }
