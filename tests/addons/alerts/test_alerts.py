"""Each alert rule, as it is installed, fires on the measurements that it is for, and on no others."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import alerts
import pytest
import yaml

from groundwork.testing import Graph
from tests.addons.alerts.promtool import promtool, rules

EXAMPLES: dict[str, dict[str, Any]] = {
    name: example
    for path in sorted((Path(__file__).parent / "examples").glob("*.yaml"))
    for name, example in yaml.safe_load(path.read_text(encoding="utf-8")).items()
}


def said(rule: Mapping[str, Any], labels: Mapping[str, str], example: Mapping[str, Any]) -> dict[str, str]:
    """Return the notes of an alert with these labels."""
    summary = re.sub(r"\{\{ \$labels\.(\w+) \}\}", lambda found: labels[found[1]], rule["annotations"]["summary"])
    return {**rule["annotations"], "summary": example.get("says", summary)}


def case(rule: Mapping[str, Any], example: Mapping[str, Any]) -> dict[str, Any]:
    """Return promtool's test of one example: `labels` of the one alert that fires, or none that does."""
    expected = []
    if "labels" in example:
        labels = {**example["labels"], **rule["labels"]}
        expected = [{"exp_labels": labels, "exp_annotations": said(rule, labels, example)}]
    return {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in example["series"].items()],
        "alert_rule_test": [{"eval_time": example["at"], "alertname": rule["alert"], "exp_alerts": expected}],
    }


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_a_rule_fires_when_it_should_and_only_then(name: str, everything: Graph, tmp_path: Path) -> None:
    """Every example has at least one case that fires and one that comes near and does not."""
    rule, example = rules(everything)[name], EXAMPLES[name]
    fires, quiet = example["fires"], example["quiet"]
    assert fires
    assert quiet
    assert all("labels" in one for one in fires)
    assert not any("labels" in one for one in quiet)
    tests = {"rule_files": ["rules.json"], "evaluation_interval": "1m", "tests": [case(rule, e) for e in fires + quiet]}
    promtool(tmp_path, ["test", "rules"], tests, ("rules.json", {"groups": [{"name": "one", "rules": [rule]}]}))


def test_every_rule_of_the_platform_has_an_example() -> None:
    """A rule that nobody has seen fire may never do so."""
    ours = {alert.name for of in alerts.SUBJECTS.values() for alert in of("anywhere")}
    assert ours - set(EXAMPLES) == set()


def test_every_rule_of_the_platform_is_installed(everything: Graph) -> None:
    """A rule that no component installs watches nothing."""
    ours = {alert.name for of in alerts.SUBJECTS.values() for alert in of("anywhere")}
    assert ours - set(rules(everything)) == set()


def test_every_rule_that_is_installed_is_promql(everything: Graph, tmp_path: Path) -> None:
    """Those that add-ons write themselves too."""
    promtool(tmp_path, ["check", "rules"], {"groups": [{"name": "all", "rules": list(rules(everything).values())}]})


def test_every_rule_of_the_platform_says_what_to_do() -> None:
    """Whoever is told at night reads the runbook first; a summary names what it is about."""
    for of in alerts.SUBJECTS.values():
        for alert in of("anywhere"):
            assert len(alert.runbook) > 40, alert.name
            assert alert.summary.endswith("."), alert.name


def test_a_rule_that_never_fires_is_found(everything: Graph, tmp_path: Path) -> None:
    """The check above can fail."""
    rule = {**rules(everything)["NodeNotReady"], "expr": "absent(up) == 2"}
    example = EXAMPLES["NodeNotReady"]["fires"][0]
    tests = {"rule_files": ["rules.json"], "evaluation_interval": "1m", "tests": [case(rule, example)]}
    beside = ("rules.json", {"groups": [{"name": "one", "rules": [rule]}]})
    with pytest.raises(AssertionError, match="NodeNotReady"):
        promtool(tmp_path, ["test", "rules"], tests, beside)
