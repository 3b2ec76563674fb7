"""What there is to choose: components, their options, and what each environment makes of `{}`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from groundwork.core.config import extras_of, profile_default, told_default
from groundwork.core.errors import StackError, closest
from groundwork.core.profiles import PROFILES
from groundwork.core.registry import Registry
from groundwork.core.signature import Spec

# Stands for a key that people choose.
_NAME = "<name>"
REQUIRED = "required"
"""Stands in the place of a default."""


@dataclass(frozen=True)
class Option:
    """One key that may stand under a component.

    Attributes:
        key: as in the stack file; parts of maps and lists have their path: "pools.<name>.max".
        kind: what may be given, in words.
        defaults: environment -> default; one entry "" where all environments have the same.
    """

    key: str
    kind: str
    defaults: Mapping[str, str]
    description: str


@dataclass(frozen=True)
class Explanation:
    """One component, as a user of stack files needs to know it."""

    name: str
    summary: str
    requires: tuple[str, ...]
    uses: tuple[str, ...]
    provides: str | None
    options: tuple[Option, ...]


def explain(name: str, registry: Registry) -> Explanation:
    """Explain a component.

    Raises:
        StackError: where there is none of that name.
    """
    if name not in registry:
        raise StackError([f"no component {name!r}; {closest(name, registry, see='`groundwork explain`')}"])
    return _explain(registry[name])


def explain_all(registry: Registry) -> list[Explanation]:
    """Explain every component, sorted by name."""
    return [_explain(spec) for spec in registry.values()]


def _explain(spec: Spec) -> Explanation:
    return Explanation(
        name=spec.name,
        summary=(spec.cls.__doc__ or "").strip().splitlines()[0],
        requires=tuple(need.contract.__name__ for need in spec.needs if not need.optional),
        uses=tuple(need.contract.__name__ for need in spec.needs if need.optional),
        provides=spec.provides.__name__ if spec.provides else None,
        options=tuple(_options(spec.config, "")),
    )


def options_of(model: type[BaseModel]) -> list[Option]:
    """Explain the keys of any file that a configuration reads."""
    return _options(model, "")


def _options(model: type[BaseModel], prefix: str) -> list[Option]:
    found: list[Option] = []
    named = extras_of(model)
    for name, field in model.model_fields.items():
        key = f"{prefix}{field.alias or name}"
        parts = _parts(field.annotation)
        # What is one of those that people name themselves is shown once, with them.
        alike = any(inner in named for _, inner in parts)
        kind = f"map, as {prefix}{_NAME}" if alike else _kind(field.annotation)
        found.append(Option(key, kind, _defaults(field), field.description or ""))
        for path, inner in [] if alike else parts:
            found += _options(inner, f"{key}{path}.")
    for inner in named:
        key = f"{prefix}{_NAME}"
        found.append(Option(key, "map", {"": "none"}, _summary(inner)))
        found += _options(inner, f"{key}.")
    return found


def _summary(model: type[BaseModel]) -> str:
    """Return the first line of a docstring as a description."""
    line = (model.__doc__ or "").strip().partition("\n")[0].rstrip(".")
    return line[:1].lower() + line[1:]


def _defaults(field: FieldInfo) -> dict[str, str]:
    mark = profile_default(field)
    if mark is not None:
        return {name: _text(mark.value(profile)) for name, profile in PROFILES.items()}
    told = told_default(field)
    if told is not None:
        words = {name: told.by(profile) for name, profile in PROFILES.items()}
        return words if len(set(words.values())) > 1 else {"": words["prod"]}
    if field.is_required():
        return {"": REQUIRED}
    return {"": _text(field.get_default(call_default_factory=True))}


def _text(value: Any) -> str:
    if isinstance(value, BaseModel):
        return "{}"
    if value is None or value == "":
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple | list):
        return "[" + ", ".join(_text(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_text(inner)}" for key, inner in value.items()) + "}"
    return str(value)


def _kind(annotation: Any) -> str:
    if isinstance(annotation, type):
        if issubclass(annotation, BaseModel):
            return "map"
        return {
            str: "text",
            int: "number",
            float: "number",
            bool: "true or false",
            dict: "map",
            datetime: "date and time",
        }.get(annotation, annotation.__name__)
    arguments: tuple[Any, ...] = get_args(annotation)
    origin = get_origin(annotation)
    if origin in (tuple, list):
        return f"list of {_kind(arguments[0])}"
    if origin is dict:
        return f"map of {_kind(arguments[1])}"
    if origin is Literal:
        return " | ".join(_text(argument) for argument in arguments)
    if hasattr(annotation, "__metadata__"):
        return _kind(arguments[0])
    return " or ".join(_kind(argument) for argument in arguments if argument is not type(None))


def _parts(annotation: Any) -> list[tuple[str, type[BaseModel]]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [("", annotation)]
    origin = get_origin(annotation)
    arguments: tuple[Any, ...] = get_args(annotation)
    if origin is dict:
        return [(f".{_NAME}{path}", model) for path, model in _parts(arguments[1])]
    if origin in (tuple, list):
        return [(f"[]{path}", model) for path, model in _parts(arguments[0])]
    return [part for argument in arguments if not isinstance(argument, str) for part in _parts(argument)]
