"""The environments of the repository, recorded once in each run of the tests: who changes a graph takes a copy."""

from __future__ import annotations

import fcntl
import os
import pickle
from functools import cache
from pathlib import Path

from groundwork.core.project import load_project
from groundwork.testing import Graph
from groundwork.testing.whole import record_environment

PROJECT = load_project(Path(__file__).parents[1])
SHARED = "GROUNDWORK_TESTS_SHARED"
"""Names the folder that all processes of this run of the tests have together."""


@cache
def recorded(environment: str) -> Graph:
    """Return all stacks of an environment, built against mocks as one; without the program's hooks."""
    file = Path(os.environ[SHARED]) / f"{environment}.recorded"
    with file.open("a+b") as kept:
        # Recording takes many seconds: the first process does it, and those that ask meanwhile wait for it.
        fcntl.flock(kept, fcntl.LOCK_EX)
        kept.seek(0)
        if content := kept.read():
            found: Graph = pickle.loads(content)  # noqa: S301 - this run of the tests wrote it
            return found
        graph = record_environment(PROJECT, environment)
        made = Graph(graph.resources, graph.outputs)
        kept.write(pickle.dumps(made))
        return made
