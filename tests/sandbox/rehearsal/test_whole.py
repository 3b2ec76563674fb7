"""What an environment's stacks may cost together is judged where all of them are known, though each alone is fine."""

from __future__ import annotations

from pathlib import Path

import pytest

from groundwork.core.project import load_project
from groundwork.policy.judge import Undecided
from groundwork.policy.planned import judge_of
from groundwork.policy.subject import Subject
from groundwork.policy.values import marked
from groundwork.preview.ceiling import ceiling
from groundwork.preview.cost import Paid, estimate
from groundwork.preview.prices import own_prices
from groundwork.sandbox.engine.outcome import Outcome
from groundwork.sandbox.rehearsal.changes import judge_whole

ROOT = Path(__file__).parents[3]
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
GATEWAY = "aws:ec2/natGateway:NatGateway"


def _gateways(stack: str, share: float) -> list[Subject]:
    """Return gateways that cost this share of what prod may cost."""
    most = ceiling(ROOT, "prod")
    assert most is not None
    each = estimate([Paid(GATEWAY, "one", {})], own_prices()).most
    return [Subject(GATEWAY, f"{stack}-{n}", {}, f"urn:{stack}:{n}") for n in range(int(share * most / each) + 1)]


def test_what_is_unknown_of_one_stack_does_not_hide_the_sum_of_all() -> None:
    """Of one stack alone it could not be decided, and the others are too dear whatever it comes to."""
    unknown = Subject("aws:rds/instance:Instance", "rds", marked({"instanceClass": UNKNOWN, "allocatedStorage": 100}))
    stacks = {"prod-foundation": [*_gateways("a", 0.6), unknown], "prod-platform": _gateways("b", 0.6)}
    judge = judge_of(ROOT, load_project(ROOT).stack("prod-platform"))
    assert judge is not None
    alone = [each for each in judge.stack(stacks["prod-foundation"]) if each.rule.id == "cost-within-ceiling"]
    assert [type(each) for each in alone] == [Undecided]
    outcome = Outcome()
    judge_whole(ROOT, load_project(ROOT).stack("prod-platform"), stacks, outcome)
    assert [found.policy for found in outcome.violations] == ["cost-within-ceiling"]


@pytest.mark.parametrize(
    ("shares", "told"),
    [((0.6, 0.6), 1), ((0.3, 0.3), 0), ((1.2, 0.1), 0), ((1.2,), 0)],
    ids=["dear together", "fine together", "one tells it by itself", "only one"],
)
def test_stacks_that_are_too_dear_together_are_refused_once(shares: tuple[float, ...], told: int) -> None:
    names = ["prod-foundation", "prod-platform"][: len(shares)]
    stacks = {name: _gateways(name, share) for name, share in zip(names, shares, strict=True)}
    outcome = Outcome()
    refused = judge_whole(ROOT, load_project(ROOT).stack("prod-platform"), stacks, outcome)
    assert [found.policy for found in outcome.violations] == ["cost-within-ceiling"] * told
    assert [found.level for found in outcome.violations] == ["mandatory"] * told
    if told:
        first, line = refused.splitlines()
        assert first == "prod-foundation, prod-platform are refused together:"
        assert line.startswith("- cost-within-ceiling: NatGateway prod-") or "prod: costs" in line
        assert line.endswith("lower them, or raise budget.monthlyUsd")
    else:
        assert refused == ""
