"""Outputs: what a resource shows, as Pulumi's properties; drift; and what a preview can know."""

from __future__ import annotations

import re
from typing import Any

import jmespath

from groundwork.sandbox.standins.aws.changes import adopt, agrees
from groundwork.sandbox.standins.aws.coverage import coverage_of
from groundwork.sandbox.standins.aws.declare import Path, Read, Resource
from groundwork.sandbox.standins.aws.naming import fields_to_pulumi, plain, to_pulumi
from groundwork.sandbox.standins.aws.replace import rules
from groundwork.sandbox.standins.aws.sdk import sdk_resource
from groundwork.sandbox.standins.aws.session import NotFoundError, Session
from groundwork.sandbox.standins.aws.store import handle
from groundwork.sandbox.standins.aws.templates import bare, fill, text
from groundwork.sandbox.standins.values import UNKNOWN

_NOT_SHOWN = frozenset({"tags", "tagsAll", "id", "urn", "timeouts"})


def executed(resource: Resource) -> bool:
    """Tell whether moto makes and deletes resources of this type, or whether they are only recorded."""
    return coverage_of(resource).mark == "executed"


def describe(session: Session, resource: Resource, environment: dict[str, Any]) -> dict[str, Any] | None:
    """Return the API's description of a resource of an executed type, None where it does not exist."""
    read = resource.read
    try:
        if isinstance(read, Read):
            request = bare(fill(read.arguments, environment)) or {}
            answer = session.send(resource.service, read.operation, request, environment["region"])
            found = jmespath.search(read.path, answer)
        else:
            found = read(session, environment) if read is not None else {}
    except NotFoundError:
        return None
    return plain(found) if isinstance(found, dict) else None


def shown(
    session: Session, resource: Resource, environment: dict[str, Any], description: dict[str, Any]
) -> dict[str, Any]:
    """Return the properties that a description shows, with the declared outputs."""
    fields = {k: v for k, v in sdk_resource(resource.token).outputs.items() if k not in _NOT_SHOWN}
    found = fields_to_pulumi(fields, description, resource.names)
    local = {**found, **{k: v for k, v in environment.items() if v is not None}}
    if resource.arn:
        local["arn"] = found["arn"] = text(resource.arn, local)
    for name, source in resource.outputs.items():
        if isinstance(source, Path):
            value = jmespath.search(source.expression, description)
        elif isinstance(source, str):
            value = text(source, local)
        else:
            value = source(session, local, description)
        head, _, tail = name.partition(".")
        if value is None:
            continue
        if tail:
            found.setdefault(head, {})[tail] = plain(value)
        else:
            found[name] = to_pulumi(fields[name], plain(value), resource.names, name)
            local[name] = found[name]
    return {name: value for name, value in found.items() if value is not None}


def complete(
    session: Session, resource: Resource, inputs: dict[str, Any], found: dict[str, Any], region: str
) -> dict[str, Any]:
    """Return the outputs: what is shown, with the inputs above it, since they are what was asked for."""
    names = (found.keys() | inputs.keys()) - {"__defaults"}
    state = {name: _above(found.get(name), inputs.get(name)) for name in sorted(names)}
    outputs = sdk_resource(resource.token).outputs
    if "tagsAll" in outputs:
        state["tagsAll"] = session.tags(inputs)
    if "region" in outputs:
        state["region"] = region
    return state


def _above(under: Any, over: Any) -> Any:
    """Return `over` with what only `under` has; blocks are merged, a removed entry of a map is not."""
    if isinstance(under, dict) and isinstance(over, dict):
        return {**under, **{name: _above(under.get(name), item) for name, item in over.items()}}
    return under if over is None else over


def settle(
    session: Session, resource: Resource, id: str, region: str, inputs: dict[str, Any], found: dict[str, Any]
) -> list[str]:
    """Remember which inputs the API accepted but does not show; return their names."""
    overlay = {
        name: {"wanted": value, "shown": found[name]}
        for name, value in inputs.items()
        if name in found and name not in _NOT_SHOWN and not agrees(value, found[name])
    }
    session.store.lay_over(handle(resource.token, region, id), overlay)
    return sorted(overlay)


def with_overlay(session: Session, resource: Resource, id: str, region: str, found: dict[str, Any]) -> dict[str, Any]:
    """Return `found` with those values put back that were asked for and that the API does not keep."""
    overlay = session.store.overlay(handle(resource.token, region, id))
    back = {name: kept["wanted"] for name, kept in overlay.items() if found.get(name) == kept["shown"]}
    return {**found, **back}


def drifted(inputs: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    """Return the inputs after a refresh: those that disagree with what is shown take its value."""
    return {
        name: value if name == "__defaults" or agrees(value, found.get(name)) else adopt(value, found.get(name))
        for name, value in inputs.items()
    }


def imported(resource: Resource, found: dict[str, Any], id: str) -> dict[str, Any]:
    """Return the inputs of a resource of which only the id is known: what is shown and can be asked for."""
    fields = sdk_resource(resource.token).inputs.fields
    values = {name: value for name, value in found.items() if name in fields and value not in (None, "", [], {})}
    for path in resource.outputs:
        head, _, tail = path.partition(".")
        if tail and isinstance(values.get(head), dict):
            values[head] = {name: value for name, value in values[head].items() if name != tail}
    return {**identity(resource, id), **values}


def identity(resource: Resource, id: str) -> dict[str, Any]:
    """Return the inputs that an id holds itself."""
    match = re.fullmatch(resource.imports, id) if resource.imports else None
    return match.groupdict() if match else {}


def guess(session: Session, resource: Resource, inputs: dict[str, Any], state: dict[str, Any] | None) -> dict[str, Any]:
    """Return the outputs that a preview can know; `state` are those of before, None for a create."""
    known = {name: value for name, value in inputs.items() if name != "__defaults"}
    sdk = sdk_resource(resource.token)
    given = [name for name in sdk.outputs if _filled_in(resource, name, sdk.inputs.fields)]
    before: dict[str, Any] = dict.fromkeys(given, UNKNOWN) if state is None else state
    made: dict[str, Any] = {name: before[name] for name in given if name in before}
    for name, value in known.items():
        earlier = (state or {}).get(name)
        made[name] = _above(earlier, value) if isinstance(value, dict) and earlier != UNKNOWN else value
    for name in resource.outputs if state is None else resource.volatile:
        head, _, tail = name.partition(".")
        if tail and isinstance(made.get(head), dict):
            made[head] = {tail: UNKNOWN, **made[head]}
        elif not tail and name not in known:
            made[name] = UNKNOWN
    if "tagsAll" in sdk.outputs:
        made["tagsAll"] = session.tags(inputs)
    if "region" in sdk.outputs:
        made["region"] = inputs.get("region") or session.region
    return made


def _filled_in(resource: Resource, name: str, inputs: Any) -> bool:
    """Tell whether AWS gives `name` a value when the program does not."""
    if name not in inputs:
        return True
    rule = rules().get(resource.token, {}).get(name)
    return rule is None or rule.computed
