"""The smallest object that a CRD's schema accepts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_IDENTITY = ("apiVersion", "kind", "metadata", "status")


def minimal(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the required fields of a custom resource, each with the least value that its schema allows."""
    required = [name for name in schema.get("required") or () if name not in _IDENTITY]
    properties = schema.get("properties") or {}
    if "spec" in properties and "spec" not in required:
        required.append("spec")
    return {name: _value(properties.get(name) or {}) for name in required}


def _value(schema: Mapping[str, Any]) -> Any:
    if "default" in schema:
        return schema["default"]
    if schema.get("enum"):
        return schema["enum"][0]
    kind = schema.get("type")
    if kind == "object" or (kind is None and schema.get("properties")):
        properties = schema.get("properties") or {}
        return {name: _value(properties.get(name) or {}) for name in schema.get("required") or ()}
    if kind == "array":
        return [_value(schema.get("items") or {}) for _ in range(int(schema.get("minItems") or 0))]
    if kind in ("integer", "number"):
        return schema.get("minimum", 0)
    if kind == "boolean":
        return False
    if schema.get("x-kubernetes-int-or-string"):
        return 0
    return "double"[: schema.get("maxLength", 6)].ljust(int(schema.get("minLength") or 0), "x")
