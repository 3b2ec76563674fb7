"""A field's default is the environment's where it says so, and `explain` and the schema tell the same."""

import datetime
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, PositiveInt, TypeAdapter, ValidationError

from groundwork.core.config import ByProfile, Config, sentences
from groundwork.core.explain import explain
from groundwork.core.forms import Email, Label
from groundwork.core.profiles import PROFILES
from groundwork.core.registry import Registry, discover
from groundwork.core.schema import stack_schema
from groundwork.core.teams import Team


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
        "thing.parts.a.copies: must be more than 0 (got 0)",
        "thing.parts.a.copis: unknown key; did you mean 'copies'? valid: copies, diskSize",
    ]


def test_a_key_has_one_spelling() -> None:
    """The one of Python is for Python."""
    with pytest.raises(ValidationError) as error:
        _Whole.load({"parts": {"a": {"disk_size": "x"}}}, PROFILES["dev"])
    assert sentences(error.value, "thing", _Whole) == [
        "thing.parts.a.disk_size: unknown key; did you mean 'diskSize'? valid: copies, diskSize"
    ]
    assert _Part(copies=1, disk_size="x") == _Part.load({"copies": 1, "diskSize": "x"}, PROFILES["dev"])


class _Kinds(Config):
    whole: Annotated[int, Field(ge=2, le=4)] = 2
    switch: bool = False
    version: str = ""
    names: Annotated[tuple[str, ...], Field(min_length=1)] = ("a",)
    choice: Literal["a", "b"] = "a"
    mail: Email = "a@example.com"
    machines: dict[Label, int] = Field(default_factory=dict)
    ends: datetime.datetime | None = None


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"whole": "many"}, "whole: must be a whole number, such as 3 (got 'many')"),
        ({"whole": 2.5}, "whole: must be a whole number, such as 3 (got 2.5)"),
        ({"whole": -1}, "whole: must be at least 2 (got -1)"),
        ({"whole": 5}, "whole: must be at most 4 (got 5)"),
        ({"switch": "perhaps"}, "switch: must be true or false (got 'perhaps')"),
        ({"version": 1.35}, 'version: must be text: quote it: "1.35" (got 1.35)'),
        ({"version": True}, "version: must be text (got true)"),
        ({"version": None}, "version: must be text (got nothing)"),
        ({"names": "x"}, "names: must be a list, such as [a, b] (got 'x')"),
        ({"names": []}, "names: must have at least 1 (got [])"),
        ({"names": ["x", {"y": [1, None]}]}, "names.1: must be text (got {y: [1, nothing]})"),
        ({"choice": "c"}, "choice: must be 'a' or 'b' (got 'c')"),
        ({"mail": "ops"}, "mail: must be an e-mail address, such as ops@example.com (got 'ops')"),
        ({"machines": 3}, "machines: must be a map (got 3)"),
        (
            {"machines": {"No 1": 1}},
            "machines.No 1: must be a name of lower case letters, digits and hyphens, a letter first, "
            "such as platform-2 (got 'No 1')",
        ),
        (
            {"ends": "tomorrow"},
            "ends: must be a date and a time, such as \"2027-01-31T11:30:00Z\" (got 'tomorrow')",
        ),
    ],
)
def test_what_is_wrong_is_said_in_plain_words(given: dict[str, Any], told: str) -> None:
    """Neither pydantic's own names of types nor a regular expression."""
    with pytest.raises(ValidationError) as error:
        _Kinds.load(given, PROFILES["dev"])
    assert sentences(error.value, "thing", _Kinds) == [f"thing.{told}"]


def test_no_option_is_checked_by_a_bare_pattern() -> None:
    """Its message would be the regular expression; a `Form` says what is meant, and shows one."""
    schemas = {name: spec.config.__pydantic_core_schema__ for name, spec in discover().items()}
    found = {name for name, schema in schemas.items() if _patterned(schema)}
    assert found == set()
    assert not _patterned(Team.__pydantic_core_schema__)
    assert _patterned(TypeAdapter(Annotated[str, Field(pattern="^x$")]).core_schema)


def _patterned(schema: Any) -> bool:
    if isinstance(schema, dict):
        return (schema.get("type") == "str" and "pattern" in schema) or any(map(_patterned, schema.values()))
    return isinstance(schema, list | tuple) and any(map(_patterned, schema))


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
