"""Whose pods go first."""

from __future__ import annotations

from dataclasses import dataclass

from groundwork.core.contract import Contract


@dataclass(frozen=True, kw_only=True)
class Priorities(Contract):
    """Names of priority classes, the most urgent first: a pod that finds no room may end pods of a later one.

    Attributes:
        platform: what all others depend on: measuring, scaling, the mesh.
        serving: models that answer requests.
        interactive: notebooks, somebody waits for them.
        batch: what can begin again; it never ends others.
    """

    platform: str = "platform"
    serving: str = "serving"
    interactive: str = "interactive"
    batch: str = "batch"
