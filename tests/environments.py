"""The environments of the repository, recorded once in each process: who changes a graph takes a copy."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from groundwork.core.stacks import load_project
from groundwork.testing import Graph
from groundwork.testing.whole import record_environment

PROJECT = load_project(Path(__file__).parents[1])


@cache
def recorded(environment: str) -> Graph:
    """Return all stacks of an environment, built against mocks as one."""
    return record_environment(PROJECT, environment)
