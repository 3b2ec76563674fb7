"""An amount that Kubernetes would refuse is refused in the stack file, with one that it accepts."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from groundwork.core.amounts import Cpu, Memory


@pytest.mark.parametrize(
    ("kind", "value", "problem"),
    [
        (Memory, "x1Gib", "'x1Gib' is no amount of memory; an example is 2Gi"),
        (Memory, "0Gi", "'0Gi' is no amount of memory; an example is 2Gi"),
        (Cpu, "half", "'half' is no amount of CPU; an example is 500m"),
        (Cpu, "500m ", "'500m ' is no amount of CPU; an example is 500m"),
    ],
)
def test_what_is_no_amount(kind: type[str], value: str, problem: str) -> None:
    with pytest.raises(ValidationError, match="Value error") as refused:
        TypeAdapter(kind).validate_python(value)
    assert refused.value.errors()[0]["msg"] == f"Value error, {problem}"


@pytest.mark.parametrize(("kind", "value"), [(Memory, "512Mi"), (Memory, "2Gi"), (Cpu, "2"), (Cpu, "500m")])
def test_what_is_one(kind: type[str], value: str) -> None:
    assert TypeAdapter(kind).validate_python(value) == value
