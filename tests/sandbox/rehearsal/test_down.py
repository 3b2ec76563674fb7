"""What a destroy tells of its order."""

from __future__ import annotations

from groundwork.sandbox.engine.events import Moment, Step
from groundwork.sandbox.rehearsal.down import order_of

_STACK = "urn:pulumi:dev::lab::pulumi:pulumi:Stack::lab-dev"


def _urn(kind: str, name: str) -> str:
    return f"urn:pulumi:dev::lab::{kind}::{name}"


def test_a_component_stands_where_the_last_of_its_own_was_deleted() -> None:
    """The engine may forget a component, which is nothing itself, long before or after."""
    network, pools = _urn("groundwork:component:Network", "network"), _urn("groundwork:component:Pools", "pools")
    told = [
        (network, _STACK, False, "delete"),
        (_urn("aws:ec2/flowLog:FlowLog", "network-logs"), network, True, "delete"),
        (_urn("aws:eks/nodeGroup:NodeGroup", "pools-general"), pools, True, "delete"),
        (_urn("aws:ec2/vpc:Vpc", "network-vpc"), network, True, "delete"),
        (pools, _STACK, False, "delete"),
        (_urn("aws:kms/key:Key", "kept-key"), _STACK, True, "same"),
    ]
    steps = {urn: Step(Moment.DONE, op, urn, "", parent, custom=custom) for urn, parent, custom, op in told}
    assert order_of(steps) == ["pools", "network"]
