"""Checking a request against botocore's service model, and giving it the names and types that the model wants.

botocore's own validation knows required members, types and minimal lengths; this one also knows enumerations, maxima
and patterns, finds all problems at once, allows unknown values, and names Pulumi's properties.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from typing import Any

from botocore.model import ListShape, MapShape, StringShape, StructureShape
from botocore.model import Shape as ModelShape

from groundwork.sandbox.standins.aws.declare import NO_PARAMETER
from groundwork.sandbox.standins.aws.naming import camel, dotted, key
from groundwork.sandbox.standins.aws.templates import At
from groundwork.sandbox.standins.values import UNKNOWN

_SHOWN = 20  # an enumeration of hundreds (instance types) is cut in messages


class Request:
    """One request being built: what is wrong with it is gathered in `problems` as (property path, reason)."""

    def __init__(self, names: Mapping[str, str], is_property: Callable[[str], bool] = bool) -> None:
        """Start a request.

        `names` maps dotted Pulumi paths to names of the API; `is_property` tells which dotted paths are properties.
        """
        self._names = names
        self._is_property = is_property
        self._properties = {member: path for path, member in names.items()}
        self.problems: list[tuple[str, str]] = []

    def convert(self, shape: ModelShape, value: Any, path: str = "") -> Any:
        """Return `value` as the model wants it; unknowns stay as they are."""
        if isinstance(value, At):
            return self._located(shape, value)
        if value == UNKNOWN:
            return UNKNOWN
        if isinstance(shape, StructureShape):
            return self._structure(shape, value, path)
        if isinstance(shape, ListShape):
            return self._list(shape, value, path)
        if isinstance(shape, MapShape):
            if not isinstance(value, dict):
                return self._wrong(path, f"expected a map, got {value!r}")
            return {name: self.convert(shape.value, item, f"{path}[{name!r}]") for name, item in value.items()}
        if shape.type_name == "string":
            return self._text(shape, value, path)
        if shape.type_name in ("integer", "long", "float", "double"):
            return self._number(shape, value, path)
        if shape.type_name == "boolean":
            known = value if isinstance(value, bool) else {"true": True, "false": False}.get(value)
            return self._wrong(path, f"expected true or false, got {value!r}") if known is None else known
        return value.encode() if shape.type_name == "blob" and isinstance(value, str) else value

    def _located(self, shape: ModelShape, value: At) -> Any:
        before = len(self.problems)
        made = self.convert(shape, value.value, value.path)
        if value.fields is not None:
            self.problems[before:] = [(self._origin(path, value), reason) for path, reason in self.problems[before:]]
        return made

    def _origin(self, path: str, value: At) -> str:
        """Return the input that a problem inside a computed value comes from."""
        around, _, leaf = path.rpartition(".")
        fields, member = value.fields or {}, dotted(leaf)
        known = fields.get(key(member)) or fields.get(key(self._properties.get(member, "")))
        same = f"{around}.{camel(leaf)}"
        return known or (same if self._is_property(dotted(same)) else value.path)

    def _wrong(self, path: str, reason: str) -> None:
        self.problems.append((path, reason))

    def _structure(self, shape: StructureShape, value: Any, path: str) -> Any:
        if isinstance(value, list) and len(value) == 1:
            value, path = value[0], f"{path}[0]"
            if isinstance(value, At) or value == UNKNOWN:
                return self.convert(shape, value, path)
        if not isinstance(value, dict):
            return self._wrong(path, f"expected one block, got {value!r}")
        index = _members(shape)
        made: dict[str, Any] = {}
        for name, item in value.items():
            if item is None:
                continue
            at = f"{path}.{name}" if path else name
            renamed = self._names.get(dotted(at))
            if renamed == NO_PARAMETER:
                continue
            member = renamed or (name if name in shape.members else index.get(key(name)))
            if member is None or member not in shape.members:
                valid = ", ".join(camel(known) for known in shape.members)
                self._wrong(at, f"unknown property; valid: {valid}")
                continue
            made[member] = self.convert(shape.members[member], item, at)
        for member in shape.required_members:
            filled_in = "idempotencyToken" in shape.members[member].metadata
            if member not in made and not filled_in:
                self._wrong(self._missing(path, member), "required, but missing")
        return made

    def _missing(self, path: str, member: str) -> str:
        known = self._properties.get(member)
        if known and (not path or known.startswith(f"{dotted(path)}.")):
            return known if not path else f"{path}.{known.rpartition('.')[2]}"
        return f"{path}.{camel(member)}" if path else camel(member)

    def _list(self, shape: ListShape, value: Any, path: str) -> Any:
        if isinstance(value, dict) and isinstance(shape.member, StructureShape):
            pair = _pair(shape.member)
            if pair:
                value = [{pair[0]: name, pair[1]: item} for name, item in value.items()]
        items = value if isinstance(value, list) else [value]
        self._range(shape, len(items), path, "items")
        return [self.convert(shape.member, item, f"{path}[{i}]") for i, item in enumerate(items)]

    def _text(self, shape: ModelShape, value: Any, path: str) -> Any:
        if isinstance(value, bool):
            value = str(value).lower()
        elif isinstance(value, int | float):
            value = str(value)
        if not isinstance(value, str):
            return self._wrong(path, f"expected text, got {value!r}")
        secret = shape.metadata.get("sensitive", False)
        shown = "the value" if secret else repr(value)
        choices = shape.enum if isinstance(shape, StringShape) else []
        if choices and value not in choices:
            more = f" and {len(choices) - _SHOWN} more" if len(choices) > _SHOWN else ""
            self._wrong(path, f"{shown} is not one of {', '.join(choices[:_SHOWN])}{more}")
            return value
        self._range(shape, len(value), path, "characters")
        pattern = shape.metadata.get("pattern")
        if pattern and not _matches(pattern, value):
            self._wrong(path, f"{shown} does not match {pattern}")
        return value

    def _number(self, shape: ModelShape, value: Any, path: str) -> Any:
        try:
            number = float(value)
        except (TypeError, ValueError):
            return self._wrong(path, f"expected a number, got {value!r}")
        self._range(shape, number, path, "")
        if shape.type_name in ("integer", "long"):
            if not number.is_integer():
                return self._wrong(path, f"expected a whole number, got {value!r}")
            return int(number)
        return number

    def _range(self, shape: ModelShape, size: float, path: str, unit: str) -> None:
        low, high = shape.metadata.get("min"), shape.metadata.get("max")
        if (low is None or size >= low) and (high is None or size <= high):
            return
        allowed = (
            f"{low} to {high}" if None not in (low, high) else f"at least {low}" if high is None else f"at most {high}"
        )
        what = f"{size:g} {unit}".strip()
        self._wrong(path, f"{what}: must be {allowed}")


@functools.cache
def _pattern(pattern: str) -> re.Pattern[str] | None:
    try:
        return re.compile(pattern, re.DOTALL)
    except re.error:
        return None  # the models' patterns are Java's; some few are not Python's


def _matches(pattern: str, value: str) -> bool:
    compiled = _pattern(pattern)
    return compiled is None or compiled.fullmatch(value) is not None


@functools.cache
def _members_of(names: tuple[str, ...]) -> dict[str, str]:
    return {key(name): name for name in names}


def _members(shape: StructureShape) -> dict[str, str]:
    return _members_of(tuple(shape.members))


def _pair(shape: StructureShape) -> tuple[str, str] | None:
    """Return the members of a structure that is a pair of key and value, as tags are."""
    keys = [name for name in shape.members if key(name) in ("key", "tagkey")]
    values = [name for name in shape.members if key(name) in ("value", "tagvalue")]
    return (keys[0], values[0]) if keys and values else None
