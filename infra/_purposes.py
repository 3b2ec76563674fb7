"""What a pool is for, and what may therefore happen to its nodes: no engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Purpose = Literal["general", "interactive", "batch", "serving"]


@dataclass(frozen=True)
class Disruption:
    """When nodes go that are there, whoever makes them.

    A group of nodes has no budgets and no longest life: nothing replaces its nodes but an update, one at a time.

    Attributes:
        moves_pods: whether pods may be moved to fewer or cheaper nodes; else only an empty node goes.
        idle: how long a node is empty, or could be, before it goes: "5m".
        budgets: how many nodes may go at once, by reason and time, as a NodePool of Karpenter says it.
        longest_life: after which a node is replaced, whatever runs on it; "Never".
        patience: how long pods that may not be evicted hold up a node that goes.
    """

    moves_pods: bool
    idle: str
    budgets: tuple[Mapping[str, Any], ...]
    longest_life: str
    patience: str


_ONE_AT_A_TIME = {"nodes": "10%"}  # rounded up: at least one

DISRUPTIONS: Mapping[Purpose, Disruption] = {
    "general": Disruption(moves_pods=True, idle="5m", budgets=(_ONE_AT_A_TIME,), longest_life="720h", patience="1h"),
    # Copies are spread and guarded by budgets of their own; a moved pod loads its model again.
    "serving": Disruption(moves_pods=True, idle="15m", budgets=(_ONE_AT_A_TIME,), longest_life="720h", patience="1h"),
    # Somebody is at work on it by day (UTC): what is empty goes at any time, what is outdated at night.
    "interactive": Disruption(
        moves_pods=False,
        idle="30m",
        budgets=(
            {"nodes": "100%", "reasons": ["Empty"]},
            {"nodes": "1", "reasons": ["Drifted", "Underutilized"]},
            {
                "nodes": "0",
                "reasons": ["Drifted", "Underutilized"],
                "schedule": "0 5 * * mon-fri",
                "duration": "16h",
            },
        ),
        longest_life="Never",
        patience="24h",
    ),
    # Work of days is lost with its pod: a node goes when it is empty, and the next one is of the new kind.
    "batch": Disruption(
        moves_pods=False,
        idle="2m",
        budgets=(
            {"nodes": "100%", "reasons": ["Empty"]},
            {"nodes": "0", "reasons": ["Drifted", "Underutilized"]},
        ),
        longest_life="Never",
        patience="24h",
    ),
}

# Beneath it is nothing that asks for anything: of 192 cores or 2 TiB, a thousandth of a core or 4 MiB is more.
_NOTHING = "0.000001"


def scale_down(purpose: Purpose) -> Mapping[str, str]:
    """Return what the cluster-autoscaler is told of a group's nodes, beside what it does with all of them.

    A node goes that uses less than a share and whose pods fit elsewhere: where they are not to be moved, one that uses
    less than any pod. Agents, which are on every node, count for nothing then.

    https://github.com/kubernetes/autoscaler/blob/cluster-autoscaler-1.35.0/cluster-autoscaler/cloudprovider/aws/README.md#auto-discovery-setup
    """
    if purpose == "general":
        return {}
    rules = DISRUPTIONS[purpose]
    waits = {"scaledownunneededtime": rules.idle}
    if rules.moves_pods:
        return waits
    return {
        **waits,
        "ignoredaemonsetsutilization": "true",
        "scaledowngpuutilizationthreshold": _NOTHING,
        "scaledownutilizationthreshold": _NOTHING,
    }
