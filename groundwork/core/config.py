"""The typed configuration of a component: what a stack file may say under its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self, get_type_hints

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler, ValidationError, ValidationInfo, model_validator
from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, ErrorDetails

from groundwork.core.errors import closest
from groundwork.core.profiles import Profile
from groundwork.core.wording import plain_words, shown

# What pydantic calls the place of a key that is wrong itself.
_KEY = "[key]"


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


@dataclass(frozen=True)
class Told:
    """Marks a field that may be left out with what the component then makes of it, in words for people.

    Attributes:
        by: what it is in an environment of this profile.
    """

    by: Callable[[Profile], str]


def told_default(field: FieldInfo) -> Told | None:
    """Return the words for a field that may be left out, None where its default says it all."""
    return next((mark for mark in field.metadata if isinstance(mark, Told)), None)


def profile_default(field: FieldInfo) -> ByProfile | None:
    """Return the mark of a field whose default the profile gives."""
    return next((mark for mark in field.metadata if isinstance(mark, ByProfile)), None)


class Config(BaseModel):
    """Base of every configuration: frozen, unknown keys are errors, keys are camelCase in files.

    Only Python code may give fields by their names in Python: see `read`.
    """

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
            if mark is not None and (field.alias or name) not in given:
                given[field.alias or name] = mark.value(profile)
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
        return cls.read(given, context={"profile": profile})

    @classmethod
    def read(cls, given: Mapping[str, Any], context: Mapping[str, Any] | None = None) -> Self:
        """Validate what stands in a file, where a key has one spelling.

        Raises:
            pydantic.ValidationError: with every problem; `sentences` makes them readable.
        """
        return cls.model_validate(dict(given), context=context, by_alias=True, by_name=False)


def sentences(error: ValidationError, path: str, model: type[BaseModel]) -> list[str]:
    """Turn a validation error into sentences that name the path, the value and what would be valid."""
    return [sentence for _, sentence in located(error, path, model)]


def located(
    error: ValidationError, path: str, model: type[BaseModel], *, see: str = ""
) -> list[tuple[tuple[str | int, ...], str]]:
    """Return the sentences of `sentences`, each with the keys by which its place is reached.

    Args:
        path: what the sentences begin with: the component's key; nothing where the places alone say it.
        see: what shows all keys, where there are many.
    """
    problems = error.errors(include_url=False)
    # A list of which every part is wrong counts as empty besides, which nobody wrote.
    parts = {problem["loc"][:-1] for problem in problems}
    return [
        (problem["loc"], _sentence(problem, path, model, see))
        for problem in problems
        if problem["type"] != "too_short" or problem["loc"] not in parts
    ]


def _sentence(problem: ErrorDetails, path: str, model: type[BaseModel], see: str) -> str:
    loc, kind = problem["loc"], problem["type"]
    steps = ".".join([*([path] if path else []), *(str(step) for step in loc if step != _KEY)])
    where = f"{steps}: " if steps else ""
    if kind == "extra_forbidden":
        return f"{where}unknown key; {closest(str(loc[-1]), _keys_at(model, loc[:-1]), see=see)}"
    if kind == "missing":
        return f"{where}required, and missing"
    if kind in ("model_type", "dict_type", "dataclass_type"):
        keys = ", ".join(_keys_at(model, loc)) if kind == "model_type" else ""
        return f"{where}must be a map{f' with the keys {keys}' if keys else ''} (got {shown(problem['input'])})"
    return f"{where}{plain_words(problem)}"


def _keys_at(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    current: type[BaseModel] | None = model
    for step in loc:
        if current is None:
            return []
        field = next((f for n, f in current.model_fields.items() if step in (n, f.alias)), None)
        extra = current.__annotations__.get("__pydantic_extra__") if field is None else None
        inner = _models_in(field.annotation) if field is not None else extras_of(current) if extra else [current]
        current = inner[0] if inner else None
    return [f.alias or n for n, f in current.model_fields.items()] if current else []


def extras_of(model: type[BaseModel]) -> list[type[BaseModel]]:
    """Return the models of a configuration whose keys a user names himself."""
    return _models_in(get_type_hints(model).get("__pydantic_extra__"))


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [m for inner in getattr(annotation, "__args__", ()) for m in _models_in(inner)]
