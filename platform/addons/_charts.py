"""What the values of several charts have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import PositiveInt

from groundwork.core.config import ByProfile

Copies = Annotated[PositiveInt, ByProfile("highly_available", {True: 2, False: 1})]
"""Copies of a controller: one is active, a second one takes over where the environment is highly available."""


def budget(copies: int) -> dict[str, Any]:
    """Return the spec of a disruption budget that lets one copy go at a time; empty where one copy is all there is.

    A budget over a single copy would keep its node from ever being drained.
    """
    return {"maxUnavailable": 1} if copies > 1 else {}


def apart(labels: Mapping[str, str]) -> dict[str, Any]:
    """Return what keeps copies in different zones, if there is room: for charts that take no spread."""
    term = {"topologyKey": "topology.kubernetes.io/zone", "labelSelector": {"matchLabels": dict(labels)}}
    return {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "podAffinityTerm": term}]}
