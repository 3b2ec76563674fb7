"""Filling the templates of the table, and remembering which property each value came from."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from groundwork.sandbox.standins.aws.naming import key
from groundwork.sandbox.standins.values import UNKNOWN, has_unknown

VARIABLE = re.compile(r"\{([A-Za-z_][\w.]*)\}")
BUILT_IN = frozenset({"id", "account", "region", "partition", "arn", "random", "item"})


@dataclass(frozen=True)
class At:
    """A value with the path of the property that it came from, so that a problem can name it.

    A computed value has its own structure; `fields` then maps the inputs it was made of, as they are compared, to their
    paths.
    """

    path: str
    value: Any
    fields: Mapping[str, str] | None = None


def names_in(template: Any) -> set[str]:
    """Return the names that a template reads, without what follows a dot."""
    if isinstance(template, str):
        return {name.partition(".")[0] for name in VARIABLE.findall(template)}
    if isinstance(template, Mapping):
        return set().union(*(names_in(item) for item in template.values()))
    if isinstance(template, list | tuple):
        return set().union(*(names_in(item) for item in template))
    return set(getattr(template, "uses", ()))


def inputs_of(template: Any) -> set[str]:
    """Return the inputs among the names that a template reads."""
    return names_in(template) - BUILT_IN


def look_up(environment: Mapping[str, Any], name: str) -> Any:
    """Return the value of a dotted `name`; UNKNOWN below an unknown, None where there is nothing."""
    value: Any = environment
    for part in name.split("."):
        if value == UNKNOWN:
            return UNKNOWN
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def fill(template: Any, environment: Mapping[str, Any]) -> Any:
    """Fill `template`; what needs something unknown is UNKNOWN, what needs something missing is None.

    Entries of a dict that come out as None are left out; values of single names come wrapped in `At`.
    """
    if callable(template):
        return _compute(template, environment)
    if isinstance(template, str):
        return _fill_text(template, environment)
    if isinstance(template, Mapping):
        filled = {key: fill(item, environment) for key, item in template.items()}
        return {key: item for key, item in filled.items() if bare(item) is not None} or (None if template else {})
    if isinstance(template, list | tuple):
        items = [fill(item, environment) for item in template]
        return [item for item in items if bare(item) is not None] or None
    return template


def _compute(template: Callable[[Mapping[str, Any]], Any], environment: Mapping[str, Any]) -> Any:
    names: tuple[str, ...] = getattr(template, "uses", ())
    passes: tuple[str, ...] = getattr(template, "passes", ())
    if any(has_unknown(environment.get(name)) for name in names if name not in passes):
        return UNKNOWN
    value = template(environment)
    if value is None or not names:
        return value
    if names == ("item",):
        path, item = environment.get("item_path", "item"), environment["item"]
        fields = {key(name): f"{path}.{name}" for name in item} if isinstance(item, dict) else {}
        return At(path, value, fields)
    return value if names[0] in BUILT_IN else At(names[0], value, {key(name): name for name in names})


def _fill_text(template: str, environment: Mapping[str, Any]) -> Any:
    alone = VARIABLE.fullmatch(template)
    if alone:
        value = look_up(environment, alone[1])
        return value if value is None or alone[1].partition(".")[0] in BUILT_IN else At(alone[1], value)
    values = {name: look_up(environment, name) for name in VARIABLE.findall(template)}
    if any(has_unknown(value) for value in values.values()):
        return UNKNOWN
    if any(value is None for value in values.values()):
        return None
    return VARIABLE.sub(lambda match: str(values[match[1]]), template)


def text(template: str, environment: Mapping[str, Any]) -> Any:
    """Fill `template` to a plain value."""
    return bare(_fill_text(template, environment))


def bare(value: Any) -> Any:
    """Return `value` without any `At`."""
    if isinstance(value, At):
        return bare(value.value)
    if isinstance(value, dict):
        return {key: bare(item) for key, item in value.items()}
    return [bare(item) for item in value] if isinstance(value, list) else value
