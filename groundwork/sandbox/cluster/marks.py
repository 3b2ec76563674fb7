"""How objects that the simulation makes are told from the program's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Object = dict[str, Any]

SIMULATED = "groundwork.example/simulated"
SELECTOR = f"{SIMULATED}=true"
POOL = "groundwork.example/simulated-pool"
"""The node group or pool of machines. Not the program's own label of a pool, by which its pods are placed."""
ORDINAL = "groundwork.example/ordinal"
SHAPE = "groundwork.example/shape"
"""Of what a node was made: instance type, image and disk; other ones mean another node."""
ADDON = "groundwork.example/addon"
SERVED = "groundwork.example/load-balancer"
"""On a Service: this simulation named its load balancer."""


def labels_of(obj: Mapping[str, Any]) -> Mapping[str, str]:
    """Return an object's labels."""
    return obj["metadata"].get("labels") or {}


def annotations_of(obj: Mapping[str, Any]) -> Mapping[str, str]:
    """Return an object's annotations."""
    return obj["metadata"].get("annotations") or {}


def is_simulated(obj: Mapping[str, Any]) -> bool:
    """Whether the simulation made it."""
    return labels_of(obj).get(SIMULATED) == "true"


def full_name(obj: Mapping[str, Any]) -> str:
    """Return `namespace/name`, or the name alone of what has no namespace."""
    metadata = obj["metadata"]
    return f"{metadata['namespace']}/{metadata['name']}" if metadata.get("namespace") else metadata["name"]


def leaving(obj: Mapping[str, Any]) -> bool:
    """Whether it is being deleted."""
    return "deletionTimestamp" in obj["metadata"]


def owner_kind(obj: Mapping[str, Any]) -> str | None:
    """Return the kind of the controller that made it."""
    for owner in obj["metadata"].get("ownerReferences") or ():
        if owner.get("controller"):
            return str(owner["kind"])
    return None
