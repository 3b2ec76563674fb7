"""The pack: every rule of the modules here, and who judges by them."""

from __future__ import annotations

import datetime
import importlib
import pkgutil
from collections.abc import Mapping
from pathlib import Path

from groundwork.core.catalogue import load_catalogue
from groundwork.policy.exemptions import load_exemptions
from groundwork.policy.facts import Facts
from groundwork.policy.judge import Judge
from groundwork.policy.rule import RULES, Rules
from groundwork.preview.ceiling import ceiling

VERSION = "0.2.0"
_STRICTEST = "prod"


def load_rules() -> Rules:
    """Return all rules: each module of this package adds its own when it is imported."""
    import policies

    for module in pkgutil.iter_modules(policies.__path__):
        if not module.name.startswith("_") and module.name != "examples":
            importlib.import_module(f"policies.{module.name}")
    return RULES


def judge(root: Path, settings: Mapping[str, str], today: datetime.date | None = None) -> Judge:
    """Return who judges a stack of the project in `root`.

    Args:
        settings: the stack's configuration ("groundwork:environment" -> "dev") and its name ("stack"); without an
            environment it is judged as production.
        today: exemptions end by it; the day in UTC unless given.

    Raises:
        StackError: what is wrong with the exemptions' file or the catalogue.
    """
    rules = load_rules()
    day = today or datetime.datetime.now(datetime.UTC).date()
    exemptions = load_exemptions(root, list(rules.by_id), day, final=[rule.id for rule in rules if rule.final])
    environment = settings.get("groundwork:environment", _STRICTEST)
    facts = Facts(
        environment=environment,
        profile=settings.get("groundwork:profile", environment),
        catalogue=load_catalogue(root),
        today=day,
        ceiling=ceiling(root, environment),
        stack=settings.get("stack", ""),
        approvals=exemptions.approvals,
        expired=exemptions.expired,
        ending=exemptions.ending,
        settings=settings,
    )
    return Judge(rules, facts, exemptions)
