"""What pods say of themselves: to be admitted where the restricted standard is enforced, and to be placed well.

https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
"""

from __future__ import annotations

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
