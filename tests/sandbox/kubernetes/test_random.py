"""Values that are made once, by the rules of the real random provider."""

from __future__ import annotations

import re
import string
import uuid
from pathlib import Path
from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2

from groundwork.sandbox.standins.protocol import conceal, reveal, to_python, to_struct
from groundwork.sandbox.standins.random import RandomProvider
from groundwork.sandbox.standins.randomness import KINDS, SPECIAL, bcrypt

TOKENS = {name: f"random:index/{name[0].lower()}{name[1:]}:{name}" for name in KINDS}


CONTEXT: Any = None  # the provider asks nothing of the call's context


def urn(kind: str) -> str:
    return f"urn:pulumi:s::p::{TOKENS[kind]}::n"


@pytest.fixture
def provider(tmp_path: Path) -> RandomProvider:
    return RandomProvider(tmp_path)


def check(provider: RandomProvider, kind: str, **inputs: Any) -> provider_pb2.CheckResponse:
    answer: provider_pb2.CheckResponse = provider.Check(
        provider_pb2.CheckRequest(urn=urn(kind), news=to_struct(inputs)), CONTEXT
    )
    return answer


def make(provider: RandomProvider, kind: str, **inputs: Any) -> provider_pb2.CreateResponse:
    checked = check(provider, kind, **inputs)
    assert list(checked.failures) == []
    answer: provider_pb2.CreateResponse = provider.Create(
        provider_pb2.CreateRequest(urn=urn(kind), properties=checked.inputs), CONTEXT
    )
    return answer


def outputs(provider: RandomProvider, kind: str, **inputs: Any) -> dict[str, Any]:
    plain: dict[str, Any] = reveal(to_python(make(provider, kind, **inputs).properties))
    return plain


def test_a_password_is_secret_and_hashed_and_its_id_tells_nothing(provider: RandomProvider) -> None:
    made = make(provider, "RandomPassword", length=20)
    properties = to_python(made.properties)
    assert made.id == "none"
    assert properties["result"] == conceal(reveal(properties["result"]))
    assert len(reveal(properties["result"])) == 20
    if bcrypt("x"):
        assert re.fullmatch(r"\$2a\$10\$.{53}", reveal(properties["bcryptHash"]))


def test_two_passwords_differ(provider: RandomProvider) -> None:
    made = {outputs(provider, "RandomPassword", length=16)["result"] for _ in range(20)}
    assert len(made) == 20


def test_the_minimums_of_each_class_are_kept(provider: RandomProvider) -> None:
    rules = {"minLower": 3, "minUpper": 3, "minNumeric": 3, "minSpecial": 3}
    for _ in range(20):
        text = outputs(provider, "RandomString", length=12, **rules)["result"]
        for characters in (string.ascii_lowercase, string.ascii_uppercase, string.digits, SPECIAL):
            assert sum(character in characters for character in text) == 3


def test_classes_that_are_off_and_other_special_characters_are_honoured(provider: RandomProvider) -> None:
    off = {"upper": False, "numeric": False}
    text = outputs(provider, "RandomString", length=200, overrideSpecial="_-", **off)["result"]
    assert set(text) <= set(string.ascii_lowercase + "_-")


@pytest.mark.parametrize(
    ("kind", "inputs", "path", "reason"),
    [
        ("RandomPassword", {"length": 0}, "length", "expected a number of at least 1, got 0"),
        ("RandomPassword", {"length": 3, "minLower": 4}, "length", "3 is less than the 4 characters"),
        ("RandomInteger", {"min": 5, "max": 1}, "max", "1 is less than min, 5"),
        ("RandomId", {}, "byteLength", "expected a number of at least 1, got None"),
    ],
)
def test_impossible_rules_are_refused(
    provider: RandomProvider, kind: str, inputs: dict[str, Any], path: str, reason: str
) -> None:
    (failure,) = check(provider, kind, **inputs).failures
    assert failure.property == path
    assert reason in failure.reason


def test_a_changed_keeper_replaces_and_nothing_else_does(provider: RandomProvider) -> None:
    def diff(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
        before = check(provider, "RandomPassword", **old).inputs
        after = check(provider, "RandomPassword", **new).inputs
        request = provider_pb2.DiffRequest(urn=urn("RandomPassword"), old_inputs=before, news=after)
        return list(provider.Diff(request, CONTEXT).replaces)

    assert diff({"length": 8, "keepers": {"a": "1"}}, {"length": 8, "keepers": {"a": "1"}}) == []
    assert diff({"length": 8}, {"length": 8, "keepers": {}}) == []
    assert diff({"length": 8, "keepers": {"a": "1"}}, {"length": 8, "keepers": {"a": "2"}}) == ["keepers"]


def test_a_refresh_keeps_the_value(provider: RandomProvider) -> None:
    made = make(provider, "RandomPassword", length=8)
    request = provider_pb2.ReadRequest(urn=urn("RandomPassword"), id="none", properties=made.properties)
    assert provider.Read(request, CONTEXT).properties == made.properties


def test_a_password_can_be_imported(provider: RandomProvider) -> None:
    read = provider.Read(provider_pb2.ReadRequest(urn=urn("RandomPassword"), id="correct-horse"), CONTEXT)
    assert read.id == "none"
    assert to_python(read.properties)["result"] == conceal("correct-horse")
    assert to_python(read.inputs)["length"] == len("correct-horse")


def test_the_other_types_have_the_real_providers_outputs(provider: RandomProvider) -> None:
    identity = outputs(provider, "RandomId", byteLength=4, prefix="p-")
    assert identity["hex"].startswith("p-")
    assert int(identity["hex"][2:], 16) == int(identity["dec"][2:])
    assert len(outputs(provider, "RandomBytes", length=16)["hex"]) == 32
    assert uuid.UUID(outputs(provider, "RandomUuid")["result"]).version == 4
    assert uuid.UUID(outputs(provider, "RandomUuid7")["result"]).version == 7
    assert re.fullmatch(r"dev-[a-z]+-[a-z]+-[a-z]+", make(provider, "RandomPet", length=3, prefix="dev").id)
    assert outputs(provider, "RandomInteger", min=3, max=3)["result"] == 3
    assert sorted(outputs(provider, "RandomShuffle", inputs=["a", "b", "c"])["results"]) == ["a", "b", "c"]
    assert len(outputs(provider, "RandomShuffle", inputs=["a", "b"], resultCount=5)["results"]) == 5


def test_a_seed_gives_the_same_value_again(provider: RandomProvider) -> None:
    first = outputs(provider, "RandomInteger", min=0, max=10**9, seed="s")["result"]
    assert outputs(provider, "RandomInteger", min=0, max=10**9, seed="s")["result"] == first
