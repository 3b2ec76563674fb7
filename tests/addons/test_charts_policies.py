"""What charts render keeps the policies, or somebody took it on: charts where they are given, else their doubles."""

from __future__ import annotations

from pathlib import Path

import pytest

from groundwork.sandbox.rehearsal.judged import ChartVerdict, verdicts
from groundwork.sandbox.rendered import ChartObjects
from groundwork.testing import Graph
from policies.pack import judge
from tests.addons.rendering import CHARTS, ROOT, Rendered, release, render_chart, render_double
from tests.policies.graphs import subjects


def _judged(graph: Graph, chart: str, rendered: Rendered, *, double: bool) -> list[str]:
    given = release(graph, chart)
    objects = ChartObjects("urn", chart, given["version"], double, given["namespace"], list(rendered.values()))
    others = [subject for subject in subjects(graph) if subject.type.startswith("kubernetes:")]
    (verdict,) = verdicts(judge(ROOT, {"groundwork:environment": "prod"}), "prod", [objects], others)
    assert isinstance(verdict, ChartVerdict)
    assert verdict.objects == len(rendered) > 0
    return [violation.said for violation in verdict.refused]


@pytest.mark.parametrize("chart", CHARTS)
def test_what_a_double_renders_keeps_the_policies(chart: str, everything: Graph, tmp_path: Path) -> None:
    assert _judged(everything, chart, render_double(everything, chart, tmp_path), double=True) == []


@pytest.mark.parametrize("chart", CHARTS)
def test_what_a_chart_renders_keeps_the_policies(chart: str, everything: Graph, tmp_path: Path) -> None:
    assert _judged(everything, chart, render_chart(everything, chart, tmp_path), double=False) == []
