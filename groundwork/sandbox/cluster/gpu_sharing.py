"""Slices of GPUs that a node shows: by the device plugin's configuration, or by the GPU operator's partitions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from groundwork.data.gpu_slices import slices
from groundwork.data.instance_types import Accelerator
from groundwork.sandbox.cluster.marks import Object
from groundwork.sandbox.cluster.world import containers

RESOURCE = "nvidia.com/gpu"
CONFIG_LABEL = "nvidia.com/device-plugin.config"
MIG_LABEL = "nvidia.com/mig.config"
_MPS_CONTAINER = "mps-control-daemon-ctr"
_MIG_PREFIX = "all-"


def config_of(labels: Mapping[str, str], config_maps: Iterable[Object]) -> Mapping[str, Any]:
    """Return the configuration that a node's label names, of those beside the plugin; empty where there is none.

    Which ConfigMap the plugin mounts, a double does not know: all of its namespace are looked through.
    """
    name = labels.get(CONFIG_LABEL)
    for found in config_maps:
        text = (found.get("data") or {}).get(name or "")
        if text is not None:
            try:
                parsed = yaml.safe_load(text)
            except yaml.YAMLError:
                return {}
            return parsed if isinstance(parsed, Mapping) else {}
    return {}


def replicated(devices: int, config: Mapping[str, Any], running: Iterable[Object], *, operator: bool) -> dict[str, int]:
    """Return what the plugin shows of so many GPUs under its configuration.

    With MPS it shows nothing until its control daemon runs; the operator brings that daemon itself.
    """
    sharing = config.get("sharing") or {}
    for kind in ("timeSlicing", "mps"):
        replicated = sharing.get(kind) or {}
        entry = next((e for e in replicated.get("resources") or () if e.get("name") == RESOURCE), None)
        if entry is None or int(entry.get("replicas", 1)) < 2:
            continue
        if kind == "mps" and not operator and not any(_MPS_CONTAINER in _names(pod) for pod in running):
            return {}
        name = f"{RESOURCE}.shared" if replicated.get("renameByDefault") else RESOURCE
        return {name: devices * int(entry["replicas"])}
    return {RESOURCE: devices}


def partitioned(devices: int, labels: Mapping[str, str], accelerator: Accelerator) -> dict[str, int] | None:
    """Return the partitions that the operator's MIG manager makes of so many GPUs; None where it is not asked to.

    Under the strategy "mixed", whose resources tell the profile. What the GPU does not have is not made.
    """
    profile = labels.get(MIG_LABEL, "").removeprefix(_MIG_PREFIX)
    if not profile or profile == "disabled":
        return None
    each = slices(accelerator).get(profile)
    return {f"nvidia.com/mig-{profile}": devices * each} if each else {}


def _names(pod: Object) -> list[str]:
    return [container["name"] for container in containers(pod["spec"])]
