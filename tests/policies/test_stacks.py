"""The platform's own stacks keep their rules: nothing is refused anywhere, and nothing unknown is advised."""

from __future__ import annotations

import datetime
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import cache

import pytest

from groundwork.policy.exemptions import Exemption
from groundwork.policy.judge import Finding, Undecided, Violation
from groundwork.testing import record
from policies.pack import judge
from tests.environments import PROJECT, recorded
from tests.policies.examples import ROOT
from tests.policies.graphs import subjects

ADVISED = {"images-by-digest"}
"""None of the images that our own workloads name has a known digest yet."""

FIRST_OF_SEVERAL = [
    stacks[0].name
    for stacks in (PROJECT.environment(name) for name in sorted(PROJECT.environments))
    if len(stacks) > 1 and not stacks[0].imports
]


@cache
def _found(environment: str) -> list[Finding]:
    profile = PROJECT.environment(environment)[0].profile_name
    settings = {"groundwork:environment": environment, "groundwork:profile": profile}
    return list(judge(ROOT, settings).all(subjects(recorded(environment))))


@pytest.mark.parametrize("environment", sorted(PROJECT.environments))
def test_nothing_of_a_stack_is_refused(environment: str) -> None:
    refused = [f.said for f in _found(environment) if isinstance(f, Violation) and f.level == "refuse"]
    assert refused == []


@pytest.mark.parametrize("environment", sorted(PROJECT.environments))
def test_all_of_a_stack_is_judged_and_what_is_advised_is_known(environment: str) -> None:
    found = _found(environment)
    assert [finding.said for finding in found if isinstance(finding, Undecided)] == []
    advised = {f.rule.id for f in found if isinstance(f, Violation) and not f.exemption}
    assert advised <= ADVISED


@pytest.mark.parametrize("name", FIRST_OF_SEVERAL)
def test_nothing_is_refused_where_the_engine_sees_one_stack_alone(name: str) -> None:
    """What another stack makes says nothing of this one's: a bucket gets logs of buckets that are not in sight."""
    stack = PROJECT.stack(name)
    settings = {"groundwork:environment": stack.environment, "groundwork:profile": stack.profile_name}
    found = judge(ROOT, settings).all(subjects(record(stack, root=ROOT)))
    assert [f.said for f in found if isinstance(f, Violation) and f.level == "refuse"] == []


def test_an_exemption_of_what_the_program_makes_covers_something() -> None:
    """What is mended leaves its entry behind, and whoever breaks it again is told nothing.

    Of objects that charts render only what the real ones have says so, and not every machine has those.
    """
    kept, today = judge(ROOT, {"groundwork:environment": "prod"}).exemptions, datetime.date.max
    there = {
        subject.label
        for environment in PROJECT.environments
        for subject in subjects(recorded(environment))
        if subject.kind == "Namespace"
    }
    broken = {
        (found.rule.id, found.subject.label)
        for environment in PROJECT.environments
        for found in _found(environment)
        if isinstance(found, Violation)
    }
    assert any(fnmatchcase(label, pattern) for entry in kept.entries for pattern in entry.resources for label in there)
    assert kept.unused(there, broken) == []
    mended = Exemption(
        rule="closed-namespaces", resources=("Namespace mlflow",), owner="ada", reason="was open", until=today
    )
    assert replace(kept, entries=[mended]).unused(there, broken) == [
        "the exemption of ada from closed-namespaces covers nothing by Namespace mlflow: take it out"
    ]
