"""Keeping tenants away from what asks nobody who they are."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi_kubernetes as k8s

from groundwork.core.contracts import Namespace

TEAM = "groundwork.example/team"
"""The label that every team's namespace has."""


def close_to_teams(namespace: Namespace, *, open_ports: Sequence[int] = ()) -> None:
    """Let no pod of a team into `namespace`.

    Args:
        open_ports: what the API server itself asks, from an address that no selector knows: webhooks.
    """
    not_a_team = {"namespace_selector": {"match_expressions": [{"key": TEAM, "operator": "DoesNotExist"}]}}
    ports = [{"protocol": "TCP", "port": port} for port in open_ports]
    k8s.networking.v1.NetworkPolicy(
        f"{namespace.owner.name}-closed",
        metadata={"name": "closed-to-teams", "namespace": namespace.name},
        spec={
            "pod_selector": {},
            "policy_types": ["Ingress"],
            "ingress": [{"from_": [not_a_team]}, *([{"ports": ports}] if ports else [])],
        },
        opts=namespace.options(),
    )
