"""Comparing property values as the real provider does: sets without order, JSON by its meaning."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from groundwork.sandbox.standins.aws.documents import canonical_document
from groundwork.sandbox.standins.aws.naming import dotted

ORDERED = frozenset({"instanceTypes", "containerDefinitions", "records.ordered", "nameServers"})
"""Lists of plain values whose order means something; all others are sets to AWS."""

TEXT = frozenset({"secretString", "insecureValue", "value"})
"""What is text to AWS, whatever is in it: that it reads as JSON means nothing."""

_HIDDEN = frozenset({"__defaults", "tagsAll"})


@dataclass(frozen=True)
class Change:
    """One difference between two sets of inputs; None stands for a value that is not there."""

    path: str
    before: Any
    after: Any

    @property
    def dotted(self) -> str:
        """The path without indexes, as the rules have it."""
        return dotted(self.path)

    @property
    def top(self) -> str:
        """The input that the change is in."""
        return self.dotted.partition(".")[0]


def changes(old: dict[str, Any], new: dict[str, Any], path: str = "") -> Iterator[Change]:
    """Yield the differences between `old` and `new`, as deep in as both have something."""
    for name in sorted((old.keys() | new.keys()) - _HIDDEN):
        before, after = old.get(name), new.get(name)
        yield from _change(before, after, f"{path}.{name}" if path else name)


def _change(before: Any, after: Any, path: str) -> Iterator[Change]:
    if same(before, after, path):
        return
    if path.startswith("tags") and "." not in path:
        yield Change(path, before, after)
    elif isinstance(before, dict) and isinstance(after, dict):
        yield from changes(before, after, path)
    elif _blocks(before) and _blocks(after) and len(before) == len(after):
        for index, (left, right) in enumerate(zip(before, after, strict=True)):
            yield from _change(left, right, f"{path}[{index}]")
    else:
        yield Change(path, before, after)


def _blocks(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def same(left: Any, right: Any, path: str = "") -> bool:
    """Tell whether two values mean the same: an empty list or block is no value, a set has no order."""
    if _empty(left) and _empty(right):
        return True
    if isinstance(left, dict) and isinstance(right, dict):
        return all(same(left.get(k), right.get(k), f"{path}.{k}") for k in (left.keys() | right.keys()) - _HIDDEN)
    if isinstance(left, list) and isinstance(right, list):
        if len(left) != len(right):
            return False
        if dotted(path).rpartition(".")[2] in ORDERED:
            return all(same(a, b, path) for a, b in zip(left, right, strict=True))
        return canonical(left) == canonical(right)
    if isinstance(left, str) and isinstance(right, str) and dotted(path).rpartition(".")[2] in TEXT:
        return left == right
    return canonical(left) == canonical(right)


def _empty(value: Any) -> bool:
    return value is None or value == [] or value == {}


def canonical(value: Any) -> str:
    """Return text that is equal for values that mean the same."""
    if isinstance(value, dict):
        filled = {k: canonical(v) for k, v in value.items() if k not in _HIDDEN and not _empty(v)}
        return json.dumps(filled, sort_keys=True)
    if isinstance(value, list):
        return json.dumps(sorted(canonical(item) for item in value))
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"{value:g}" if isinstance(value, float) else str(value)
    if isinstance(value, str) and value[:1] in ("{", "["):
        return canonical_document(value) or value
    return str(value)


def agrees(wanted: Any, shown: Any) -> bool:
    """Tell whether a description shows what was asked for; what it does not show cannot disagree."""
    if wanted is None or shown is None:
        return True
    if isinstance(wanted, dict) and isinstance(shown, dict):
        return all(agrees(item, shown.get(name)) for name, item in wanted.items())
    if _blocks(wanted) and isinstance(shown, list):
        left = list(shown)
        for item in wanted:
            match = next((other for other in left if agrees(item, other)), None)
            if match is None:
                return False
            left.remove(match)
        return not left
    return same(wanted, shown)


def adopt(wanted: Any, shown: Any) -> Any:
    """Return what a refresh makes of an input that disagrees: the shown value, with no more fields than asked for."""
    if isinstance(wanted, dict) and isinstance(shown, dict):
        kept = {
            name: item if agrees(item, shown.get(name)) else adopt(item, shown.get(name))
            for name, item in wanted.items()
        }
        return {name: item for name, item in kept.items() if item is not None}
    if _blocks(wanted) and _blocks(shown):
        fields = set().union(*(item.keys() for item in wanted))
        return [{name: value for name, value in item.items() if name in fields} for item in shown]
    return shown
