"""JSON in text, by what it means to the real provider: which order counts in it, and what else is the same.

Seen by asking the provider 5.100 for plans: `tests/sandbox/aws/oracle/` asks it again where it is on the machine.
"""

from __future__ import annotations

import json
import re
from typing import Any

_ACCOUNT = re.compile(r"\d{12}")
_WHO = ("Principal", "NotPrincipal")
_WHAT = ("Action", "NotAction", "Resource", "NotResource")
# The provider reads no others, and these in small letters too.
_DOCUMENT = ("Version", "Id", "Statement")
_STATEMENT = ("Sid", "Effect", *_WHAT, *_WHO, "Condition")


def canonical_document(text: str) -> str | None:
    """Return text that is equal for documents that mean the same, None for what is no document.

    Spaces and the order of keys never count. The order of lists does in a pattern of events, but not in a policy of IAM
    or of an image's life.
    """
    try:
        document = json.loads(text)
    except ValueError:
        return None
    if isinstance(document, dict) and any(name.lower() == "statement" for name in document):
        document = _policy(_known(document, _DOCUMENT))
    elif isinstance(document, dict) and "rules" in document:
        document = _unordered(document)
    return json.dumps(document, sort_keys=True)


def _known(given: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """Return what the provider reads of a policy or statement, by the names that AWS writes; nothing is no value."""
    written = {name.lower(): name for name in names}
    found = {written[name.lower()]: value for name, value in given.items() if name.lower() in written}
    return {name: value for name, value in found.items() if value not in (None, "")}


def _policy(document: dict[str, Any]) -> dict[str, Any]:
    """Return a policy with its sets in order: statements, and whatever may be one or several in them.

    What is said twice counts twice, and an empty condition is not none.
    """
    statements = [_statement(each) for each in _listed(document.get("Statement", []))]
    return {**document, "Statement": _ordered(statements)}


def _statement(statement: Any) -> Any:
    if not isinstance(statement, dict):
        return statement
    said = _known(statement, _STATEMENT)
    return {name: _said(name, value) for name, value in said.items() if name == "Condition" or value not in ([], {})}


def _said(name: str, value: Any) -> Any:
    if name == "Effect":
        return str(value).lower()
    return _who(value) if name in _WHO else _members(value)


def _who(principals: Any) -> Any:
    # "*" alone is anybody; {"AWS": "*"} is another policy to the provider.
    if not isinstance(principals, dict):
        return principals
    return {kind: _ordered([_named(each) for each in _listed(value)]) for kind, value in principals.items()}


def _named(principal: Any) -> Any:
    """Return the long name of an account, which may be said by its number."""
    if isinstance(principal, str) and _ACCOUNT.fullmatch(principal):
        return f"arn:aws:iam::{principal}:root"
    return principal


def _members(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _members(item) for name, item in value.items()}
    return _ordered([_word(item) for item in _listed(value)])


def _word(value: Any) -> Any:
    """Return a truth or a number of a condition as the text that AWS compares."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(int(value)) if value == int(value) else str(value)
    return value


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _ordered(items: list[Any]) -> list[Any]:
    return sorted(items, key=lambda item: json.dumps(item, sort_keys=True))


def _unordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _unordered(item) for name, item in value.items()}
    return _ordered([_unordered(item) for item in value]) if isinstance(value, list) else value
