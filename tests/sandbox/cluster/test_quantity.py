"""Quantities are exact: a node that is one millicore too small is too small."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundwork.sandbox.cluster.quantity import greatest, quantity, total


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("1500m", Fraction(3, 2)),
        ("0.1", Fraction(1, 10)),
        (".5", Fraction(1, 2)),
        ("2Gi", 2 * 1024**3),
        ("2G", 2 * 1000**3),
        ("1e3", 1000),
        ("1E", 10**18),
        ("12k", 12000),
        ("100n", Fraction(1, 10**7)),
        (4, 4),
        ("-1", -1),
    ],
)
def test_every_form_of_a_quantity_is_read_exactly(text: object, value: Fraction) -> None:
    assert quantity(text) == value


@pytest.mark.parametrize("text", ["", "two", "1 Gi", "1KB", "Gi", "1ki", "1ni", "--1"])
def test_what_is_no_quantity_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValueError, match="is not a Kubernetes quantity") as caught:
        quantity(text)
    assert repr(text) in str(caught.value)


@given(st.integers(0, 10**9))
def test_millis_and_whole_units_agree(number: int) -> None:
    assert quantity(f"{number}m") * 1000 == quantity(str(number))


def test_sums_and_maxima_keep_resources_that_only_one_side_has() -> None:
    one, two = {"cpu": Fraction(1)}, {"cpu": Fraction(2), "memory": Fraction(5)}
    assert total([one, two]) == {"cpu": 3, "memory": 5}
    assert greatest([one, two]) == {"cpu": 2, "memory": 5}
