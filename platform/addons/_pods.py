"""What pods say of themselves: to be admitted where the restricted standard is enforced, and to be placed well.

https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def pod_security(user: int) -> dict[str, Any]:
    """Return the security context of a pod whose processes run as `user`."""
    return {
        "runAsNonRoot": True,
        "runAsUser": user,
        "runAsGroup": user,
        "fsGroup": user,
        "fsGroupChangePolicy": "OnRootMismatch",
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def container_security(*, read_only: bool = True) -> dict[str, Any]:
    """Return the security context of a container; what it writes goes to volumes where `read_only`."""
    return {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": read_only,
        "capabilities": {"drop": ["ALL"]},
    }


def resources(cpu: str, memory: str, memory_limit: str | None = None) -> dict[str, Any]:
    """Return requests, and a limit of memory. CPU is not limited: a limit throttles what would be idle anyway."""
    return {"requests": {"cpu": cpu, "memory": memory}, "limits": {"memory": memory_limit or memory}}


def add_resources(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """Return the sum of two containers' resources, each as `resources` returns them, with extended ones or without."""
    return {kind: _add(first.get(kind, {}), second.get(kind, {})) for kind in ("requests", "limits")}


def _add(first: Mapping[str, str], second: Mapping[str, str]) -> dict[str, str]:
    return {name: _sum(name, [part[name] for part in (first, second) if name in part]) for name in {**first, **second}}


def _sum(name: str, amounts: list[str]) -> str:
    if len(amounts) == 1:
        return amounts[0]
    if name == "memory":
        return f"{sum(mebibytes(amount) for amount in amounts)}Mi"
    return f"{sum(int(amount[:-1]) if amount[-1] == 'm' else 1000 * int(amount) for amount in amounts)}m"


def mebibytes(memory: str) -> int:
    """Return an amount of memory in mebibytes: "2Gi" is 2048."""
    return int(memory[:-2]) * {"Mi": 1, "Gi": 1024}[memory[-2:]]


def spread(labels: dict[str, str]) -> list[dict[str, Any]]:
    """Return constraints that keep the copies with these labels in different zones, if there is room."""
    return [
        {
            "maxSkew": 1,
            "topologyKey": "topology.kubernetes.io/zone",
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": labels},
        }
    ]
