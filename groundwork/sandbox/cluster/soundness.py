"""Pools of which EKS could make no node."""

from __future__ import annotations

from groundwork.data.instance_types import UnknownInstanceTypeError, instance_type
from groundwork.sandbox.cluster.capacity import NoShapeError, of_pool
from groundwork.sandbox.cluster.nodes import architecture
from groundwork.sandbox.cluster.pools import NodePool

_MACHINES = {"x86_64": "amd64", "arm64": "arm64"}


def fault(pool: NodePool) -> str:
    """Return why a pool can have no nodes at all; empty if it can."""
    if not pool.subnets:
        return f"pool {pool.name!r}: it has no subnet in any zone"
    if not pool.instance_types:
        return f"pool {pool.name!r}: neither it nor its launch template names an instance type"
    try:
        of_pool(pool)
    except (UnknownInstanceTypeError, NoShapeError) as error:
        return str(error)
    name = pool.instance_types[0]
    machine = _MACHINES.get(instance_type(name).architecture or "")
    if machine is not None and machine != architecture(pool):
        image = architecture(pool)
        return f"pool {pool.name!r}: AMI type {pool.ami_type} is for {image}, but instance type {name} is {machine}"
    return ""
