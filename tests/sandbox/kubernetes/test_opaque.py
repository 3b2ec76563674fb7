"""The schemas of a definition are one text each to the engine, and what they were to the API server."""

from __future__ import annotations

from typing import Any

import pytest

from groundwork.sandbox.standins.kubernetes.opaque import pack, packed, unpacked
from groundwork.sandbox.standins.protocol import UNKNOWN
from groundwork.sandbox.standins.values import conceal, to_python, to_struct

_SCHEMA = {"openAPIV3Schema": {"type": "object", "x_kubernetes_preserve": True, "enum": [1, 1.5, None, ""]}}


def _definition(schema: Any = _SCHEMA) -> dict[str, Any]:
    versions = [{"name": "v1", "schema": schema}, {"name": "v1beta1", "served": False}]
    return {"kind": "CustomResourceDefinition", "spec": {"group": "example.com", "versions": versions}}


def test_a_schema_is_one_text_until_it_is_unpacked() -> None:
    """Two thirds of a plan went into carrying schemas about."""
    inputs = to_struct(_definition())
    pack(inputs)
    plain = to_python(inputs)
    assert isinstance(plain["spec"]["versions"][0]["schema"], str)
    assert unpacked(plain) == _definition()


def test_a_schema_from_the_server_is_packed_alike() -> None:
    """A refresh must not find a difference where there is none."""
    inputs = to_struct(_definition())
    pack(inputs)
    assert packed(_definition()) == to_python(inputs)
    assert packed(packed(_definition())) == packed(_definition())


@pytest.mark.parametrize("schema", [UNKNOWN, {"type": UNKNOWN}, {"type": conceal("object")}])
def test_what_is_unknown_or_secret_stays_as_it_is(schema: Any) -> None:
    """The engine has to see it to keep it from being printed, or from being taken for known."""
    inputs = to_struct(_definition(schema))
    pack(inputs)
    assert to_python(inputs) == _definition(schema)
    assert unpacked(_definition(schema)) == _definition(schema)


@pytest.mark.parametrize(
    "inputs", [{"kind": "CustomResourceDefinition"}, {"kind": "CustomResourceDefinition", "spec": {}}, {"kind": "Pod"}]
)
def test_what_has_no_schema_passes(inputs: dict[str, Any]) -> None:
    """A definition may be broken, and the server says so better."""
    struct = to_struct(inputs)
    pack(struct)
    assert unpacked(to_python(struct)) == packed(inputs) == inputs
