"""The conditions of the annotation `pulumi.com/waitFor`: `condition=Ready[=True]` and `jsonpath={.a.b}[=value]`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from groundwork.sandbox.standins.kubernetes.readiness import condition
from groundwork.sandbox.standins.protocol import ProviderError

_JSONPATH = re.compile(r"^jsonpath=['\"]?\{(?P<path>[^}]*)\}['\"]?(?:=(?P<value>.*))?$")
_STEP = re.compile(
    r"\.(?P<name>[^.\[\]]+)|\[(?P<index>\d+|\*)\]|\['(?P<key>(?:[^'\\]|\\.)*)'\]"
    r"|\[\?\(@\.(?P<field>\w+)==[\"'](?P<wanted>[^\"']*)[\"']\)\]"
)


def unmet(live: Mapping[str, Any], expression: str) -> str | None:
    """Return what the object still lacks for `expression`, None if it is met."""
    if expression.startswith("condition="):
        name, _, wanted = expression.removeprefix("condition=").partition("=")
        wanted = wanted or "True"
        found = condition(live, name)
        status = str(found.get("status", "missing"))
        if status.lower() == wanted.lower():
            return None
        return f"Resource has condition {name}={status} (want {wanted}) {found.get('message', '')}".strip()
    match = _JSONPATH.match(expression)
    if match is None:
        raise ProviderError(f"pulumi.com/waitFor: {expression!r} is not jsonpath={{.path}}=value")
    values = _select([dict(live)], match["path"], expression)
    if match["value"] is None:
        return None if values else f"Waiting for {expression}"
    wanted = match["value"].strip("'\"")
    if any(_text(value) == wanted for value in values):
        return None
    return f"Waiting for {expression} (found {', '.join(map(_text, values)) or 'nothing'})"


def check_expression(expression: str) -> None:
    """Raise ProviderError if `expression` cannot be understood, whatever the object is."""
    unmet({}, expression)


def _select(values: list[Any], path: str, expression: str) -> list[Any]:
    position = 0
    while position < len(path):
        step = _STEP.match(path, position)
        if step is None:
            raise ProviderError(f"pulumi.com/waitFor: {expression!r} is not understood at {path[position:]!r}")
        position = step.end()
        values = [found for value in values for found in _step(value, step)]
    return values


def _step(value: Any, step: re.Match[str]) -> list[Any]:
    name = step["name"] or (step["key"] or "").replace("\\", "")
    if name:
        return [value[name]] if isinstance(value, dict) and name in value else []
    if not isinstance(value, list):
        return []
    if step["field"]:
        return [item for item in value if isinstance(item, dict) and item.get(step["field"]) == step["wanted"]]
    if step["index"] == "*":
        return value
    index = int(step["index"])
    return [value[index]] if index < len(value) else []


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
