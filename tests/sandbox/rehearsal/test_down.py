"""What a destroy tells of its order."""

from __future__ import annotations

from groundwork.sandbox.engine.events import Moment, Step
from groundwork.sandbox.rehearsal.down import order_of

_STACK = "urn:pulumi:dev::lab::pulumi:pulumi:Stack::lab-dev"


def _urn(kind: str, name: str) -> str:
    return f"urn:pulumi:dev::lab::{kind}::{name}"


def test_components_are_told_in_the_order_in_which_the_first_of_their_own_went() -> None:
    """The engine forgets a component, which is nothing itself, and its providers at any time; roles go last."""
    network, pools = _urn("groundwork:component:Network", "network"), _urn("groundwork:component:Pools", "pools")
    told = [
        (network, _STACK, False, "delete"),
        (_urn("aws:eks/nodeGroup:NodeGroup", "pools-general"), pools, True, "delete"),
        (_urn("pulumi:providers:kubernetes", "groundwork-dev-eks"), _STACK, True, "delete"),
        (_urn("aws:ec2/vpc:Vpc", "network-vpc"), network, True, "delete"),
        (_urn("aws:iam/role:Role", "pools-node"), pools, True, "delete"),
        (pools, _STACK, False, "delete"),
        (_urn("aws:kms/key:Key", "kept-key"), _STACK, True, "same"),
    ]
    steps = {urn: Step(Moment.DONE, op, urn, "", parent, custom=custom) for urn, parent, custom, op in told}
    assert order_of(steps) == ["pools", "network"]
