"""Which calls the objects of a stack stand for, and whether the mesh lets them through."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from groundwork.testing import Graph
from tests.addons.rendering import render_double

NAMESPACE = "kubernetes:core/v1:Namespace"
RELEASE = "kubernetes:helm.sh/v3:Release"
_MARKS = (("istio.io/dataplane-mode", "ambient"), ("istio-injection", "enabled"))
_HOST = re.compile(r"[a-z0-9-]+\.([a-z0-9-]+)\.svc\b")


@dataclass(frozen=True, order=True)
class Call:
    """One namespace calls another; `by` says how that is known: the address that it was given, or a monitor."""

    caller: str
    called: str
    by: str


def enrolled(graph: Graph) -> set[str]:
    """Return the namespaces that are in the mesh."""
    found = [ns.inputs["metadata"] for ns in graph.of(NAMESPACE)]
    return {m["name"] for m in found if any(m["labels"].get(key) == value for key, value in _MARKS)}


def calls(graph: Graph) -> list[Call]:
    """Return the calls into namespaces of the mesh that objects of other namespaces name."""
    closed, found = enrolled(graph), set()
    gateways = {r.inputs["namespace"] for r in graph.of(RELEASE) if r.inputs["chart"].endswith("gateway")}
    for resource in graph:
        caller = resource.inputs.get("namespace") or (resource.inputs.get("metadata") or {}).get("namespace")
        if resource.type.endswith(":ServiceMonitor"):
            found.add(Call("monitoring", str(caller), "scrape"))
            continue
        text = json.dumps({key: value for key, value in resource.inputs.items() if key != "__internal"})
        # Whom istiod's values name, gateways ask.
        callers = gateways if resource.inputs.get("name") == "istiod" else {str(caller)}
        found |= {Call(one, match[1], match[0]) for match in _HOST.finditer(text) for one in callers}
    return sorted(call for call in found if call.called in closed and call.caller not in (call.called, "None"))


def allowed(graph: Graph, call: Call) -> bool:
    """Tell whether an AuthorizationPolicy of the namespace that is called knows the caller."""
    rules = [
        rule
        for r in graph
        if r.type.endswith(":AuthorizationPolicy") and r.inputs["metadata"]["namespace"] == call.called
        for rule in r.inputs["spec"].get("rules", ())
        if r.inputs["spec"]["action"] == "ALLOW"
    ]
    return any(_knows(rule, call.caller) for rule in rules)


def _knows(rule: dict[str, Any], caller: str) -> bool:
    sources = [one["source"] for one in rule.get("from", ())]
    names = [name for source in sources for name in source.get("namespaces", ())]
    principals = [name for source in sources for name in source.get("principals", ())]
    return caller in names or any(f"/ns/{caller}/" in principal for principal in principals)


def webhooks(graph: Graph, folder: Path) -> dict[str, dict[str, str]]:
    """Return the Services of the mesh, `namespace/name`, that the API server calls, and the labels that they select."""
    found = {}
    for release in graph.of(RELEASE):
        namespace = release.inputs["namespace"]
        if namespace not in enrolled(graph):
            continue
        made = render_double(graph, release.inputs["chart"].rpartition("/")[2], folder)
        asked = [hook["clientConfig"].get("service") for one in made.values() for hook in one.get("webhooks") or ()]
        asked += [one["spec"].get("service") for one in made.values() if one["kind"] == "APIService"]
        for service in asked:
            if service is not None:
                found[f"{namespace}/{service['name']}"] = made[f"Service/{service['name']}"]["spec"]["selector"]
    return found
