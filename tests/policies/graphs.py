"""Recorded programs as what rules judge."""

from __future__ import annotations

from groundwork.policy.subject import Subject
from groundwork.sandbox.standins.values import reveal
from groundwork.testing import Graph


def subjects(graph: Graph) -> list[Subject]:
    """Return the resources of a recorded program, as the engine would show them to the pack."""
    return [
        Subject(r.type, r.name, reveal(r.inputs), r.urn, r.references, protected=r.protect)
        for r in graph.resources
        if r.custom
    ]
