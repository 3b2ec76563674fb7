"""The shapes of properties as the published pulumi_aws SDK has them: names, kinds, lists or single blocks."""

from __future__ import annotations

import functools
import importlib
import inspect
import threading
import typing
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi._types as sdk_types

from groundwork.sandbox.standins.values import UNKNOWN

_DEEPEST = 10  # a few types (WAF statements) contain themselves
_READ = threading.RLock()  # the SDK's modules load when first touched, and are half-made for other threads meanwhile


@dataclass(frozen=True)
class Shape:
    """The kind of a property: text, number, boolean, list, map, object or any."""

    kind: str
    item: Shape | None = None
    fields: Mapping[str, Shape] = field(default_factory=dict)
    required: frozenset[str] = frozenset()


@dataclass(frozen=True)
class SdkResource:
    """The inputs and outputs of a resource type, by Pulumi's names."""

    inputs: Shape
    outputs: Mapping[str, Shape]


def sdk_resource(token: str) -> SdkResource:
    """Return the shapes of `token`, such as `aws:s3/bucket:Bucket`.

    Raises KeyError where the SDK has no such resource.
    """
    with _READ:
        return _read(token)


@functools.cache
def _read(token: str) -> SdkResource:
    _, module_path, name = token.split(":")
    folder = module_path.partition("/")[0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of types beside the one that is asked for
        module = importlib.import_module("pulumi_aws" if folder == "index" else f"pulumi_aws.{folder}")
        found = getattr(module, name, None)
        if found is None:
            raise KeyError(token)
        outputs = {key: _shape(kind, 0) for key, kind in sdk_types.resource_types(found).items()}
        arguments = getattr(module, f"{name}InitArgs", None) or getattr(module, f"{name}Args", None)
        inputs = _object(arguments, 0) if arguments is not None else Shape("object")
    return SdkResource(inputs, outputs)


def _shape(kind: Any, depth: int) -> Shape:
    kind = sdk_types.unwrap_optional_type(kind)
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Union:
        return _shape(arguments[0], depth)
    if origin is not None and arguments:
        if issubclass(origin, Mapping):
            return Shape("map", _shape(arguments[1], depth))
        return Shape("list", _shape(arguments[0], depth))
    if isinstance(kind, type):
        if sdk_types.is_input_type(kind) or sdk_types.is_output_type(kind):
            return _object(kind, depth + 1) if depth < _DEEPEST else Shape("any")
        if issubclass(kind, bool):
            return Shape("boolean")
        if issubclass(kind, int | float):
            return Shape("number")
        if issubclass(kind, str):
            return Shape("text")
    return Shape("any")


def _object(kind: type, depth: int) -> Shape:
    if sdk_types.is_input_type(kind):
        types = sdk_types.input_type_types(kind)
        pulumi_names = sdk_types.input_type_py_to_pulumi_names(kind)
        parameters = inspect.signature(kind.__init__).parameters.values()  # type: ignore[misc]  # the class's own
        required = {pulumi_names[p.name] for p in parameters if p.default is p.empty and p.name in pulumi_names}
    else:
        types, required = sdk_types.output_type_types(kind), set()
    return Shape(
        "object",
        fields={name: _shape(item, depth) for name, item in types.items()},
        required=frozenset(required),
    )


def has_path(shape: Shape, path: str) -> bool:
    """Tell whether the dotted `path` names a property of `shape`."""
    for part in path.split("."):
        while shape.kind in ("list", "map") and shape.item is not None:
            shape = shape.item
        if part not in shape.fields:
            return False
        shape = shape.fields[part]
    return True


def problems(shape: Shape, value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield (path, reason) for each place where `value` is not of `shape`; an unknown is of every shape."""
    if value is None or value == UNKNOWN:
        return
    if shape.kind == "object":
        if not isinstance(value, dict):
            yield path, f"expected a block, got {_kind(value)}"
            return
        for name, item in value.items():
            if name in ("__defaults", "__defaultsApplied"):
                continue
            at = f"{path}.{name}" if path else name
            if name not in shape.fields:
                yield at, f"unknown property; valid: {', '.join(sorted(shape.fields))}"
            else:
                yield from problems(shape.fields[name], item, at)
        for name in sorted(shape.required):
            if value.get(name) is None:
                yield (f"{path}.{name}" if path else name), "required, but missing"
    elif shape.kind in ("list", "map") and shape.item is not None:
        if not isinstance(value, list if shape.kind == "list" else dict):
            yield path, f"expected a {shape.kind}, got {_kind(value)}"
            return
        pairs = enumerate(value) if isinstance(value, list) else ((repr(k), v) for k, v in value.items())
        for key, item in pairs:
            yield from problems(shape.item, item, f"{path}[{key}]")
    elif shape.kind in ("text", "number", "boolean") and isinstance(value, dict | list):
        yield path, f"expected a {shape.kind}, got {_kind(value)}"


def _kind(value: Any) -> str:
    return {"dict": "a block", "list": "a list", "bool": "a boolean", "str": "text"}.get(
        type(value).__name__, "a number"
    )
