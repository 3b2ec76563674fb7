"""What asks for accelerators: numbers that no node can have are none, and end no judging."""

from __future__ import annotations

from typing import Any

import pytest

from groundwork.policy.subject import Subject, number
from policies.accelerators import TEMPLATE_TAG, asking, tagged

_POD = "kubernetes:core/v1:Pod"


def _pod(count: Any) -> Subject:
    return Subject(_POD, "train", {"spec": {"containers": [{"resources": {"limits": {"nvidia.com/gpu": count}}}]}})


@pytest.mark.parametrize("count", ["inf", "-inf", "nan", "1e999", float("inf"), 10**400, "many", None, []])
def test_no_number_of_devices_is_none(count: Any) -> None:
    assert list(asking(_pod(count))) == []
    assert tagged({"tags": {f"{TEMPLATE_TAG}nvidia.com/gpu": count}}) == {}


def test_a_number_of_devices_may_be_a_text() -> None:
    assert [each.resources for each in asking(_pod("2"))] == [{"nvidia.com/gpu": 2}]
    assert tagged({"tags": {f"{TEMPLATE_TAG}nvidia.com/gpu": "4"}}) == {"nvidia.com/gpu": 4}


def test_what_is_endless_is_more_than_any_limit() -> None:
    assert number("inf") == number(10**400) == float("inf")
    assert number("nan") == number("many") == 0
