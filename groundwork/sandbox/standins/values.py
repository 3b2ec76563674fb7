"""Property values on the wire: protobuf Structs to plain Python and back, unknowns and secrets."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from google.protobuf import struct_pb2

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""The sentinel that stands for a whole value which is not known yet, in a preview."""

_OTHER_UNKNOWNS = frozenset(
    {
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # bool
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # number
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # array
        "030794c1-ac77-496b-92df-f27374a8bd58",  # asset
        "e48ece36-62e2-4504-bad9-02848725956a",  # archive
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # object
    }
)
# The key by which the engine knows a value of a special kind: a secret, an asset.
SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the protocol's public marker, not a secret


def to_python(struct: struct_pb2.Struct) -> dict[str, Any]:
    """Convert a Struct to plain Python: integral floats become int, every kind of unknown UNKNOWN."""
    return {name: _value(value) for name, value in struct.fields.items()}


def _value(value: struct_pb2.Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return to_python(value.struct_value)
    if kind == "list_value":
        return [_value(item) for item in value.list_value.values]
    if kind == "number_value":
        number = value.number_value
        return int(number) if math.isfinite(number) and number == int(number) else number
    if kind == "string_value":
        return UNKNOWN if value.string_value in _OTHER_UNKNOWNS else value.string_value
    return value.bool_value if kind == "bool_value" else None


def to_struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    """Convert plain values to a Struct; entries that are None at the top are left out."""
    struct = struct_pb2.Struct()
    struct.update({name: value for name, value in values.items() if value is not None})
    return struct


def has_unknown(value: Any) -> bool:
    """Tell whether `value` is, or contains, something that is not known yet."""
    if isinstance(value, dict):
        return any(has_unknown(item) for item in value.values())
    if isinstance(value, list):
        return any(has_unknown(item) for item in value)
    return bool(value == UNKNOWN)


def reveal(value: Any) -> Any:
    """Return `value` with every secret unwrapped, for a provider that accepts secrets."""
    if isinstance(value, dict):
        if value.get(SIGNATURE) == _SECRET:
            return reveal(value.get("value"))
        return {name: reveal(item) for name, item in value.items()}
    return [reveal(item) for item in value] if isinstance(value, list) else value


def conceal(value: Any) -> dict[str, Any]:
    """Wrap `value` as a secret, for a provider that accepts secrets."""
    return {SIGNATURE: _SECRET, "value": value}


def secret_paths(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the path of every secret in `value`; list positions are written as decimal text."""
    if isinstance(value, dict):
        if value.get(SIGNATURE) == _SECRET:
            yield path
            return
        for name, item in value.items():
            yield from secret_paths(item, (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from secret_paths(item, (*path, str(index)))
