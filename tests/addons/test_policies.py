"""What the platform itself puts into a cluster keeps the policies over Kubernetes."""

from __future__ import annotations

from groundwork.policy.judge import Judge, Violation
from groundwork.testing import Graph
from policies.pack import judge as judge_of
from tests.policies.examples import ROOT, TODAY, judge
from tests.policies.graphs import subjects


def test_no_object_of_the_platform_is_refused_in_prod(everything: Graph) -> None:
    """But for what the exemptions name; charts' own objects are judged where they are rendered."""
    kept = judge_of(ROOT, {"groundwork:environment": "prod"}, TODAY).exemptions
    rules = [rule for rule in judge().rules if all(type.startswith("kubernetes:") for type in rule.types)]
    mine = [subject for subject in subjects(everything) if subject.type.startswith("kubernetes:")]
    found = list(Judge(rules, judge().facts, kept).all(mine))
    assert [finding.said for finding in found if isinstance(finding, Violation) and finding.level == "refuse"] == []
    assert any(finding.exemption for finding in found if isinstance(finding, Violation))
