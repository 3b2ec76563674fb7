"""What an environment will ask of its account, from its recorded program: no credentials, no server."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from groundwork.preview.cost import Resource
from groundwork.preview.nodes import NODE_CLASS, NODE_GROUP, NODE_POOL, TEMPLATE, Nodes, class_of, of_group, of_pool


@dataclass(frozen=True, kw_only=True)
class Machines(Nodes):
    """Nodes of one pool, as many as there may be.

    Attributes:
        pool: how messages name it.
        zones: in which they may be; empty where nobody knows.
        by_karpenter: whether Karpenter makes them.
    """

    pool: str
    zones: frozenset[str] = frozenset()
    by_karpenter: bool = False


@dataclass
class Needs:
    """What has to be there, or free.

    Attributes:
        clusters: name -> inputs of the cluster.
        addons: managed add-on -> its pinned version.
        buckets: names, which are the whole world's.
        tunnels: cluster -> the port of this machine through which it is reached, of those that are so.
    """

    machines: list[Machines] = field(default_factory=list)
    zones: set[str] = field(default_factory=set)
    clusters: dict[str, dict[str, Any]] = field(default_factory=dict)
    addons: dict[str, str] = field(default_factory=dict)
    addresses: int = 0
    networks: int = 0
    buckets: list[str] = field(default_factory=list)
    tunnels: dict[str, int] = field(default_factory=dict)


def needs_of(resources: Iterable[Resource], outputs: Mapping[str, Any] | None = None) -> Needs:
    """Return what the resources of an environment need.

    Args:
        outputs: of the environment: which subnets its networks have, also one that is there already.
    """
    found, given_all = Needs(), list(resources)
    zone_of = _zones(outputs or {})
    found.zones |= set(zone_of.values())
    templates = {r.name: r.inputs for r in given_all if r.type == TEMPLATE}
    classes = {r.inputs["metadata"]["name"]: r.inputs for r in given_all if r.type == NODE_CLASS}
    for resource in given_all:
        given = resource.inputs
        kind = resource.type.rpartition(":")[2] if resource.type.startswith("aws:") else ""
        if resource.type == NODE_GROUP:
            nodes = of_group(given, templates.get(resource.name, {}))
            found.machines.append(_machines(resource.name, nodes, zone_of))
        elif resource.type == NODE_POOL:
            nodes = of_pool(given, classes.get(class_of(given), {}))
            found.machines.append(_machines(resource.name, nodes, zone_of, by_karpenter=True))
        elif kind == "Subnet":
            found.zones.add(given["availabilityZone"])
        elif resource.type == "aws:eks/cluster:Cluster":
            found.clusters[given["name"]] = dict(given)
        elif resource.type == "aws:eks/addon:Addon":
            found.addons[given["addonName"]] = given["addonVersion"]
        elif kind == "Eip":
            found.addresses += 1
        elif kind == "Vpc":
            found.networks += 1
        elif kind == "Bucket":
            found.buckets.append(given["bucket"])
    return found


def tunnels_of(outputs: Mapping[str, Any]) -> dict[str, int]:
    """Return, by the kubeconfigs among the outputs of an environment, which clusters are reached through a tunnel."""
    found = {}
    for name, text in outputs.items():
        if name.endswith(".kubeconfig") and str(text).startswith("{"):
            for cluster in json.loads(text)["clusters"]:
                server = urlsplit(cluster["cluster"]["server"])
                if server.hostname == "localhost" and server.port:
                    found[cluster["name"]] = server.port
    return found


def _machines(pool: str, nodes: Nodes, zone_of: Mapping[str, str], *, by_karpenter: bool = False) -> Machines:
    zones = frozenset(zone_of[subnet] for subnet in nodes.subnets if subnet in zone_of)
    return Machines(**vars(nodes), pool=pool, zones=zones, by_karpenter=by_karpenter)


def _zones(outputs: Mapping[str, Any]) -> dict[str, str]:
    """Return the zone of each private subnet: of a network that is there already no resource says it."""
    found: dict[str, str] = {}
    for name, zones in outputs.items():
        component, _, field_name = name.rpartition(".")
        if field_name == "zones":
            found |= zip(outputs.get(f"{component}.private_subnet_ids") or (), zones, strict=False)
    return found
