"""What charts render keeps the policies, or somebody took it on: charts where they are given, else their doubles."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from groundwork.core.catalogue import load_catalogue
from groundwork.sandbox.rehearsal.judged import ChartVerdict, verdicts
from groundwork.sandbox.rendered import ChartObjects
from groundwork.sandbox.standins.values import reveal
from groundwork.testing import Graph, record
from policies.pack import judge
from tests.addons.rendering import CHARTS, NOT_IN_EVERYTHING, ROOT, Rendered, release, render_chart, render_double
from tests.policies.graphs import subjects
from tests.scanners import checkov, kube_score
from tests.scanners.explained import unexplained

Judged = Callable[..., list[str]]


_AWS: dict[str, Any] = {"network": {}, "eks": {}}
OTHERS: dict[str, dict[str, Any]] = {
    "karpenter": {**_AWS, "karpenter": {}, "pools": {"provisioner": "karpenter"}},
    "aws-efa-k8s-device-plugin": {
        **_AWS,
        "pools": {"train": {"instanceTypes": ["p4d.24xlarge"], "max": 2, "efa": True}},
        "efa-device-plugin": {},
    },
    "neuron-helm-chart": {**_AWS, "pools": {"train": {"accelerator": "aws-trainium", "max": 2}}, "neuron": {}},
    "gpu-operator": {
        **_AWS,
        "pools": {"cut": {"accelerator": "nvidia-a100", "max": 1, "sharing": {"mig": "1g.5gb"}}},
        "gpu-operator": {},
    },
    "csi-driver-nfs": {**_AWS, "nfs": {"server": "nfs.internal", "share": "/exports"}},
    "seaweedfs": {**_AWS, "seaweedfs": {}},
}
"""What stands in the place of something in a stack of every add-on: chart -> a stack with it."""


@pytest.fixture(scope="module")
def judged(everything: Graph) -> Judged:
    """Return what is refused in production of a chart's objects, beside those of the program."""
    rules = judge(ROOT, {"groundwork:environment": "prod"})

    def run(chart: str, rendered: Rendered, *, double: bool, graph: Graph = everything) -> list[str]:
        others = [subject for subject in subjects(graph) if subject.type.startswith("kubernetes:")]
        given = release(graph, chart)
        objects = ChartObjects("urn", chart, given["version"], double, given["namespace"], list(rendered.values()))
        (verdict,) = verdicts(rules, "prod", [objects], others)
        assert isinstance(verdict, ChartVerdict)
        assert verdict.objects == len(rendered) > 0
        return [violation.said for violation in verdict.refused]

    return run


@pytest.mark.parametrize("chart", CHARTS)
def test_what_a_double_renders_keeps_the_policies(
    chart: str, everything: Graph, judged: Judged, tmp_path: Path
) -> None:
    assert judged(chart, render_double(everything, chart, tmp_path), double=True) == []


@pytest.mark.parametrize("chart", CHARTS)
def test_what_a_chart_renders_keeps_the_policies(chart: str, everything: Graph, judged: Judged, tmp_path: Path) -> None:
    assert judged(chart, render_chart(everything, chart, tmp_path), double=False) == []


def test_every_chart_is_judged() -> None:
    assert set(OTHERS) == NOT_IN_EVERYTHING


@pytest.mark.parametrize("chart", sorted(OTHERS))
def test_what_takes_anothers_place_keeps_the_policies_too(chart: str, judged: Judged, tmp_path: Path) -> None:
    """Otherwise no production could have it, whatever its stack file says."""
    graph = record(OTHERS[chart], environment="prod")
    assert judged(chart, render_double(graph, chart, tmp_path), double=True, graph=graph) == []


@pytest.fixture(scope="module")
def rendered(everything: Graph, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Every object of every add-on, the program's own and the doubles'."""
    objects = [_plain(r.inputs) for r in everything if r.type.startswith("kubernetes:") and r.inputs.get("apiVersion")]
    for chart in CHARTS:
        namespace = release(everything, chart)["namespace"]
        for made in render_double(everything, chart, tmp_path_factory.mktemp("double")).values():
            objects.append({**made, "metadata": {"namespace": namespace, **made["metadata"]}})
    return objects


def test_what_checkov_finds_is_mended_or_explained(rendered: list[dict[str, Any]], tmp_path: Path) -> None:
    assert unexplained("checkov", checkov.scan(rendered, tmp_path)) == []


def test_what_kube_score_finds_is_mended_or_explained(rendered: list[dict[str, Any]]) -> None:
    (version,) = load_catalogue(ROOT).kubernetes
    assert unexplained("kube_score", kube_score.scan(rendered, version)) == []


def _plain(inputs: Mapping[str, Any]) -> Any:
    return json.loads(json.dumps(reveal(dict(inputs)), default=str))
