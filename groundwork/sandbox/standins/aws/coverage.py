"""Which types moto executes and which are only recorded, and why."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from groundwork.sandbox.standins.aws import types
from groundwork.sandbox.standins.aws.clients import in_moto
from groundwork.sandbox.standins.aws.declare import RESOURCES, Call, Resource
from groundwork.sandbox.standins.ledger import Mark


@dataclass(frozen=True)
class Coverage:
    """One type: its mark, and the reason, which names the changes that are recorded although the type is executed."""

    token: str
    mark: Mark
    reason: str


@functools.cache
def coverage_of(resource: Resource) -> Coverage:
    """Return the coverage of a type: executed where moto can create and delete it."""
    if resource.only_recorded:
        return Coverage(resource.token, "recorded", f"{resource.only_recorded}: checked and remembered")
    lacking = [call.operation for call in _calls(resource, "create", "delete") if not _has(resource, call)]
    if lacking:
        reason = f"moto has no {resource.service} {' and no '.join(lacking)}: checked and remembered"
        return Coverage(resource.token, "recorded", reason)
    recorded = sorted({call.operation for call in _calls(resource, "after", "update") if not _has(resource, call)})
    reason = f"on moto; only recorded: {', '.join(recorded)}" if recorded else "on moto"
    return Coverage(resource.token, "executed", reason)


def coverage() -> list[Coverage]:
    """Return the coverage of every declared type, sorted by token."""
    types.load()
    return [coverage_of(RESOURCES[token]) for token in sorted(RESOURCES)]


def _has(resource: Resource, call: Call) -> bool:
    return in_moto(call.service or resource.service, call.operation)


def _calls(resource: Resource, *groups: str) -> list[Call]:
    steps = [
        step for group in groups for step in ((resource.create,) if group == "create" else getattr(resource, group))
    ]
    return [step for step in steps if isinstance(step, Call)]
