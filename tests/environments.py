"""The environments of the repository, recorded once in each run of the tests: who changes a graph takes a copy."""

from __future__ import annotations

import pickle
from functools import cache
from pathlib import Path

from groundwork.core.project import load_project
from groundwork.testing import Graph
from groundwork.testing.whole import record_environment
from tests.once import once

PROJECT = load_project(Path(__file__).parents[1])


@cache
def recorded(environment: str) -> Graph:
    """Return all stacks of an environment, built against mocks as one; without the program's hooks."""
    found: Graph = pickle.loads(once(f"{environment}.recorded", lambda: _recorded(environment)))  # noqa: S301 - our own
    return found


def _recorded(environment: str) -> bytes:
    graph = record_environment(PROJECT, environment)
    return pickle.dumps(Graph(graph.resources, graph.outputs))
