"""What a change makes of a resource's inputs: path, value before, value after."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from groundwork.policy.judge import HIDDEN
from groundwork.policy.values import UNKNOWNS
from groundwork.sandbox.engine.events import Step

_LONGEST = 48
_SECRETS = "kubernetes:core/v1:Secret"
_KEPT_APART = frozenset({"data", "stringData"})
_PART = re.compile(r'\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.\[\]]+)')
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


class _Nothing:
    """No value: the property is not there."""

    def __repr__(self) -> str:
        return "nothing"


NOTHING = _Nothing()


@dataclass(frozen=True)
class Difference:
    """One value that differs; `NOTHING` where there is none."""

    path: str
    old: Any
    new: Any

    def __str__(self) -> str:
        """As a person reads it: `scalingConfig.maxSize 4 → 40`."""
        if self.old is NOTHING and self.new is NOTHING:
            return self.path
        old, new = _told(self.old), _told(self.new)
        if isinstance(self.old, list) and isinstance(self.new, list) and "…" in (old[-1], new[-1]):
            more = [f"+ {_told(item)}" for item in self.new if item not in self.old]
            less = [f"- {_told(item)}" for item in self.old if item not in self.new]
            # Nothing where they only moved.
            if more or less:
                return f"{self.path} {', '.join([*less, *more])}"
        return f"{self.path} {old} → {new}"

    def facts(self) -> dict[str, Any]:
        """Return it for machines: without `old` or `new` where there is none."""
        sides = {"old": self.old, "new": self.new}
        return {"path": self.path, **{side: value for side, value in sides.items() if value is not NOTHING}}


def differences(step: Step) -> list[Difference]:
    """Return what differs below each property that the provider names, secrets as such.

    A property that the provider names and that is in no input (it follows from others) has no values.
    """
    found: dict[str, Difference] = {}
    for key in step.keys:
        parts = [quoted or index or name for quoted, index, name in _PART.findall(key)]
        old, new = _at(step.old, parts), _at(step.inputs, parts)
        if step.type == _SECRETS and parts and parts[0] in _KEPT_APART:
            old, new = (value if value is NOTHING else HIDDEN for value in (old, new))
        below = list(_below(key, old, new)) or [Difference(key, NOTHING, NOTHING)]
        found.update((each.path, each) for each in below)
    return list(found.values())


def _at(tree: Any, parts: list[str]) -> Any:
    for part in parts:
        if isinstance(tree, dict) and part in tree:
            tree = tree[part]
        elif isinstance(tree, list) and part.isdigit() and int(part) < len(tree):
            tree = tree[int(part)]
        else:
            return NOTHING
    return tree


def _below(path: str, old: Any, new: Any) -> Iterator[Difference]:
    """Yield each value that differs at or below a path; documents in a text are looked into."""
    if old == new:
        return
    read, written = _opened(old), _opened(new)
    if isinstance(read, dict) and isinstance(written, dict):
        for name in dict.fromkeys([*read, *written]):
            yield from _below(_joined(path, name), read.get(name, NOTHING), written.get(name, NOTHING))
    elif isinstance(read, list) and isinstance(written, list) and len(read) == len(written):
        for index, (before, after) in enumerate(zip(read, written, strict=True)):
            yield from _below(f"{path}[{index}]", before, after)
    else:
        yield Difference(path, old, new)


def _opened(value: Any) -> Any:
    """Return what a text holds where it is a JSON document (a policy, a definition), else the value."""
    if not isinstance(value, str) or value[:1] not in ("{", "["):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if _PLAIN.fullmatch(name) else f"{path}[{json.dumps(name)}]"


def _told(value: Any) -> str:
    if isinstance(value, str):
        if value in UNKNOWNS:
            return "(known in an up)"
        text = " ".join(value.split()) or '""'
    else:
        text = repr(value) if value is NOTHING else json.dumps(value, default=str)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
