"""Each dashboard, as it is installed, asks only what Prometheus understands and what somebody measures."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

import dashboards
import pytest
import yaml
from addons._grafana import page

from groundwork.core.contracts import Dashboard, Panel
from groundwork.testing import Graph
from tests.addons.alerts.promtool import expressions, pages, promtool, rules

MEASUREMENTS = Path(__file__).parents[3] / "platform" / "measurements.yaml"
NOT_METRICS = {"and", "or", "unless", "bool", "by", "without", "on", "ignoring", "group_left", "group_right", "offset"}


def table() -> dict[str, str]:
    """Return who measures what: metric -> measurer."""
    read = yaml.safe_load(MEASUREMENTS.read_text(encoding="utf-8"))
    listed = [(metric, measurer) for measurer, entry in read.items() for metric in entry["metrics"]]
    assert len(dict(listed)) == len(listed), "a metric is there twice"
    assert all(entry["source"].startswith("https://") for entry in read.values())
    return dict(listed)


def metrics(expression: str) -> set[str]:
    """Return the metrics that PromQL names: every word that is no label, function, operator or number."""
    text = re.sub(r'"(\\.|[^"\\])*"', "", expression)
    text = re.sub(r"\{[^}]*\}|\[[^]]*\]", " ", text)
    text = re.sub(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", " ", text)
    words = re.findall(r"(?<![\w:.])[a-zA-Z_:][\w:]*(?![\w:]|\s*\()", text)
    return set(words) - NOT_METRICS


def every_page(graph: Graph) -> dict[str, dict[str, Any]]:
    """Return the dashboards of a stack, and those that none of its components shows."""
    found = pages(graph)
    return found | {name: yaml.safe_load(page(dashboards.SUBJECTS[name]("here"), name)) for name in unshown(found)}


def unshown(found: Collection[str]) -> set[str]:
    """Return the subjects whose dashboard is not among these."""
    return {name for name in dashboards.SUBJECTS if not any(f"-{uid}".endswith(f"-{name}") for uid in found)}


def test_dashboards_are_promql(everything: Graph, tmp_path: Path) -> None:
    """Every query and every choice, parsed by Prometheus itself."""
    asked = [
        {"record": f"{re.sub(r'[^a-z]', '_', uid)}:query{index}", "expr": expression}
        for uid, found in every_page(everything).items()
        for index, expression in enumerate(expressions(found))
    ]
    assert len(asked) > 80
    promtool(tmp_path, ["check", "rules", "--lint=none"], {"groups": [{"name": "dashboards", "rules": asked}]})


def test_what_is_asked_is_measured(everything: Graph) -> None:
    """A metric that nobody has is a panel that is always empty, and a rule that never fires."""
    asked = [expression for found in every_page(everything).values() for expression in expressions(found)]
    asked += [rule["expr"] for name, rule in rules(everything).items() if name != "Down"]  # that of a stub
    named, measured = set().union(*map(metrics, asked)), set(table())
    assert named - measured == set(), (
        "write who measures it, and where that is written, into platform/measurements.yaml"
    )
    assert measured - named == set(), "nobody asks for it any more: take it out of platform/measurements.yaml"


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("sum by (a, b) (rate(x_total[5m])) > 0", {"x_total"}),
        ('a:b{c="d e"} / ignoring (t) (f{g="h"} > 0) or 1 - clamp_min(i, 2)', {"a:b", "f", "i"}),
        ('label_replace(x, "to", "$1", "from", "(.+)") unless on (node) y == 1e3', {"x", "y"}),
    ],
)
def test_metrics_are_found_in_promql(expression: str, found: set[str]) -> None:
    """The check above sees them all."""
    assert metrics(expression) == found


def test_every_dashboard_is_shown_by_somebody(everything: Graph) -> None:
    """All but that of a product that has no component yet."""
    assert unshown(pages(everything)) <= {"serving"}


def test_dashboards_are_found_and_filed(everything: Graph) -> None:
    """Grafana's sidecar looks for a label in every namespace, and files by an annotation that its values name."""
    values = everything.one("kubernetes:helm.sh/v3:Release", "prometheus").inputs["values"]["grafana"]["sidecar"]
    made = [r.inputs["metadata"] for r in everything.of("kubernetes:core/v1:ConfigMap") if "dashboard" in r.name]
    assert made
    for metadata in made:
        assert metadata["labels"]["grafana_dashboard"] == "1"
        assert metadata["annotations"][values["dashboards"]["folderAnnotation"]] in {"Platform", "Workflows"}
    assert values["dashboards"]["provider"] == {"foldersFromFilesStructure": True}


def test_panels_do_not_overlap(everything: Graph) -> None:
    """Grafana shows what the places say: no two panels share one, none is wider than the page."""
    for uid, found in every_page(everything).items():
        taken: set[tuple[int, int]] = set()
        for panel in found["panels"]:
            place = panel["gridPos"]
            cells = {
                (x, y)
                for x in range(place["x"], place["x"] + place["w"])
                for y in range(place["y"], place["y"] + place["h"])
            }
            assert not taken & cells, (uid, panel["title"])
            assert max(x for x, _ in cells) < 24, uid
            taken |= cells
        assert len({panel["id"] for panel in found["panels"]}) == len(found["panels"])


def test_a_page_says_what_its_panels_say() -> None:
    """Unit, warning, legend and choice reach Grafana's own words."""
    panel = Panel(title="Full", queries={"{{pod}}": 'a{b=~"$c"}', "all": "d"}, unit="fraction", kind="number", warn=0.9)
    made = yaml.safe_load(
        page(Dashboard(title="T", folder="F", rows={"R": [panel]}, choices={"c": "label_values(a, b)"}), "uid")
    )
    row, shown = made["panels"]
    assert (row["type"], row["title"]) == ("row", "R")
    assert shown["type"] == "stat"
    assert shown["fieldConfig"]["defaults"]["unit"] == "percentunit"
    assert shown["fieldConfig"]["defaults"]["thresholds"]["steps"][1] == {"color": "orange", "value": 0.9}
    assert [(t["refId"], t["expr"], t["legendFormat"], t["instant"]) for t in shown["targets"]] == [
        ("A", 'a{b=~"$c"}', "{{pod}}", True),
        ("B", "d", "all", True),
    ]
    assert made["templating"]["list"][0]["query"]["query"] == "label_values(a, b)"
