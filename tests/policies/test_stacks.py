"""The platform's own stacks keep their rules: nothing is refused anywhere, and production needs no advice but one."""

from __future__ import annotations

import pytest

from groundwork.policy.judge import Finding, Undecided, Violation
from policies.pack import judge
from tests.environments import PROJECT, recorded
from tests.policies.examples import ROOT
from tests.policies.graphs import subjects

ADVISED = {"images-by-digest"}
"""None of the images that our own workloads name has a known digest yet."""


def _found(environment: str) -> list[Finding]:
    profile = PROJECT.environment(environment)[0].profile_name
    settings = {"groundwork:environment": environment, "groundwork:profile": profile}
    return list(judge(ROOT, settings).all(subjects(recorded(environment))))


@pytest.mark.parametrize("environment", sorted(PROJECT.environments))
def test_nothing_of_a_stack_is_refused(environment: str) -> None:
    refused = [f.said for f in _found(environment) if isinstance(f, Violation) and f.level == "refuse"]
    assert refused == []


@pytest.mark.parametrize("environment", ["prod", "staging"])
def test_where_rules_refuse_all_is_judged_and_what_is_advised_is_known(environment: str) -> None:
    found = _found(environment)
    assert [finding.said for finding in found if isinstance(finding, Undecided)] == []
    advised = {f.rule.id for f in found if isinstance(f, Violation) and not f.exemption}
    assert advised <= ADVISED
