"""What a launch template decides of the nodes that it launches."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

_DEFAULT_DISK = {"WINDOWS": 50}
_DISK = 20
# Of Bottlerocket's two volumes the second holds images and what pods write.
_DATA_DEVICES = {"BOTTLEROCKET": "/dev/xvdb", "AL2023": "/dev/xvda", "WINDOWS": "/dev/sda1"}
# `maxPods: 58` of nodeadm's NodeConfig, `max-pods = 58` of Bottlerocket's settings, `--max-pods=58` of the kubelet.
_MAX_PODS = re.compile(r"""max-?pods["']?\s*[:=\s]\s*["']?(\d+)""", re.IGNORECASE)


def disk_gib(ami_type: str, asked: Any, template: Mapping[str, Any]) -> int:
    """Return the size of the volume that nodes have for pods.

    Args:
        ami_type: EKS's word for the image.
        asked: the node group's own disk size, which EKS takes only where no launch template is given.
        template: the data of the launch template, empty where there is none.
    """
    family = ami_type.split("_")[0]
    sizes = {
        mapping.get("DeviceName"): (mapping.get("Ebs") or {}).get("VolumeSize")
        for mapping in template.get("BlockDeviceMappings") or []
    }
    device = _DATA_DEVICES.get(family) or next(iter(sizes), None)  # a custom image has a root device of its own
    default = _DEFAULT_DISK.get(family, _DISK)
    return int(sizes.get(device) or default) if template else int(asked or default)


def efa(template: Mapping[str, Any]) -> int:
    """Return how many Elastic Fabric Adapters a node has."""
    interfaces = template.get("NetworkInterfaces") or []
    return sum(str(each.get("InterfaceType", "")).startswith("efa") for each in interfaces)


def max_pods(template: Mapping[str, Any]) -> int | None:
    """Return the most pods that the user data allows, None where it leaves that to EKS."""
    try:
        text = base64.b64decode(template.get("UserData") or "").decode(errors="replace")
    except (binascii.Error, ValueError):
        return None
    found = _MAX_PODS.search(text)
    return int(found[1]) if found else None
