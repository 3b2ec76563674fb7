"""A field's default is the environment's where it says so, and `explain` and the schema tell the same."""

from typing import Annotated

import pytest
from pydantic import Field, PositiveInt, ValidationError

from groundwork.core.config import ByProfile, Config, sentences
from groundwork.core.explain import explain
from groundwork.core.profiles import PROFILES
from groundwork.core.registry import Registry
from groundwork.core.schema import stack_schema


class _Part(Config):
    copies: Annotated[PositiveInt, ByProfile("replicas")] = Field(description="how many")
    disk_size: Annotated[str, ByProfile("size", {"small": "s", "medium": "m", "large": "l"})]


class _Whole(Config):
    parts: dict[str, _Part] = Field(default_factory=dict)


def test_profiles_fill_nested_fields_and_what_is_given_wins() -> None:
    loaded = _Whole.load({"parts": {"a": {"copies": 7}, "b": {"diskSize": "x"}}}, PROFILES["prod"])
    assert loaded.parts["a"] == _Part(copies=7, disk_size="l")
    assert loaded.parts["b"] == _Part(copies=3, disk_size="x")


def test_errors_name_the_path_the_value_and_the_valid_keys() -> None:
    with pytest.raises(ValidationError) as error:
        _Whole.load({"parts": {"a": {"copis": 1, "copies": 0}}}, PROFILES["dev"])
    assert sentences(error.value, "thing", _Whole) == [
        "thing.parts.a.copies: input should be greater than 0 (got 0)",
        "thing.parts.a.copis: unknown key; did you mean 'copies'? valid: copies, diskSize",
    ]


def test_explain_shows_what_each_environment_gets(registry: Registry) -> None:
    explanation = explain("grid", registry)
    assert explanation.provides == "Power"
    assert {option.key: dict(option.defaults) for option in explanation.options} == {
        "volts": {"local": "1", "dev": "1", "staging": "2", "prod": "3"},
        "name": {"": "grid"},
    }


def test_the_schema_requires_nothing_that_the_profile_gives(registry: Registry) -> None:
    grid = stack_schema(registry)["$defs"]["grid"]
    assert "required" not in grid
    assert set(grid["properties"]) == {"volts", "name", "component", "use", "retire"}
    assert grid["additionalProperties"] is False
