"""What pydantic finds wrong with a value, in words for people who never heard of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic_core import ErrorDetails

_WHOLE, _TEXT, _LIST = "must be a whole number, such as 3", "must be text", "must be a list, such as [a, b]"
_DATE = 'must be a day, such as "2027-01-31"'
_TIME = 'must be a date and a time, such as "2027-01-31T11:30:00Z"'

_WORDS: dict[str, str] = {
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_from_float": _WHOLE,
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "string_type": _TEXT,
    "tuple_type": _LIST,
    "list_type": _LIST,
    "date_type": _DATE,
    "date_parsing": _DATE,
    "date_from_datetime_parsing": _DATE,
    "date_from_datetime_inexact": _DATE,
    "datetime_type": _TIME,
    "datetime_parsing": _TIME,
    "datetime_from_date_parsing": _TIME,
    "datetime_object_invalid": _TIME,
    "timezone_aware": f"{_TIME}: with its zone",
}
_LIMITS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "greater_than": lambda limit: f"must be more than {limit['gt']}",
    "greater_than_equal": lambda limit: f"must be at least {limit['ge']}",
    "less_than": lambda limit: f"must be less than {limit['lt']}",
    "less_than_equal": lambda limit: f"must be at most {limit['le']}",
    "literal_error": lambda limit: f"must be {limit['expected']}",
    "too_short": lambda limit: f"must have at least {limit['min_length']}",
    "too_long": lambda limit: f"must have at most {limit['max_length']}",
    "string_too_short": lambda limit: (
        f"must have at least {limit['min_length']} characters" if limit["min_length"] > 1 else "must not be empty"
    ),
    "string_too_long": lambda limit: f"must have at most {limit['max_length']} characters",
}


def plain_words(problem: ErrorDetails) -> str:
    """Return what is wrong, and the value where the words do not have it already."""
    kind, value = problem["type"], problem["input"]
    if kind in _WORDS or kind in _LIMITS:
        words = _WORDS[kind] if kind in _WORDS else _LIMITS[kind](problem["ctx"])
        # YAML reads 1.30 as 1.3: what was meant is known to whoever wrote it.
        if kind == "string_type" and isinstance(value, int | float) and not isinstance(value, bool):
            words += f': quote it: "{value}"'
        return f"{words} (got {shown(value)})"
    message = problem["msg"].removeprefix("Value error, ")
    told = isinstance(value, Mapping) or (isinstance(value, str) and repr(value) in message)
    return f"{message[:1].lower()}{message[1:]}" + ("" if told else f" (got {shown(value)})")


def shown(value: Any) -> str:
    """Return a value as it might stand in a file."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(shown, value))}]"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key}: {shown(inner)}' for key, inner in value.items())}}}"
    return repr(value)
