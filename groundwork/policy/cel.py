"""Terms as CEL, for the API server's admission.

Kubernetes' CEL has optional types since 1.29: `object.?spec.?a.orValue(x)`, so a path through what is missing is no
error. https://kubernetes.io/docs/reference/using-api/cel/
"""

from __future__ import annotations

import json
import re

from groundwork.policy.terms import (
    AllOf,
    AnyEntry,
    AnyOf,
    At,
    Demand,
    Every,
    Has,
    Matches,
    Not,
    OneOf,
    Plain,
    Present,
    Term,
)

_PLAIN_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_RESERVED = frozenset({"namespace", "package", "import", "in", "if", "else", "for", "function", "return", "loop"})
_ITEM = "item"


def literal(value: Plain) -> str:
    """Return a plain value as CEL writes it."""
    return json.dumps(value)


def condition(wanted: Demand) -> str:
    """Return an expression that is true where a demand is met."""
    if not wanted.of.lists:
        return expression(wanted.term, _root(wanted.of.root))
    return f"{_listed(wanted)}.all({_ITEM}, {expression(wanted.term, _ITEM)})"


def message(rule_id: str, wanted: Demand) -> str:
    """Return an expression that says what breaks a demand, beginning with the rule's id."""
    if not wanted.of.lists:
        return f"{literal(rule_id + ': ')} + {_said(wanted, _root(wanted.of.root))}"
    named = f"{literal(wanted.of.noun + ' ')} + {_ITEM}.name + ' ' + " if wanted.of.noun else ""
    guilty = f"{_listed(wanted)}.filter({_ITEM}, !({expression(wanted.term, _ITEM)}))"
    return f"{literal(rule_id + ': ')} + {guilty}.map({_ITEM}, {named}{_said(wanted, _ITEM)}).join('; ')"


def expression(term: Term, item: str, depth: int = 0) -> str:
    """Return a term about `item` as an expression."""
    match term:
        case AllOf(terms):
            return "(" + " && ".join(expression(inner, item, depth) for inner in terms) + ")"
        case AnyOf(terms):
            return "(" + " || ".join(expression(inner, item, depth) for inner in terms) + ")"
        case Not(inner):
            return f"!({expression(inner, item, depth)})"
        case Every(at, inner):
            one = f"inner{depth}"
            return f"{_at(at, item)}.orValue([]).all({one}, {expression(inner, one, depth + 1)})"
        case Present(at):
            return f"{_at(at, item)}.hasValue()"
        case OneOf(at, values, default):
            listed = "[" + ", ".join(map(literal, values)) + "]"
            held = f"{_at(at, item)}.optMap(v, v in {listed}).orValue({literal(default in values)})"
            return f"({held})"
        case Matches(at, pattern, default):
            return f"{_at(at, item)}.orValue({literal(default)}).matches({literal(pattern)})"
        case Has(at, value):
            return f"({literal(value)} in {_at(at, item)}.orValue([]))"
        case AnyEntry(at, pattern, inner):
            one, entries = f"inner{depth}", f"{_at(at, item)}.orValue({{}})"
            held = expression(inner, f"{entries}[{one}]", depth + 1)
            return f"{entries}.exists({one}, {one}.matches({literal(pattern)}) && {held})"


def _root(root: str) -> str:
    return "variables.pod" if root == "pod" else "object"


def _listed(wanted: Demand) -> str:
    root = _root(wanted.of.root)
    return "(" + " + ".join(f"{root}{_step(name)}.orValue([])" for name in wanted.of.lists) + ")"


def _at(at: At, item: str) -> str:
    if not at.root and not at.path:
        return f"optional.of({item})"
    return (_root(at.root) if at.root else item) + "".join(map(_step, at.path))


def _step(name: str) -> str:
    # A name that CEL reserves, or that is no name at all, is a key.
    if _PLAIN_NAME.fullmatch(name) and name not in _RESERVED:
        return f".?{name}"
    return f"[?{literal(name)}]"


def _said(wanted: Demand, item: str) -> str:
    before, mark, after = wanted.otherwise.partition("{value}")
    if not mark or wanted.value is None:
        return literal(wanted.otherwise)
    return f"{literal(before)} + string({_at(wanted.value, item)}.orValue('None')) + {literal(after)}"
