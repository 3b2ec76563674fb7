from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from groundwork.policy.values import UNKNOWNS
from groundwork.sandbox.engine.events import Moment, Step
from groundwork.sandbox.report.differences import differences

UNKNOWN = min(UNKNOWNS)


def update(keys: tuple[str, ...], old: Mapping[str, Any], new: Mapping[str, Any], kind: str = "a:b/c:D") -> Step:
    return Step(Moment.STARTED, "update", f"urn:pulumi:s::p::{kind}::n", kind, "", keys, inputs=new, old=old)


@pytest.mark.parametrize(
    ("key", "old", "new", "told"),
    [
        ("a", {"a": 1}, {"a": 2}, ["a 1 → 2"]),
        ("a", {"a": True}, {}, ["a true → nothing"]),
        ("a", {}, {"a": "x"}, ["a nothing → x"]),
        ("a.b[1]", {"a": {"b": [1, 2]}}, {"a": {"b": [1, 3]}}, ["a.b[1] 2 → 3"]),
        ('a["x.y/z"]', {"a": {"x.y/z": 1}}, {"a": {"x.y/z": 2}}, ['a["x.y/z"] 1 → 2']),
        ("spec", {"spec": {"n": 1, "m": 2}}, {"spec": {"n": 3, "m": 2}}, ["spec.n 1 → 3"]),
        ("spec", {"spec": {"x.y": 1}}, {"spec": {"x.y": 2}}, ['spec["x.y"] 1 → 2']),
        ("a", {"a": [1]}, {"a": [1, 2]}, ["a [1] → [1, 2]"]),
        ("a", {"a": ["x" * 40, "yy", "z"]}, {"a": ["x" * 40, "z", "w", "v"]}, ["a - yy, + w, + v"]),
        ("arn", {"a": 1}, {"a": 1}, ["arn"]),
        ("a", {"a": "x"}, {"a": UNKNOWN}, ["a x → (known in an up)"]),
        ("a", {"a": ""}, {"a": "y" * 60}, ['a "" → ' + "y" * 47 + "…"]),
        ("a", {"a": "[secret]"}, {"a": "[secret]"}, ["a"]),
    ],
)
def test_values_are_those_of_the_inputs_at_the_path(
    key: str, old: Mapping[str, Any], new: Mapping[str, Any], told: list[str]
) -> None:
    assert [str(each) for each in differences(update((key,), old, new))] == told


def test_a_document_in_a_text_is_looked_into() -> None:
    old, new = ({"policy": json.dumps({"Statement": [{"Action": [verb]}]})} for verb in ("s3:Get", "s3:*"))
    (found,) = differences(update(("policy",), old, new))
    assert str(found) == "policy.Statement[0].Action[0] s3:Get → s3:*"
    assert found.facts() == {"path": "policy.Statement[0].Action[0]", "old": "s3:Get", "new": "s3:*"}


def test_what_a_secret_of_kubernetes_holds_is_never_shown() -> None:
    step = update(
        ("data", "stringData.new"),
        {"data": {"password": "b2xk"}},
        {"data": {"password": "bmV3"}, "stringData": {"new": "plain"}},
        "kubernetes:core/v1:Secret",
    )
    assert [each.facts() for each in differences(step)] == [
        {"path": "data"},
        {"path": "stringData.new", "new": "[secret]"},
    ]
