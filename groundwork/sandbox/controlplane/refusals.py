"""What the API server was kept from dialling, in words for a report."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from groundwork.sandbox.controlplane.client import KubeClient
from groundwork.sandbox.controlplane.egress import KUBELET_PORT
from groundwork.sandbox.controlplane.neutralise import WEBHOOK_KINDS, restore

Objects = Iterable[Mapping[str, Any]]


@dataclass(frozen=True)
class Refusal:
    """An address that was refused, between two moments (seconds since the epoch), so many times."""

    address: str
    first: float
    last: float
    count: int


def read_refusals(record: Path) -> list[Refusal]:
    """Return what the egress proxy refused so far, the first refused first."""
    try:
        content: dict[str, dict[str, float]] = json.loads(record.read_text())
    except FileNotFoundError:
        return []
    refusals = [
        Refusal(address, entry["first"], entry["last"], int(entry["count"])) for address, entry in content.items()
    ]
    return sorted(refusals, key=lambda refusal: refusal.first)


def describe_refusals(client: KubeClient, refusals: Iterable[Refusal]) -> list[str]:
    """Return one line for each refusal: `webhook check.example.com (service a/b) at 10.96.9.9:443, 3 times`."""
    admission = "admissionregistration.k8s.io/v1"
    names = address_names(
        client.list("v1", "Service"),
        client.list("v1", "Node"),
        [each for kind in WEBHOOK_KINDS for each in client.list(admission, kind)],
        client.list("apiregistration.k8s.io/v1", "APIService"),
    )
    return [_line(refusal, names.get(refusal.address)) for refusal in refusals]


def address_names(services: Objects, nodes: Objects, webhooks: Objects, apis: Objects) -> dict[str, str]:
    """Return what stands behind each `ip:port` that the API server may dial."""
    callers = _callers(webhooks, apis)
    names = {}
    for service in services:
        name = f"{service['metadata']['namespace']}/{service['metadata']['name']}"
        label = f"{callers[name]} (service {name})" if name in callers else f"service {name}"
        for port in service["spec"].get("ports") or ():
            names[f"{service['spec'].get('clusterIP')}:{port['port']}"] = label
    for node in nodes:
        for address in (node.get("status") or {}).get("addresses") or ():
            names[f"{address['address']}:{KUBELET_PORT}"] = f"kubelet of node {node['metadata']['name']}"
    return names


def _callers(webhooks: Objects, apis: Objects) -> dict[str, str]:
    found = {}
    for configuration in webhooks:
        for webhook in configuration.get("webhooks") or ():
            if service := webhook["clientConfig"].get("service"):
                found[f"{service['namespace']}/{service['name']}"] = f"webhook {webhook['name']}"
    for api in apis:
        if service := restore(api)["spec"].get("service"):
            found[f"{service['namespace']}/{service['name']}"] = f"API {api['metadata']['name']}"
    return found


def _line(refusal: Refusal, name: str | None) -> str:
    times = "once" if refusal.count == 1 else f"{refusal.count} times"
    return f"{name or 'unknown'} at {refusal.address}, {times}"
