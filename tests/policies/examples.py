"""The examples of all rules, and who judges them."""

from __future__ import annotations

import datetime
import importlib
import pkgutil
from functools import cache
from pathlib import Path

import policies.examples
from groundwork.policy.example import Example
from groundwork.policy.exemptions import Exemptions
from groundwork.policy.judge import Judge
from policies.pack import judge as judge_of

ROOT = Path(__file__).parents[2]
TODAY = datetime.date(2026, 11, 22)


@cache
def judge(environment: str = "prod") -> Judge:
    """Return who judges an environment by all rules, without exemptions."""
    found = judge_of(ROOT, {"groundwork:environment": environment}, TODAY)
    return Judge(found.rules, found.facts, Exemptions((), (), TODAY))


@cache
def examples() -> list[Example]:
    """Return every rule's examples."""
    modules = [m.name for m in pkgutil.iter_modules(policies.examples.__path__) if not m.name.startswith("_")]
    return [example for name in modules for example in importlib.import_module(f"policies.examples.{name}").EXAMPLES]
