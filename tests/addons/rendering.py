"""Charts and their doubles, rendered by the real Helm with the values of a built stack."""

from __future__ import annotations

import copy
import json
import os
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from groundwork.core.catalogue import load_catalogue
from groundwork.sandbox.doubles.chart import make_double
from groundwork.sandbox.doubles.switches import read_switches
from groundwork.sandbox.inventory import Inventory, read_inventory
from groundwork.sandbox.tools.locate import ToolsMissing, locate
from groundwork.testing import Graph
from tests.addons.server import definitions

ROOT = Path(__file__).parents[2]
INVENTORY = ROOT / "platform" / "inventory"
KUBERNETES = "1.35.0"

ARCHIVES = "GROUNDWORK_TEST_CHARTS"
"""Names a folder of real charts, `<chart>-<version>.tgz`. Not the mirror's variable: a mirror has to be complete."""

Rendered = dict[str, dict[str, Any]]

# A chart that no stack of every add-on installs has a test of its own that does.
NOT_IN_EVERYTHING: set[str] = {
    "aws-efa-k8s-device-plugin",
    "csi-driver-nfs",
    "gpu-operator",
    "karpenter",
    "neuron-helm-chart",
    "seaweedfs",
}
CHARTS = sorted({entry.chart for entry in load_catalogue(ROOT).charts.values()} - NOT_IN_EVERYTHING)


def release(graph: Graph, chart: str) -> Mapping[str, Any]:
    """Return the inputs of a chart's release."""
    return releases(graph)[chart]


def releases(graph: Graph) -> dict[str, Mapping[str, Any]]:
    """Return chart -> the inputs of its release, the first one where a stack has several."""
    found: dict[str, Mapping[str, Any]] = {}
    for each in graph.of("kubernetes:helm.sh/v3:Release"):
        found.setdefault(each.inputs["chart"].rpartition("/")[2], each.inputs)
    return found


def inventory(graph: Graph, chart: str) -> Inventory:
    """Return the inventory that a chart's double is made from."""
    return read_inventory(INVENTORY / f"{chart}-{release(graph, chart)['version']}.json")


def render_double(graph: Graph, chart: str, folder: Path, more: Mapping[str, Any] | None = None) -> Rendered:
    """Render a chart's double, with `more` values in the place of those of the stack."""
    key = (chart, json.dumps(_given(graph, chart, more), sort_keys=True, default=str))
    if key not in _DOUBLES:
        _DOUBLES[key] = _render_double(graph, chart, folder, more)
    return copy.deepcopy(_DOUBLES[key])


# Several modules look at the same double: each process renders it once.
_DOUBLES: dict[tuple[str, str], Rendered] = {}


def _render_double(graph: Graph, chart: str, folder: Path, more: Mapping[str, Any] | None) -> Rendered:
    version = release(graph, chart)["version"]
    facts = inventory(graph, chart)
    switches = read_switches(INVENTORY / f"{chart}-{version}.switches.yaml", facts)
    double = make_double(chart, version, facts, switches, lambda *kind: _schemas().get(kind)).write(folder / "double")
    return template(double, folder, **_given(graph, chart, more))


@cache
def _schemas() -> Mapping[tuple[str, ...], Mapping[str, Any]]:
    """Return the schemas of the platform's own CRDs, by API version and kind."""
    found: dict[tuple[str, ...], Mapping[str, Any]] = {}
    for spec in (crd["spec"] for crd in definitions()):
        for version in spec["versions"]:
            kind = (f"{spec['group']}/{version['name']}", spec["names"]["kind"])
            found[kind] = version["schema"]["openAPIV3Schema"]
    return found


def render_chart(graph: Graph, chart: str, folder: Path) -> Rendered:
    """Render the chart itself, from the folder that the environment names; the test is skipped without it."""
    return template(archive(chart, release(graph, chart)["version"]), folder, **_given(graph, chart))


def archives() -> Path:
    """Return the folder of real charts that the environment names; the test is skipped without it."""
    if not os.environ.get(ARCHIVES):
        pytest.skip(f"no folder of real charts: {ARCHIVES} is not set")
    return Path(os.environ[ARCHIVES])


def archive(chart: str, version: str) -> Path:
    """Return the archive of a chart in the folder that the environment names; the test is skipped without it."""
    found = archives() / f"{chart}-{version}.tgz"
    if not found.is_file():
        pytest.skip(f"no {found.name} in the folder that {ARCHIVES} names")
    return found


def _given(graph: Graph, chart: str, more: Mapping[str, Any] | None = None) -> dict[str, Any]:
    given = release(graph, chart)
    return {"name": given["name"], "namespace": given["namespace"], "values": {**given["values"], **(more or {})}}


def template(path: Path, folder: Path, *, name: str, namespace: str, values: Mapping[str, Any]) -> Rendered:
    """Render the chart at `path` by the real Helm; no two objects of a kind may have one name."""
    try:
        helm = locate().helm
    except ToolsMissing as missing:
        pytest.skip(f"{missing}")
    written = folder / "values.json"
    written.write_text(json.dumps(values), encoding="utf-8")
    command: list[str | Path] = [helm, "template", name, path, "--namespace", namespace, "--values", written]
    done = subprocess.run([*command, "--kube-version", KUBERNETES], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    documents = [document for document in yaml.safe_load_all(done.stdout) if document]
    found = [
        made for document in documents for made in (document["items"] if document["kind"] == "List" else [document])
    ]
    names = [(d["kind"], d["metadata"].get("namespace", namespace), d["metadata"]["name"]) for d in found]
    assert len(names) == len(set(names))
    return {f"{document['kind']}/{document['metadata']['name']}": document for document in found}
