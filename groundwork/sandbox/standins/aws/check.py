"""Check: defaults, generated names, and every problem of a resource's inputs at once, in a preview too."""

from __future__ import annotations

import hashlib
import os
from typing import Any

from groundwork.sandbox.standins.aws import sdk
from groundwork.sandbox.standins.aws.calls import NOT_SPREAD, Problems, build, each, is_skipped, takes
from groundwork.sandbox.standins.aws.declare import Call, Do, Resource
from groundwork.sandbox.standins.aws.session import Session
from groundwork.sandbox.standins.protocol import name_of
from groundwork.sandbox.standins.values import UNKNOWN


def with_defaults(
    resource: Resource, urn: str, old: dict[str, Any], new: dict[str, Any], seed: bytes, proposed: str = ""
) -> dict[str, Any]:
    """Return `new` with the provider's defaults and a generated name; `__defaults` lists what was filled in."""
    inputs = {name: value for name, value in new.items() if value is not None}
    filled = [name for name in resource.defaults if name not in inputs]
    inputs |= {name: resource.defaults[name] for name in filled}
    name = resource.autoname
    if name and name not in inputs:
        kept = old.get(name) if name in (old.get("__defaults") or []) else None
        prefix = inputs.get(f"{name}Prefix")
        inputs[name] = kept or proposed or generated(resource, urn, seed, prefix)
        filled.append(name)
    inputs["__defaults"] = sorted(filled)
    return inputs


def generated(resource: Resource, urn: str, seed: bytes, prefix: str | None = None) -> str:
    """Return `<prefix or the resource's name>-<7 hex digits>`, within the limit of the type."""
    digits = hashlib.sha256((seed or os.urandom(16)) + urn.encode()).hexdigest()[:7]
    start = prefix if prefix is not None and prefix != UNKNOWN else f"{name_of(urn)}-"
    start = start.lower() if resource.lower else start
    return start[: resource.autoname_limit - len(digits)] + digits


def problems(session: Session, resource: Resource, inputs: dict[str, Any]) -> Problems:
    """Return everything that is wrong with `inputs`: by the SDK's shape, the API's model and the type's own rules."""
    shape = sdk.sdk_resource(resource.token).inputs
    found: Problems = list(sdk.problems(shape, inputs))
    if shape.required - inputs.keys():
        return found  # the rest reads what is required
    for check in resource.checks:
        found += check(inputs)
    environment = session.environment({"arn": UNKNOWN, "random": "0" * 17, **inputs})
    for step in (resource.create, *resource.after):
        if isinstance(step, Do):
            continue
        for call, local in each(step, environment):
            if step is resource.create or not is_skipped(call, local):
                found += build(session, resource, call, local, inputs)[1]
    return found


def not_passed_on(resource: Resource, inputs: dict[str, Any]) -> list[str]:
    """Return the inputs that no call of the type takes: they are remembered, and nothing more."""
    taken: set[str] = set(resource.steers) | NOT_SPREAD | set(resource.defaults)
    if resource.autoname:
        taken |= {resource.autoname, f"{resource.autoname}Prefix"}
    for step in (resource.create, *resource.steps(), *resource.delete):
        taken |= takes(resource, step)
        if isinstance(step, Call) and step.undo is not None:
            taken |= takes(resource, step.undo)
    return sorted(name for name in inputs if name not in taken)
