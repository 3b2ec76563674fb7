"""A pool of Karpenter's as what there may be of nodes: read from its NodePool, as the engine has it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

NODE_POOL = "kubernetes:karpenter.sh/v1:NodePool"
NODE_CLASS = "kubernetes:karpenter.k8s.aws/v1:EC2NodeClass"
_TYPE, _CAPACITY = "node.kubernetes.io/instance-type", "karpenter.sh/capacity-type"


@dataclass(frozen=True)
class Provisioned:
    """What a NodePool allows.

    Attributes:
        types: any of which a node may be.
        spot: whether all of its nodes are spot capacity.
        most: nodes at the same time.
        node_class: the name of its EC2NodeClass.
    """

    types: tuple[str, ...]
    spot: bool
    most: int
    node_class: str


def provisioned(inputs: Mapping[str, Any]) -> Provisioned:
    """Return what the inputs of a NodePool say."""
    spec = inputs["spec"]
    template = spec["template"]["spec"]
    required = {each["key"]: tuple(each.get("values") or ()) for each in template["requirements"]}
    return Provisioned(
        types=required.get(_TYPE, ()),
        spot=required.get(_CAPACITY) == ("spot",),
        most=int(spec["limits"]["nodes"]),
        node_class=str(template["nodeClassRef"]["name"]),
    )


def disk_gib(inputs: Mapping[str, Any]) -> float:
    """Return what all volumes of a node of an EC2NodeClass have, in GiB."""
    devices = inputs["spec"].get("blockDeviceMappings") or ()
    sizes = (re.fullmatch(r"(\d+)Gi", str(device.get("ebs", {}).get("volumeSize", ""))) for device in devices)
    return sum(float(size[1]) for size in sizes if size)
