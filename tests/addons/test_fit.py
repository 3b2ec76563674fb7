"""What the platform's own objects point at is in what the real charts make, where all their archives are given."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import pytest

from groundwork.testing import Graph
from tests.addons.rendering import archive, template

RELEASE = "kubernetes:helm.sh/v3:Release"
OF_PODS = ("NetworkPolicy", "AuthorizationPolicy", "RequestAuthentication", "PeerAuthentication", "PodDisruptionBudget")
# What the component of the tests asks for.
NOT_RENDERED = {("web", "svc")}
# The label of the Pods that Prometheus' operator makes of its own kinds.
OPERATED = {"app.kubernetes.io/name": "prometheus"}, {"app.kubernetes.io/name": "alertmanager"}
_HOST = re.compile(r"\b([a-z0-9][a-z0-9-]*)\.([a-z0-9-]+)\.svc(?:\.cluster\.local)?(?::(\d+))?")


class Made(NamedTuple):
    """An object, its namespace, and whether a chart made it."""

    namespace: str
    object: dict[str, Any]
    of_chart: bool

    @property
    def reference(self) -> str:
        return f"{self.object['kind']}/{self.object['metadata']['name']} in {self.namespace}"


@pytest.fixture(scope="module")
def made(everything: Graph, tmp_path_factory: pytest.TempPathFactory) -> list[Made]:
    """Every object of the stack, those of its charts too."""
    archives = [archive(_chart(each.inputs), each.inputs["version"]) for each in everything.of(RELEASE)]
    found = []
    for each, path in zip(everything.of(RELEASE), archives, strict=True):
        given = {key: each.inputs[key] for key in ("name", "namespace", "values")}
        for rendered in template(path, tmp_path_factory.mktemp("fit"), **given).values():
            found.append(Made(rendered["metadata"].get("namespace", each.inputs["namespace"]), rendered, True))
    for own in everything:
        if own.type.startswith("kubernetes:") and own.inputs.get("kind"):
            found.append(Made(own.inputs["metadata"].get("namespace", ""), dict(own.inputs), False))
    return found


def _chart(inputs: Mapping[str, Any]) -> str:
    return str(inputs["chart"]).rpartition("/")[2]


def selected(labels: Mapping[str, str], selector: Mapping[str, Any]) -> bool:
    """Whether a selector takes labels; of expressions only those that we write."""
    wanted = selector.get("matchLabels") or {}
    expressions = selector.get("matchExpressions") or ()
    return wanted.items() <= labels.items() and all(
        (labels.get(each["key"]) in each.get("values", ())) == (each["operator"] == "In")
        for each in expressions
        if each["operator"] in ("In", "NotIn")
    )


def pods(made: list[Made], selector: Mapping[str, Any], namespace: str | None) -> Iterator[Made]:
    """Yield the workloads whose Pods a selector takes, in one namespace or in any."""
    for each in made:
        spec = each.object.get("spec") or {}
        pod = (spec.get("jobTemplate", {}).get("spec") or spec).get("template") or {}
        labels = (pod.get("metadata") or {}).get("labels") or {}
        if "spec" in pod and namespace in (None, each.namespace) and selected(labels, selector):
            yield each


def services(made: list[Made]) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the Services by namespace and name."""
    return {(m.namespace, m.object["metadata"]["name"]): m.object for m in made if m.object["kind"] == "Service"}


def test_every_monitor_finds_its_port(made: list[Made]) -> None:
    """A monitor that selects nothing says nothing: what it should have measured is not measured."""
    unfit = []
    for monitor in (m for m in made if m.object["kind"] == "ServiceMonitor" and not m.of_chart):
        spec = monitor.object["spec"]
        ports = {
            port.get("name")
            for (namespace, _), service in services(made).items()
            if namespace == monitor.namespace and selected(service["metadata"].get("labels") or {}, spec["selector"])
            for port in service["spec"]["ports"]
        }
        wanted = {endpoint["port"] for endpoint in spec["endpoints"]}
        unfit += [f"{monitor.reference}: {port} is none of {ports}" for port in wanted - ports]
    assert [problem for problem in unfit if " in web:" not in problem] == []


def test_every_selector_of_pods_finds_some(made: list[Made]) -> None:
    """A policy that selects nothing protects nothing; a gateway's routes lead nowhere."""
    unfit = []
    for each in made:
        kind, spec = each.object["kind"], each.object.get("spec") or {}
        selector = spec.get("podSelector") or spec.get("selector") or {}
        if each.of_chart or not selector or kind not in (*OF_PODS, "Service", "Gateway"):
            continue
        if not any(key.startswith("match") for key in selector):
            selector = {"matchLabels": selector}
        operated = each.namespace == "monitoring" and any(selected(labels, selector) for labels in OPERATED)
        if not operated and not any(pods(made, selector, None if kind == "Gateway" else each.namespace)):
            unfit.append(f"{each.reference}: {selector}")
    assert unfit == []


def test_every_address_is_one_of_a_service(made: list[Made]) -> None:
    """In routes, URLs and values: of our own objects, and of what our values put into a chart's."""
    known, unfit = services(made), []
    for each in (m for m in made if not m.of_chart):
        routes = [
            way
            for part in ("http", "tcp")
            for rule in (each.object.get("spec") or {}).get(part) or ()
            for way in rule.get("route") or ()
        ]
        named = [(way["destination"]["host"], (way["destination"].get("port") or {}).get("number")) for way in routes]
        asked = {(host.split(".")[1], host.split(".")[0], number) for host, number in named if "." in host}
        asked |= {(space, name, port) for name, space, port in _HOST.findall(json.dumps(each.object))}
        for space, name, port in asked:
            ports = (
                {each["port"] for each in known[space, name]["spec"].get("ports") or ()}
                if (space, name) in known
                else None
            )
            if (space, name) not in NOT_RENDERED and (ports is None or (port and int(port) not in ports)):
                unfit.append(f"{each.reference}: {name}.{space}:{port or ''} is none of {ports}")
    assert unfit == []
