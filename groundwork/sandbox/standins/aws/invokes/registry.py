"""The table of functions by token."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from groundwork.sandbox.standins.aws.session import Session

Function = Callable[[Session, dict[str, Any]], dict[str, Any]]

FUNCTIONS: dict[str, Function] = {}
"""Each answers what it adds to its arguments, which are answered too."""


def function(path: str) -> Callable[[Function], Function]:
    """Register a function under `aws:<path>:<name>`, where the name is the last part of `path`."""

    def register(made: Function) -> Function:
        FUNCTIONS[f"aws:{path}:{path.rpartition('/')[2]}"] = made
        return made

    return register


def filters(arguments: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the filters of a lookup as EC2 has them."""
    made = [{"Name": item["name"], "Values": item["values"]} for item in arguments.get("filters") or []]
    made += [{"Name": f"tag:{k}", "Values": [v]} for k, v in (arguments.get("tags") or {}).items()]
    return made
