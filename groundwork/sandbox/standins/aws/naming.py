"""Names of the API and Pulumi's: `CidrBlock` is `cidrBlock`, `SSEAlgorithm` is `sseAlgorithm`."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from typing import Any

from groundwork.sandbox.standins.aws.sdk import Shape

_INDEX = re.compile(r"\[[^\]]*\]")
_ACRONYM = re.compile(r"^([A-Z]+)(?=[A-Z][a-z]|$|[^A-Za-z])|^[A-Z]")


def key(name: str) -> str:
    """Return `name` as it is compared: lower case, letters and digits only."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def camel(name: str) -> str:
    """Return a name of the API in Pulumi's writing."""
    return _ACRONYM.sub(lambda match: match[0].lower(), name)


def dotted(path: str) -> str:
    """Return a property path without its indexes: `rules[0].id` is `rules.id`."""
    return _INDEX.sub("", path)


def plain(value: Any) -> Any:
    """Return a value of an API answer as JSON data; times become RFC 3339 text."""
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items() if name != "ResponseMetadata"}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def to_pulumi(shape: Shape, value: Any, names: Mapping[str, str], path: str = "") -> Any:
    """Give an API value the shape and names of a Pulumi property; None where they don't fit.

    `names` maps dotted Pulumi paths to the API's names. A single block where Pulumi has a list becomes a list of one,
    and a list of one where Pulumi has a block becomes that block.
    """
    if value is None:
        return None
    if shape.kind == "object":
        if isinstance(value, list):
            value = value[0] if len(value) == 1 else None
        return fields_to_pulumi(shape.fields, value, names, path) if isinstance(value, dict) else None
    if shape.kind == "list" and shape.item is not None:
        items = [to_pulumi(shape.item, item, names, path) for item in (value if isinstance(value, list) else [value])]
        return [item for item in items if item is not None]
    if shape.kind == "map" and shape.item is not None:
        if not isinstance(value, dict):
            return None
        filled = {name: to_pulumi(shape.item, item, names, path) for name, item in value.items()}
        return {name: item for name, item in filled.items() if item is not None}
    return _scalar(shape.kind, value)


def fields_to_pulumi(
    fields: Mapping[str, Shape], value: Mapping[str, Any], names: Mapping[str, str], path: str = ""
) -> dict[str, Any]:
    """Pick those `fields` that an API structure has, each in Pulumi's shape."""
    index = {key(name): name for name in value}
    found: dict[str, Any] = {}
    for name, shape in fields.items():
        at = f"{path}.{name}" if path else name
        renamed = names.get(at)
        member = renamed if renamed in value else index.get(key(name))
        item = to_pulumi(shape, value.get(member), names, at) if member else None
        if item is not None:
            found[name] = item
    return found


def _scalar(kind: str, value: Any) -> Any:
    if isinstance(value, list) and len(value) == 1 and kind != "any":
        return _scalar(kind, value[0])  # Pulumi flattens lists that hold at most one item
    if isinstance(value, dict | list):
        return value if kind == "any" else None
    if kind == "boolean":
        return value if isinstance(value, bool) else {"true": True, "false": False}.get(str(value).lower())
    if kind == "number":
        try:
            number = float(value)
        except (TypeError, ValueError):
            return None
        return int(number) if number.is_integer() else number
    if kind == "text":
        return str(value).lower() if isinstance(value, bool) else str(value)
    return value
