"""Each rule finds nothing wrong with what is right, and says one sentence for one changed field."""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundwork.policy.example import Example
from groundwork.policy.facts import Change, Facts
from groundwork.policy.judge import Judge
from groundwork.policy.rule import Rule, Rules
from groundwork.policy.subject import Subject
from groundwork.policy.terms import Demand, broken
from policies.pack import load_rules
from tests.policies.examples import examples, judge

_ALL = examples()
RULES = load_rules()
_IDS = [f"{example.rule}-{example.path}" for example in _ALL]


@pytest.mark.parametrize("example", _ALL, ids=_IDS)
def test_one_changed_field_is_one_sentence(example: Example) -> None:
    rule = RULES[example.rule]
    assert example.messages(judge(), rule, valid=True) == []
    assert example.messages(judge(), rule, valid=False) == [example.message]


def test_every_rule_has_an_example() -> None:
    assert {example.rule for example in _ALL} == set(RULES.by_id)


def _without(source: str, index: int) -> str | None:
    """Return a function's source without its yield of this index; None where it has no such yield."""
    tree = ast.parse(textwrap.dedent(source))
    yields = [node for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Yield)]
    if index >= len(yields):
        return None
    nothing = ast.copy_location(ast.Expr(ast.Yield(ast.Constant(None))), yields[index])
    skipped = ast.If(ast.Constant(False), [nothing], [])
    for parent in ast.walk(tree):
        for body in ("body", "orelse"):
            lines = getattr(parent, body, None)
            if isinstance(lines, list) and yields[index] in lines:
                lines[lines.index(yields[index])] = skipped
    return ast.unparse(ast.fix_missing_locations(tree))


def _demanding(demands: tuple[Demand, ...], subject: Subject, facts: Facts) -> Iterator[str]:
    return broken(demands, subject)


def _mutants(rule: Rule) -> Iterator[Rule]:
    """Return a rule with each of its verdicts taken away, one at a time."""
    if rule.demands:
        for index in range(len(rule.demands)):
            fewer = rule.demands[:index] + rule.demands[index + 1 :]
            yield replace(rule, resource=partial(_demanding, fewer))
        return
    name = next(kind for kind in ("resource", "stack", "change") if getattr(rule, kind))
    check = getattr(rule, name)
    for index in range(100):
        source = _without(inspect.getsource(check), index)
        if source is None:
            assert index, f"{rule.id} yields nothing itself: let it"
            return
        registry: dict[str, Any] = {**vars(sys.modules[check.__module__]), "RULES": Rules()}
        exec(compile(source, check.__code__.co_filename, "exec"), registry)  # noqa: S102 - our own source, less a line
        yield replace(rule, **{name: registry[check.__name__]})


@pytest.mark.parametrize("rule", list(RULES), ids=list(RULES.by_id))
def test_a_verdict_taken_away_is_noticed(rule: Rule) -> None:
    mine = [example for example in _ALL if example.rule == rule.id]
    mutants = list(_mutants(rule))
    assert mutants
    for number, mutant in enumerate(mutants):
        said = [example.messages(judge(), mutant, valid=False) == [example.message] for example in mine]
        assert not all(said), f"{rule.id}: no example notices that verdict {number} is gone"


_SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
_KEYS = st.sampled_from(
    "spec template containers initContainers resources requests limits metadata name namespace policy Statement Action "  # noqa: SIM905
    "Resource Effect Principal taints volumes hostPath env value valueFrom securityContext image rules subjects".split()
)
_JSON = st.recursive(_SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=4))
_TYPES = sorted({prefix for rule in RULES for prefix in rule.types})


@given(st.lists(st.tuples(st.sampled_from(_TYPES), st.dictionaries(_KEYS, _JSON, max_size=5)), max_size=3))
@settings(max_examples=150)
def test_no_rule_raises_on_anything(found: list[tuple[str, dict[str, Any]]]) -> None:
    subjects = [Subject(type, f"it{n}", props, f"urn:{n}") for n, (type, props) in enumerate(found)]
    for finding in judge().all(subjects):
        assert finding.said


@given(st.sampled_from(["replace", "delete"]), st.sampled_from(_TYPES), st.dictionaries(_KEYS, _JSON, max_size=5))
@settings(max_examples=50)
def test_no_rule_raises_on_any_change(action: Literal["replace", "delete"], type: str, old: dict[str, Any]) -> None:
    for finding in judge().change(Change(action, type, "it", "urn:it", protected=True, old=old)):
        assert finding.said


@given(st.sampled_from([example for example in _ALL if example.valid and example.valid[0].props]), st.data())
@settings(max_examples=150)
def test_no_rule_raises_where_one_part_is_something_else(example: Example, data: st.DataObject) -> None:
    first, *others = example.valid
    key = data.draw(st.sampled_from(sorted(first.props)))
    broken = Subject(first.type, first.name, {**first.props, key: _spoiled(first.props[key], data)}, first.urn)
    for finding in Judge([RULES[example.rule]], judge().facts, judge().exemptions).all([broken, *others]):
        assert finding.said


def _spoiled(value: Any, data: st.DataObject) -> Any:
    """Return a value of which one part, anywhere, is anything."""
    if isinstance(value, dict) and value and data.draw(st.integers(0, 5)):
        key = data.draw(st.sampled_from(sorted(value)))
        return {**value, key: _spoiled(value[key], data)}
    if isinstance(value, list) and value and data.draw(st.integers(0, 5)):
        index = data.draw(st.integers(0, len(value) - 1))
        return [*value[:index], _spoiled(value[index], data), *value[index + 1 :]]
    return data.draw(_JSON)
