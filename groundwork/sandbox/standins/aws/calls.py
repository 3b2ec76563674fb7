"""From the inputs of a resource to the requests of its calls, checked against the service's model."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.model import StructureShape

from groundwork.sandbox.standins.aws.clients import operation_model
from groundwork.sandbox.standins.aws.declare import NO_PARAMETER, Call, Do, Resource, Step
from groundwork.sandbox.standins.aws.model import Request
from groundwork.sandbox.standins.aws.naming import dotted, key
from groundwork.sandbox.standins.aws.sdk import has_path, sdk_resource
from groundwork.sandbox.standins.aws.session import ApiError, Session
from groundwork.sandbox.standins.aws.templates import At, bare, fill, inputs_of
from groundwork.sandbox.standins.protocol import ProviderError
from groundwork.sandbox.standins.values import UNKNOWN

Problems = list[tuple[str, str]]
NOT_SPREAD = frozenset({"tags", "tagsAll", "region", "__defaults", "timeouts"})


def input_shape(resource: Resource, call: Call) -> StructureShape | None:
    """Return the model of the parameters of `call`."""
    return operation_model(call.service or resource.service, call.operation).input_shape


def build(
    session: Session, resource: Resource, call: Call, environment: Mapping[str, Any], inputs: Mapping[str, Any]
) -> tuple[dict[str, Any], Problems]:
    """Return the request of `call` and what is wrong with it; `inputs` are those that a spread may pass."""
    shape = input_shape(resource, call)
    if shape is None:
        return {}, []
    names = {**resource.names, **call.names}
    wanted: dict[str, Any] = dict(fill(call.arguments, environment) or {})
    if call.spread:
        source = environment["item"] if call.each else inputs
        prefix = environment.get("item_path", "") if call.each else ""
        for name, value in source.items():
            place = _place(shape, call, resource, names, name)
            if value is None or place is None:
                continue
            located = At(f"{prefix}.{name}" if prefix else name, value)
            if place[0]:
                wanted.setdefault(place[0], {}).setdefault(place[1], located)
            else:
                wanted.setdefault(place[1], located)
        if call.wrap in shape.members:
            wanted.setdefault(call.wrap, {})
    if call is resource.create:
        wanted.update(_tags(session, resource, shape, environment))
    sdk = sdk_resource(resource.token).inputs
    request = Request(names, lambda path: has_path(sdk, path))
    made = request.convert(shape, wanted)
    return made, [(_property(resource, call, names, path), reason) for path, reason in request.problems]


def _property(resource: Resource, call: Call, names: Mapping[str, str], path: str) -> str:
    """Return the input that a problem is about, where `path` is one of the API's own."""
    fields = sdk_resource(resource.token).inputs.fields
    parts = dotted(path).split(".")
    if parts[0] in fields:
        return path
    members = {member: name for name, member in names.items()}
    leaf = next((name for name in (parts[-1], members.get(parts[-1], "")) if name in fields), None)
    argument = next((item for name, item in call.arguments.items() if key(name) == key(parts[0])), None)
    made_of = [*getattr(argument, "uses", ()), *sorted(inputs_of(argument))]
    return leaf or (made_of[0] if made_of else path)


def _place(
    shape: StructureShape, call: Call, resource: Resource, names: Mapping[str, str], name: str
) -> tuple[str, str] | None:
    """Return (wrapping parameter or "", parameter) for an input, None where the operation has no place for it."""
    if name in NOT_SPREAD or (name in resource.steers and name not in names):
        return None
    if names.get(name) == NO_PARAMETER:
        return None
    # A launch template and the instances it launches both have tag specifications: inputs are of the wrapped data.
    wrapped = shape.members.get(call.wrap)
    for around, inside in ((call.wrap, wrapped), ("", shape)):
        if isinstance(inside, StructureShape):
            member = names.get(name) or _index(inside).get(key(name))
            if member in inside.members:
                return around, str(member)
    return None


def _index(shape: StructureShape) -> dict[str, str]:
    return _index_of(tuple(shape.members))


@functools.cache
def _index_of(members: tuple[str, ...]) -> dict[str, str]:
    return {key(member): member for member in members}


def _tags(
    session: Session, resource: Resource, shape: StructureShape, environment: Mapping[str, Any]
) -> dict[str, Any]:
    tags = session.tags(dict(environment)) if "tags" in sdk_resource(resource.token).inputs.fields else None
    if not tags:
        return {}
    if "TagSpecifications" in shape.members and resource.tag_type:
        return {"TagSpecifications": [{"ResourceType": resource.tag_type, "Tags": At("tags", tags)}]}
    member = next((name for name in shape.members if key(name) in ("tags", "taglist", "resourcetags")), None)
    return {member: At("tags", tags)} if member else {}


@functools.cache
def _takes(token: str, call: Call) -> frozenset[str]:
    from groundwork.sandbox.standins.aws.declare import RESOURCES

    resource = RESOURCES[token]
    taken = inputs_of(call.arguments) | set(call.on) | ({call.each} if call.each else set())
    shape = input_shape(resource, call)
    if call.spread and not call.each and shape is not None:
        names = {**resource.names, **call.names}
        fields = sdk_resource(token).inputs.fields
        taken |= {name for name in fields if _place(shape, call, resource, names, name) is not None}
    return frozenset(taken)


def takes(resource: Resource, step: Step) -> frozenset[str]:
    """Return the inputs that `step` passes on, or is started by."""
    return frozenset(step.on) if isinstance(step, Do) else _takes(resource.token, step)


def is_skipped(call: Call, environment: Mapping[str, Any]) -> bool:
    """Tell whether a call between create and delete has nothing to say: all arguments made of inputs have no value."""
    said = [item for item in call.arguments.values() if inputs_of(item)]
    return not call.spread and bool(said) and all(bare(fill(item, environment)) is None for item in said)


def each(call: Call, environment: Mapping[str, Any]) -> Iterator[tuple[Call, dict[str, Any]]]:
    """Yield the single calls of a call, with their environments: one, or one an element of `each`."""
    if not call.each:
        yield call, dict(environment)
        return
    items = environment.get(call.each)
    for index, item in enumerate(items if isinstance(items, list) else []):
        if item != UNKNOWN:
            yield call, item_environment(call.each, index, item, environment)


def item_environment(name: str, index: int, item: Any, environment: Mapping[str, Any]) -> dict[str, Any]:
    """Return the environment of one element of a list input: its fields stand beside the other names."""
    fields = item if isinstance(item, dict) else {}
    return {**environment, **fields, "item": item, "item_path": f"{name}[{index}]", "id": environment["id"]}


def run(
    session: Session,
    resource: Resource,
    step: Step,
    environment: dict[str, Any],
    inputs: Mapping[str, Any],
) -> dict[str, Any] | None:
    """Do `step`: an answer, or None where it was skipped or only recorded."""
    if isinstance(step, Do):
        step.function(session, environment)
        return None
    answer: dict[str, Any] | None = None
    for call, local in each(step, environment):
        if call is not resource.create and call not in resource.delete and is_skipped(call, local):
            continue
        request, problems = build(session, resource, call, local, inputs)
        if problems:
            raise ProviderError("\n".join(f"{path}: {reason}" for path, reason in problems))
        try:
            answer = session.send(call.service or resource.service, call.operation, request, local["region"])
        except ApiError as error:
            if not _tolerated(call, error):
                raise
    return answer


def _tolerated(call: Call, error: ApiError) -> bool:
    return any(code in str(error) for code in call.unless_missing)


def undo_each(session: Session, resource: Resource, call: Call, old: dict[str, Any], new: dict[str, Any]) -> None:
    """Bring the elements of a list input from `old` to `new`: undo those that went, make those that came."""
    before, after = old.get(call.each) or [], new.get(call.each) or []
    if call.undo is not None:
        for index, item in enumerate(before):
            if item not in after:
                run(session, resource, call.undo, item_environment(call.each, index, item, old), {})
    for index, item in enumerate(after):
        if item not in before:
            local = item_environment(call.each, index, item, new)
            request, problems = build(session, resource, call, local, {})
            if problems:
                raise ProviderError("\n".join(f"{path}: {reason}" for path, reason in problems))
            session.send(call.service or resource.service, call.operation, request, new["region"])
