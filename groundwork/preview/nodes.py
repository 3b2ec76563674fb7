"""What there may be of nodes: read from a managed node group, or from a pool of Karpenter's, as the engine has them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

NODE_GROUP = "aws:eks/nodeGroup:NodeGroup"
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
NODE_POOL = "kubernetes:karpenter.sh/v1:NodePool"
NODE_CLASS = "kubernetes:karpenter.k8s.aws/v1:EC2NodeClass"

Market = Literal["on-demand", "spot"]

_TYPE, _CAPACITY = "node.kubernetes.io/instance-type", "karpenter.sh/capacity-type"
_MARKETS: Mapping[str, tuple[Market, ...]] = {"on-demand": ("on-demand",), "spot": ("spot",)}
_EKS_TYPE = "t3.medium"
"""What EKS takes where neither a node group nor its launch template says any type."""


@dataclass(frozen=True)
class Nodes:
    """Nodes of one pool.

    Attributes:
        types: any of which a node may be.
        least: nodes that are always there.
        most: nodes at the same time.
        markets: where their instances are bought; nowhere, where all of them are in a capacity block, bought before.
        disk_gib: of all volumes of one node.
        subnets: ids; empty where something else chooses them.
        reservation: the id of the capacity reservation or block that they are taken from.
        block: whether that is a capacity block.
        beyond: whether there may be more of them than the reservation has.
        placement_group: the name of the one that they are in.
    """

    types: tuple[str, ...]
    least: int
    most: int
    markets: tuple[Market, ...]
    disk_gib: float = 0
    subnets: tuple[str, ...] = ()
    reservation: str | None = None
    block: bool = False
    beyond: bool = False
    placement_group: str | None = None


def of_group(inputs: Mapping[str, Any], template: Mapping[str, Any]) -> Nodes:
    """Return what a managed node group says, with its launch template, which is empty where it has none."""
    scaling = inputs["scalingConfig"]
    block = inputs.get("capacityType") == "CAPACITY_BLOCK"
    # Of a capacity block the template says the type, and one of the two alone may.
    types = inputs.get("instanceTypes") or [template.get("instanceType") or _EKS_TYPE]
    target = (template.get("capacityReservationSpecification") or {}).get("capacityReservationTarget") or {}
    market: Market = "spot" if inputs.get("capacityType") == "SPOT" else "on-demand"
    return Nodes(
        types=tuple(map(str, types)),
        least=int(scaling["minSize"]),
        most=int(scaling["maxSize"]),
        markets=() if block else (market,),
        disk_gib=sum(
            float(device.get("ebs", {}).get("volumeSize", 0)) for device in template.get("blockDeviceMappings") or ()
        ),
        subnets=tuple(map(str, inputs.get("subnetIds") or ())),
        reservation=target.get("capacityReservationId"),
        block=block,
        placement_group=(template.get("placement") or {}).get("groupName"),
    )


def class_of(inputs: Mapping[str, Any]) -> str:
    """Return the name of the EC2NodeClass of a NodePool."""
    return str(inputs["spec"]["template"]["spec"]["nodeClassRef"]["name"])


def of_pool(inputs: Mapping[str, Any], node_class: Mapping[str, Any]) -> Nodes:
    """Return what a NodePool says, with its EC2NodeClass, which is empty where nobody has it."""
    spec, of_class = inputs["spec"], node_class.get("spec") or {}
    requirements = spec["template"]["spec"]["requirements"]
    required = {each["key"]: tuple(each.get("values") or ()) for each in requirements}
    capacity = required.get(_CAPACITY) or ("on-demand",)
    reservations = [term.get("id") for term in of_class.get("capacityReservationSelectorTerms") or ()]
    terms = of_class.get("subnetSelectorTerms") or ()
    sizes = (
        re.fullmatch(r"(\d+)Gi", str(device.get("ebs", {}).get("volumeSize", "")))
        for device in of_class.get("blockDeviceMappings") or ()
    )
    return Nodes(
        types=required.get(_TYPE, ()),
        least=0,
        most=int(spec["limits"]["nodes"]),
        markets=tuple(market for each in capacity for market in _MARKETS.get(each, ())),
        disk_gib=sum(float(size[1]) for size in sizes if size),
        subnets=tuple(str(term["id"]) for term in terms if "id" in term),
        reservation=next(filter(None, reservations), None),
        block=capacity == ("reserved",),
        beyond=capacity != ("reserved",),
        placement_group=(of_class.get("placementGroupSelector") or {}).get("name"),
    )
