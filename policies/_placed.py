"""Where Kubernetes objects are, and which pods they select."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from groundwork.policy.subject import Subject, items, mapping, objects


def is_in(subject: Subject, namespace: Subject) -> bool:
    """Return whether an object is in a namespace: by its name, or, where that is unknown, by where it comes from."""
    if subject.namespace:
        return subject.namespace == namespace.object_name
    return bool(namespace.urn) and namespace.urn in subject.references.get("metadata", ())


def selects(selector: Any, labels: Mapping[str, Any]) -> bool:
    """Return whether a label selector selects what has these labels; none selects nothing, an empty one all."""
    if not isinstance(selector, Mapping):
        return False
    if any(labels.get(key) != value for key, value in mapping(selector.get("matchLabels")).items()):
        return False
    return all(_meets(expression, labels) for expression in objects(selector.get("matchExpressions")))


def _meets(expression: Mapping[str, Any], labels: Mapping[str, Any]) -> bool:
    value = labels.get(str(expression.get("key")))
    match expression.get("operator"):
        case "In":
            return value in items(expression.get("values"))
        case "NotIn":
            return value not in items(expression.get("values"))
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
    return False
