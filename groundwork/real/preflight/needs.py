"""What an environment will ask of its account, from its recorded program: no credentials, no server."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from groundwork.data.instance_types import instance_types
from groundwork.preview.cost import Resource
from groundwork.preview.provisioned import NODE_POOL, provisioned

# Service Quotas counts vCPUs by family, on demand and spot apart; the codes are the same in every region:
# https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-quotas.html
_ON_DEMAND = {
    "standard": "L-1216C47A",
    "g": "L-DB2E81BA",
    "p": "L-417A185B",
    "inf": "L-1945791B",
    "trn": "L-2C3B7624",
    "dl": "L-6E869C2A",
    "x": "L-7295265B",
    "f": "L-74FC7D96",
}
_SPOT = {
    "standard": "L-34B43A08",
    "g": "L-3819A6DF",
    "p": "L-7212CCBC",
    "inf": "L-B5D1601B",
    "trn": "L-6B0D517C",
    "dl": "L-85EED4F7",
    "x": "L-E3A00192",
    "f": "L-88CF9481",
}
_STANDARD = frozenset("acdhimrtz")
_ACCELERATED = {"g": "g", "gr": "g", "vt": "g", "p": "p", "inf": "inf", "trn": "trn", "dl": "dl", "x": "x", "f": "f"}


@dataclass(frozen=True)
class Machines:
    """Nodes of one pool, as many as there may be."""

    pool: str
    types: tuple[str, ...]
    spot: bool
    most: int


@dataclass(frozen=True)
class Quota:
    """A quota of EC2's, in vCPUs."""

    code: str
    words: str


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


def needs_of(resources: Iterable[Resource]) -> Needs:
    """Return what the resources of an environment need."""
    found = Needs()
    for resource in resources:
        given = resource.inputs
        kind = resource.type.rpartition(":")[2] if resource.type.startswith("aws:") else ""
        if kind == "NodeGroup":
            found.machines.append(
                Machines(
                    resource.name,
                    tuple(given["instanceTypes"]),
                    given.get("capacityType") == "SPOT",
                    int(given["scalingConfig"]["maxSize"]),
                )
            )
        elif resource.type == NODE_POOL:
            pool = provisioned(given)
            found.machines.append(Machines(resource.name, pool.types, pool.spot, pool.most))
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


def quota_of(machine: str, *, spot: bool) -> Quota | None:
    """Return the quota that a type counts against, None for one that has its own (high memory, Mac)."""
    letters = re.match(r"[a-z]+", machine)
    family = letters[0] if letters else ""
    kind = _ACCELERATED.get(family) or ("standard" if family[:1] in _STANDARD and family != "mac" else None)
    if kind is None:
        return None
    codes = _SPOT if spot else _ON_DEMAND
    words = "standard (A, C, D, H, I, M, R, T, Z)" if kind == "standard" else kind.upper()
    return Quota(codes[kind], f"{'spot' if spot else 'on-demand'} {words} instances")


def vcpus(machines: Machines) -> int:
    """Return how many vCPUs a pool has at its largest, by its largest type."""
    return machines.most * max(map(vcpus_of, machines.types), default=0)


def vcpus_of(machine: str) -> int:
    """Return the vCPUs of a type, 0 of one that the table does not know."""
    known = instance_types().get(machine)
    return (known.vcpus or 0) if known else 0
