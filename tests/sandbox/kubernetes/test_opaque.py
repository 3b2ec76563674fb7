"""The versions of a definition go through a check as they are, but for what is secret or not known yet."""

from __future__ import annotations

from typing import Any

import pytest

from groundwork.sandbox.standins.kubernetes.opaque import put_versions, take_versions
from groundwork.sandbox.standins.protocol import UNKNOWN
from groundwork.sandbox.standins.values import conceal, to_python, to_struct

_VERSIONS = [{"name": "v1", "schema": {"openAPIV3Schema": {"type": "object", "x_kubernetes_preserve": True}}}]


def _definition(versions: Any) -> dict[str, Any]:
    return {"kind": "CustomResourceDefinition", "spec": {"group": "example.com", "versions": versions}}


def test_versions_are_taken_out_and_put_back() -> None:
    inputs = to_struct(_definition(_VERSIONS))
    taken = take_versions(inputs)
    assert to_python(inputs) == {"kind": "CustomResourceDefinition", "spec": {"group": "example.com"}}
    put_versions(inputs, taken)
    assert to_python(inputs) == _definition(_VERSIONS)


@pytest.mark.parametrize("versions", [UNKNOWN, [{"name": UNKNOWN}], [{"name": conceal("v1")}]])
def test_what_is_unknown_or_secret_is_left_to_be_read(versions: Any) -> None:
    inputs = to_struct(_definition(versions))
    assert take_versions(inputs) is None
    assert to_python(inputs) == _definition(versions)


def test_a_definition_without_versions_has_none_to_take() -> None:
    inputs = to_struct({"kind": "CustomResourceDefinition"})
    assert take_versions(inputs) is None
    put_versions(inputs, None)
    assert to_python(inputs) == {"kind": "CustomResourceDefinition"}
