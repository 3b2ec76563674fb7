"""Money: what examples of one field cannot say."""

from __future__ import annotations

from dataclasses import replace

from groundwork.policy.judge import Violation
from groundwork.policy.subject import Subject
from policies.money import cost_within_ceiling
from tests.policies.examples import judge

_GATEWAY = Subject("aws:ec2/natGateway:NatGateway", "network-nat", {}, "urn:gateway")
_ADDRESS = Subject("aws:ec2/eip:Eip", "network-nat", {}, "urn:address")


def test_the_resource_that_is_told_is_the_dearest_though_another_has_its_name() -> None:
    """An exemption is of a label, and the type is a part of it."""
    facts = replace(judge().facts, ceiling=1.0)
    told = [subject for subject, _ in cost_within_ceiling([_ADDRESS, _GATEWAY], facts)]
    assert told == [_GATEWAY]


def test_a_pool_without_end_has_more_nodes_than_a_pool_may() -> None:
    props = {"instanceTypes": ["g6.xlarge"], "scalingConfig": {"maxSize": float("inf")}}
    found = judge().resource(Subject("aws:eks/nodeGroup:NodeGroup", "gpu", props))
    told = [f.said for f in found if isinstance(f, Violation) and f.rule.id == "gpu-pools-limited"]
    assert told == ["NodeGroup gpu: may have inf nodes with accelerators, more than 64: lower scalingConfig.maxSize"]
