"""Prometheus' own checker of rules: `promtool`, of Debian's package `prometheus` or of a release of Prometheus."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from groundwork.testing import Graph

Rule = dict[str, Any]
RULES = "kubernetes:monitoring.coreos.com/v1:PrometheusRule"
DASHBOARD = "grafana_dashboard"


def rules(graph: Graph) -> dict[str, Rule]:
    """Return every alert rule that a stack installs, by name."""
    found: dict[str, Rule] = {}
    for resource in graph.of(RULES):
        for group in resource.inputs["spec"]["groups"]:
            for rule in group["rules"]:
                assert rule["alert"] not in found, f"two rules are called {rule['alert']}"
                found[rule["alert"]] = rule
    return found


def pages(graph: Graph) -> dict[str, dict[str, Any]]:
    """Return every dashboard that a stack installs, by its uid."""
    found: dict[str, dict[str, Any]] = {}
    for resource in graph.of("kubernetes:core/v1:ConfigMap"):
        if DASHBOARD in resource.inputs["metadata"].get("labels", {}):
            for text in resource.inputs["data"].values():
                page = json.loads(text)
                assert page["uid"] not in found
                found[page["uid"]] = page
    return found


def expressions(page: Mapping[str, Any]) -> list[str]:
    """Return a dashboard's PromQL, with every choice made."""
    asked = [target["expr"] for panel in page["panels"] for target in panel.get("targets", ())]
    choices = [choice["name"] for choice in page["templating"]["list"]]
    for choice in choices:
        asked = [query.replace(f"${choice}", ".*") for query in asked]
    # `label_values(metric, label)` is Grafana's own: the metric is what Prometheus is asked for.
    listed = [choice["definition"].removeprefix("label_values(") for choice in page["templating"]["list"]]
    return asked + [definition.rpartition(",")[0] for definition in listed]


def promtool(folder: Path, command: Sequence[str], document: Mapping[str, Any], *beside: tuple[str, Any]) -> str:
    """Give promtool a document in `folder`, and return what it says; the test is skipped where it is missing.

    Args:
        beside: names and contents of other files in the folder.
    """
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("promtool is not on PATH: apt-get install prometheus, or a release of Prometheus, has it")
    for name, content in (("given.json", document), *beside):
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
    done = subprocess.run([program, *command, "given.json"], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
