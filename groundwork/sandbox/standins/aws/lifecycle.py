"""Creating, reading, updating and deleting resources, by their declarations."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import Any

import jmespath

from groundwork.sandbox.standins.aws import state as outputs
from groundwork.sandbox.standins.aws.calls import build, run, takes, undo_each
from groundwork.sandbox.standins.aws.check import not_passed_on
from groundwork.sandbox.standins.aws.declare import Call, Resource
from groundwork.sandbox.standins.aws.diff import Difference
from groundwork.sandbox.standins.aws.naming import camel, key, plain
from groundwork.sandbox.standins.aws.session import ApiError, NotFoundError, Session
from groundwork.sandbox.standins.aws.store import handle
from groundwork.sandbox.standins.aws.tagging import listed, retag, taggable
from groundwork.sandbox.standins.aws.templates import text
from groundwork.sandbox.standins.journal import Attempt, Made, fingerprint
from groundwork.sandbox.standins.protocol import ProviderError


class HalfMadeError(ProviderError):
    """A resource exists, but a step after its create failed."""

    def __init__(self, id: str, properties: dict[str, Any], reason: str) -> None:
        """Keep what the engine must put into its state."""
        super().__init__(reason)
        self.id = id
        self.properties = properties


@dataclass(frozen=True)
class Result:
    """What a resource is now, and remarks for the report."""

    id: str
    properties: dict[str, Any]
    notes: tuple[str, ...] = field(default=())


def create(session: Session, resource: Resource, inputs: dict[str, Any], private: set[str], attempt: Attempt) -> Result:
    """Make a resource, or adopt the one that an interrupted create of the same URN left.

    `private` names inputs that hold a secret: they are never recorded. Raises HalfMadeError
    where it exists all the same.
    """
    if attempt.earlier is not None:
        adopted = _adopt(session, resource, inputs, attempt, attempt.earlier)
        if adopted is not None:
            return adopted
    environment = session.environment(inputs, random=os.urandom(9).hex()[:17])
    environment.pop("id")
    for call in resource.requires:
        run(session, resource, call, environment, inputs)
    request, problems = build(session, resource, resource.create, environment, inputs)
    if problems:
        raise ProviderError("\n".join(f"{path}: {reason}" for path, reason in problems))
    service = resource.create.service or resource.service
    if not outputs.executed(resource):
        return _record(session, resource, inputs, private, environment, attempt)
    answer = session.send(service, resource.create.operation, request, environment["region"])
    made = jmespath.search(resource.answer, answer)
    made = plain(made) if isinstance(made, dict) else {}
    id = _id(resource, environment, made)
    if not id:
        raise ProviderError(f"{service} {resource.create.operation} answered no id ({resource.id})")
    region = environment["region"]
    attempt.made(str(id), inputs, region=region, complete=False)
    environment = _with_answer(session, resource, inputs, str(id), made)
    try:
        for step in resource.after:
            run(session, resource, step, {**environment, "old": {}}, inputs)
        if session.tags(inputs) and taggable(resource) and not _has_tags(request):
            retag(session, resource, environment, {}, session.tags(inputs))
    except ProviderError as error:
        found = outputs.shown(session, resource, environment, made)
        raise HalfMadeError(str(id), outputs.complete(session, resource, inputs, found, region), str(error)) from error
    attempt.made(str(id), inputs, region=region, complete=True)
    return _finish(session, resource, str(id), inputs, private, environment, made)


def _has_tags(request: dict[str, Any]) -> bool:
    return any(key(name) in ("tags", "taglist", "resourcetags", "tagspecifications") for name in request)


def _id(resource: Resource, environment: dict[str, Any], answer: dict[str, Any]) -> Any:
    if not isinstance(resource.id, str):
        return resource.id(answer)
    if "{" in resource.id:
        return text(resource.id, environment)
    return jmespath.search(resource.id, answer)


def _with_answer(
    session: Session, resource: Resource, inputs: dict[str, Any], id: str, answer: dict[str, Any]
) -> dict[str, Any]:
    """Return the environment of a resource that was just made: what the API answered stands below the inputs."""
    below = {camel(name): value for name, value in answer.items() if name.lower() not in ("tags", "taglist")}
    environment = {**below, **session.environment(inputs, id)}
    if resource.arn:
        environment["arn"] = text(resource.arn, environment)
    elif "arn" not in inputs:
        environment["arn"] = below.get("arn") or outputs.shown(session, resource, environment, answer).get("arn")
    return environment


def _finish(
    session: Session,
    resource: Resource,
    id: str,
    inputs: dict[str, Any],
    private: set[str],
    environment: dict[str, Any],
    answer: dict[str, Any],
) -> Result:
    description = outputs.describe(session, resource, environment)
    found = outputs.shown(session, resource, environment, {**answer, **(description or {})})
    open_inputs = {name: value for name, value in inputs.items() if name not in private}
    region = environment["region"]
    lost = outputs.settle(session, resource, id, region, open_inputs, found)
    notes = [f"{name}: asked for, and not kept by the emulated API" for name in lost]
    notes += [f"{name}: recorded only" for name in not_passed_on(resource, inputs)]
    return Result(id, outputs.complete(session, resource, inputs, found, region), tuple(notes))


def _record(
    session: Session,
    resource: Resource,
    inputs: dict[str, Any],
    private: set[str],
    environment: dict[str, Any],
    attempt: Attempt,
) -> Result:
    """Remember a resource of a type that moto lacks."""
    id, region = str(_id(resource, environment, {})), environment["region"]
    name = handle(resource.token, region, id)
    if session.store.recorded(name) is not None:
        raise ApiError(f"{resource.service} {resource.create.operation}: {id} already exists")
    found = outputs.shown(session, resource, {**environment, "id": id}, {})
    properties = outputs.complete(session, resource, inputs, found, region)
    session.store.record(name, {k: v for k, v in properties.items() if k not in private})
    attempt.made(id, inputs, region=region, complete=True)
    return Result(id, properties)


def _adopt(
    session: Session, resource: Resource, inputs: dict[str, Any], attempt: Attempt, earlier: Made
) -> Result | None:
    """Return the resource of an interrupted create if it is whole and as asked for; else delete it."""
    region = str(earlier.facts.get("region") or session.region)
    values = {**inputs, "region": region}
    found = read(session, resource, earlier.id, values, inputs)
    if found is not None and earlier.facts.get("complete") and earlier.fingerprint == fingerprint(inputs):
        note = "adopted after an interrupted run; on AWS it would have to be imported or deleted by hand"
        return Result(earlier.id, found.properties, (note,))
    if found is not None:
        delete(session, resource, earlier.id, found.properties)
    attempt.gone()
    return None


@dataclass(frozen=True)
class Seen:
    """What a read found: the id in the provider's own form, the outputs, and the inputs as they really are."""

    id: str
    properties: dict[str, Any]
    inputs: dict[str, Any]


def read(session: Session, resource: Resource, id: str, state: dict[str, Any], inputs: dict[str, Any]) -> Seen | None:
    """Return what a resource is now, None where it does not exist; without `inputs` they are rebuilt."""
    values = {**outputs.identity(resource, id), **inputs, **state}
    environment = session.environment(values, id, arn=state.get("arn"))
    region, name = environment["region"], handle(resource.token, environment["region"], id)
    if not outputs.executed(resource):
        kept = session.store.recorded(name)
        if kept is None:
            return None
        tags = kept.get("tagsAll")
        found = kept
    else:
        description = outputs.describe(session, resource, environment)
        if description is None:
            return None
        if resource.arn and not environment["arn"]:
            environment["arn"] = text(resource.arn, environment)
        found = outputs.shown(session, resource, environment, description)
        found = outputs.with_overlay(session, resource, id, region, found)
        environment["arn"] = found.get("arn", environment["arn"])
        tags = listed(session, resource, environment, description) if taggable(resource) else None
    actual = outputs.drifted(inputs, found) if inputs else outputs.imported(resource, found, id)
    if tags is not None and taggable(resource) and tags != session.tags(actual):
        own = {key: value for key, value in tags.items() if session.default_tags.get(key) != value}
        actual = {**actual, "tags": own}
    kept_state = {key: value for key, value in state.items() if key not in actual and key not in found}
    properties = outputs.complete(session, resource, actual, {**kept_state, **found}, region)
    if tags is not None and taggable(resource):
        properties["tagsAll"] = tags
    return Seen(_own_form(resource, id, environment), properties, actual)


def _own_form(resource: Resource, id: str, environment: dict[str, Any]) -> str:
    """Return the id as a create would have made it: an import may use another form."""
    if isinstance(resource.id, str) and "{" in resource.id and "{random}" not in resource.id and resource.imports:
        return str(text(resource.id, environment) or id)
    return id


def update(
    session: Session,
    resource: Resource,
    id: str,
    state: dict[str, Any],
    old: dict[str, Any],
    new: dict[str, Any],
    private: set[str],
    difference: Difference,
) -> Result:
    """Make the calls that the changed inputs need.

    Raises HalfMadeError where one fails: some of the changes may have been made.
    """
    changed = difference.inputs
    steady = {name: value for name, value in state.items() if name not in old or name in new}
    environment = {**steady, **session.environment(new, id), "arn": state.get("arn") or new.get("arn")}
    environment |= {"old": old, "changed": changed}
    before = {**state, **session.environment(old, id), "arn": state.get("arn")}
    region, name = environment["region"], handle(resource.token, environment["region"], id)
    if not outputs.executed(resource):
        found = outputs.shown(session, resource, environment, {})
        properties = outputs.complete(session, resource, new, {**steady, **found}, region)
        session.store.record(name, {k: v for k, v in properties.items() if k not in private})
        return Result(id, properties)
    try:
        for step in resource.steps():
            hit = takes(resource, step) & changed
            if not hit:
                continue
            if isinstance(step, Call) and step.undo is not None:
                if step.each:
                    undo_each(session, resource, step, before, environment)
                    continue
                run(session, resource, step.undo, before, old)
            whole = not isinstance(step, Call) or step.whole
            run(session, resource, step, environment, new if whole else {n: new.get(n) for n in hit})
        if {"tags", "tagsAll"} & changed:
            retag(session, resource, environment, state.get("tagsAll") or {}, session.tags(new))
    except ProviderError as error:
        raise HalfMadeError(id, state, str(error)) from error
    return _finish(session, resource, id, new, private, environment, {})


def delete(session: Session, resource: Resource, id: str, state: dict[str, Any]) -> None:
    """Delete a resource; that it is gone already is no failure.

    With `skipDestroy` the real provider only forgets it: AWS keeps it, and its name is taken.
    """
    if state.get("skipDestroy") is True:
        return
    environment = {
        **session.environment({**outputs.identity(resource, id), **state}, id),
        "arn": state.get("arn"),
    }
    if outputs.executed(resource):
        for step in resource.delete:
            try:
                run(session, resource, step, environment, state)
            except NotFoundError:
                continue
    session.store.forget(handle(resource.token, environment["region"], id))


def event_id(id: str) -> str:
    """Return an id fit for one word of an event."""
    return re.sub(r"\s", "_", id)
