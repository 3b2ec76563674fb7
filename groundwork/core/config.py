"""The typed configuration of a component: what a stack file may say under its name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self, get_type_hints

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler, ValidationError, ValidationInfo, model_validator
from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from groundwork.core.errors import closest
from groundwork.core.profiles import Profile


@dataclass(frozen=True)
class ByProfile:
    """Marks a field whose default is the environment's: `replicas: Annotated[PositiveInt, ByProfile("replicas")]`.

    Attributes:
        entry: the attribute of `Profile` that decides.
        choices: what each value of that entry means here, where it is not the value itself.
    """

    entry: str
    choices: Mapping[Any, Any] | None = None

    def value(self, profile: Profile) -> Any:
        """Return the default that `profile` gives."""
        chosen = getattr(profile, self.entry)
        return chosen if self.choices is None else self.choices[chosen]


def profile_default(field: FieldInfo) -> ByProfile | None:
    """Return the mark of a field whose default the profile gives."""
    return next((mark for mark in field.metadata if isinstance(mark, ByProfile)), None)


class Config(BaseModel):
    """Base of every configuration: frozen, unknown keys are errors, keys are camelCase in the stack file."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, populate_by_name=True)

    @model_validator(mode="before")
    @classmethod
    def _fill_from_profile(cls, data: Any, info: ValidationInfo) -> Any:
        profile = (info.context or {}).get("profile")
        if not isinstance(data, Mapping) or profile is None:
            return data
        given = dict(data)
        for name, field in cls.model_fields.items():
            mark = profile_default(field)
            if mark is not None and name not in given and (field.alias or name) not in given:
                given[name] = mark.value(profile)
        return given

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Ask of nobody what the environment's profile gives."""
        schema = handler(core_schema)
        target = handler.resolve_ref_schema(schema)
        given = {field.alias or name for name, field in cls.model_fields.items() if profile_default(field)}
        required = [key for key in target.pop("required", []) if key not in given]
        if required:
            target["required"] = required
        return schema

    @classmethod
    def load(cls, given: Mapping[str, Any], profile: Profile) -> Self:
        """Validate what a stack file says, with the profile's defaults.

        Raises:
            pydantic.ValidationError: with every problem; `sentences` makes them readable.
        """
        return cls.model_validate(dict(given), context={"profile": profile})


def sentences(error: ValidationError, path: str, model: type[BaseModel]) -> list[str]:
    """Turn a validation error into sentences that name the path, the value and what would be valid."""
    lines = []
    for problem in error.errors(include_url=False):
        where = ".".join([path, *(str(step) for step in problem["loc"])])
        if problem["type"] == "extra_forbidden":
            word = str(problem["loc"][-1])
            lines.append(f"{where}: unknown key; {closest(word, _keys_at(model, problem['loc'][:-1]))}")
        elif problem["type"] == "missing":
            lines.append(f"{where}: required, and missing")
        elif problem["type"] in ("model_type", "dict_type", "dataclass_type"):
            keys = ", ".join(_keys_at(model, problem["loc"])) if problem["type"] == "model_type" else ""
            lines.append(f"{where}: must be a map{f' with the keys {keys}' if keys else ''} (got {problem['input']!r})")
        else:
            message = problem["msg"].removeprefix("Value error, ")
            value = problem["input"]
            named = isinstance(value, Mapping) or (isinstance(value, str) and repr(value) in message)
            got = "" if named else f" (got {value!r})"
            lines.append(f"{where}: {message[:1].lower()}{message[1:]}{got}")
    return lines


def _keys_at(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    current: type[BaseModel] | None = model
    for step in loc:
        if current is None:
            return []
        field = next((f for n, f in current.model_fields.items() if step in (n, f.alias)), None)
        extra = current.__annotations__.get("__pydantic_extra__") if field is None else None
        inner = _models_in(field.annotation) if field is not None else _extras_of(current) if extra else [current]
        current = inner[0] if inner else None
    return [f.alias or n for n, f in current.model_fields.items()] if current else []


def _extras_of(model: type[BaseModel]) -> list[type[BaseModel]]:
    """Return the models of a configuration whose keys a user names himself."""
    return _models_in(get_type_hints(model).get("__pydantic_extra__"))


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [m for inner in getattr(annotation, "__args__", ()) for m in _models_in(inner)]
