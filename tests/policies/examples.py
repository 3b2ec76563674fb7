"""The examples of all rules, and who judges them."""

from __future__ import annotations

import datetime
from functools import cache
from pathlib import Path

from groundwork.policy.example import Example
from groundwork.policy.exemptions import Exemptions
from groundwork.policy.judge import Judge
from policies.examples import load_examples
from policies.pack import judge as judge_of

ROOT = Path(__file__).parents[2]
TODAY = datetime.date(2026, 11, 22)


@cache
def judge(environment: str = "prod") -> Judge:
    """Return who judges an environment by all rules, without exemptions."""
    found = judge_of(ROOT, {"groundwork:environment": environment}, TODAY)
    return Judge(found.rules, found.facts, Exemptions((), (), TODAY))


def examples() -> list[Example]:
    """Return every rule's examples."""
    return list(load_examples())
