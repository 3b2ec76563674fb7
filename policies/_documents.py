"""What stands in documents of IAM: policies of identities, of resources, and of trust."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from groundwork.policy.subject import items, mapping, objects

_ACCOUNT = re.compile(r"(?:arn:[^:]*:[^:]*:[^:]*:)?([0-9]{12})(?::|$)")
# A condition with one of these says who may come, or from where; others say only how.
_NARROWING = re.compile(
    r"aws:(principal(arn|account|orgid|orgpaths|tag/.*)|source(arn|account|orgid|orgpaths|vpc|vpce|ip)|vpcsourceip|userid)"
    r"|kms:(calleraccount|viaservice)|s3:dataaccesspoint(account|arn)"
    r"|elasticfilesystem:accessedviamounttarget|.*:(sub|aud)"
)
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
_LOG_DELIVERY = "logging.s3.amazonaws.com"
_EVERYTHING = ("", "*", "**", "0.0.0.0/0", "::/0")


def statements(document: Any) -> list[Mapping[str, Any]]:
    """Return the statements of a document, which may be text; none of what is no document."""
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except ValueError:
            return []
    return list(objects(document.get("Statement"))) if isinstance(document, Mapping) else []


def allowing(document: Any) -> list[Mapping[str, Any]]:
    """Return the statements that allow something."""
    return [statement for statement in statements(document) if statement.get("Effect") == "Allow"]


def actions(statement: Mapping[str, Any]) -> list[str]:
    """Return the actions of a statement."""
    return [str(action) for action in items(statement.get("Action"))]


def principals(statement: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Return who a statement is about: ("AWS", "arn:..."), ("Service", "ec2.amazonaws.com"), ("AWS", "*") for all."""
    named = statement.get("Principal")
    if isinstance(named, str):
        yield "AWS", named
    for kind, names in mapping(named).items():
        for name in items(names):
            yield str(kind), str(name)


def everybody(statement: Mapping[str, Any]) -> bool:
    """Return whether a statement is about all the world, or all but a few."""
    return "NotPrincipal" in statement or any(name == "*" for _, name in principals(statement))


def delivers_logs(document: Any) -> bool:
    """Return whether a bucket's policy lets S3 write access logs into it."""
    return any(("Service", _LOG_DELIVERY) in principals(statement) for statement in allowing(document))


def conditions(statement: Mapping[str, Any]) -> Iterator[tuple[str, str, list[str]]]:
    """Return the conditions of a statement: operator, key in lower case, values."""
    for operator, keys in mapping(statement.get("Condition")).items():
        for key, values in mapping(keys).items():
            yield str(operator), str(key).lower(), [str(value) for value in items(values)]


def narrowed(statement: Mapping[str, Any]) -> bool:
    """Return whether a condition of a statement says who may come, or from where, so that not everybody is meant."""
    return any(
        _NARROWING.fullmatch(key)
        # What the request need not say, or must not be, leaves nearly everybody in.
        and not operator.endswith("IfExists")
        and "Not" not in operator
        and operator != "Null"
        and values
        and not any(value in _EVERYTHING for value in values)
        for operator, key, values in conditions(statement)
    )


def account_of(principal: str) -> str:
    """Return the account of a principal: of its ARN, or its id alone; empty where it has none."""
    found = _ACCOUNT.match(principal)
    return found[1] if found else ""
