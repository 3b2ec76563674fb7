"""A pool that EKS would refuse gets no nodes, and the reason is told."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from groundwork.sandbox.cluster.pools import NodePool
from groundwork.sandbox.cluster.soundness import fault


def test_a_sound_pool_has_no_fault(general: NodePool, gpu: NodePool) -> None:
    assert fault(general) == ""
    assert fault(gpu) == ""


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"subnets": ()}, "pool 'general': it has no subnet in any zone"),
        (
            {"instance_types": ()},
            "pool 'general': neither it nor its launch template names an instance type",
        ),
        (
            {"instance_types": ("m7g.large",)},
            "pool 'general': AMI type AL2023_x86_64_STANDARD is for amd64, but instance type m7g.large is arm64",
        ),
        (
            {"instance_types": ("f1.2xlarge",)},
            "pool 'general': the shape of instance type 'f1.2xlarge' is not known "
            "(AWS no longer describes it); choose a current one, such as m7i.large",
        ),
    ],
)
def test_each_fault_names_the_pool_and_the_value(general: NodePool, change: dict[str, Any], message: str) -> None:
    assert fault(dataclasses.replace(general, **change)) == message


def test_an_unknown_type_is_told_with_the_likely_ones(general: NodePool) -> None:
    found = fault(dataclasses.replace(general, instance_types=("m7i.larg",)))
    assert found.startswith("'m7i.larg' is not one of the ")
    assert "m7i.large" in found
