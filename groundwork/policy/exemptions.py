"""Exemptions and approvals: who may break which rule, why, and until when."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from pydantic import Field, ValidationError

from groundwork.core import yamlfile
from groundwork.core.config import Config, sentences
from groundwork.core.errors import StackError, closest
from groundwork.policy.facts import Approval, Reason
from groundwork.policy.subject import Subject

FILE = Path("policies/exemptions.yaml")
SOON = datetime.timedelta(days=30)
"""How long before its last day an exemption is told: it takes a while to mend what it is for."""


class Exemption(Config):
    """One exemption.

    Attributes:
        rule: whose id.
        resources: patterns of labels: "DaemonSet kube-system/*". Only what matches one is exempt.
        chart: only objects that this chart renders; None for the program's own too.
        environments: where it counts; empty for everywhere.
        owner: who answers for it.
        reason: why the rule does not serve here.
        until: the last day on which it counts.
    """

    rule: str
    resources: tuple[str, ...] = Field(min_length=1)
    chart: str | None = None
    environments: tuple[str, ...] = ()
    owner: Reason
    reason: Reason
    until: datetime.date

    def covers(self, rule_id: str, subject: Subject, environment: str) -> bool:
        """Return whether it is about this rule on this resource here, whatever the day."""
        return (
            rule_id == self.rule
            and (not self.environments or environment in self.environments)
            and (self.chart is None or subject.origin.partition(" ")[0] == self.chart)
            and any(fnmatchcase(subject.label, pattern) for pattern in self.resources)
        )


class _File(Config):
    exemptions: tuple[Exemption, ...] = ()
    approvals: tuple[Approval, ...] = ()


@dataclass(frozen=True)
class Exemptions:
    """What the file says, and what day it is."""

    entries: Sequence[Exemption]
    approvals: Sequence[Approval]
    today: datetime.date

    def of(self, rule_id: str, subject: Subject, environment: str) -> tuple[Exemption | None, Exemption | None]:
        """Return the exemption that counts, and, where none does, one that has expired."""
        covering = [entry for entry in self.entries if entry.covers(rule_id, subject, environment)]
        valid = [entry for entry in covering if entry.until >= self.today]
        if valid:
            return max(valid, key=lambda entry: entry.until), None
        return None, max(covering, key=lambda entry: entry.until, default=None)

    def counting(self, environment: str) -> list[Exemption]:
        """Return those that count in an environment today."""
        here = [entry for entry in self.entries if not entry.environments or environment in entry.environments]
        return [entry for entry in here if entry.until >= self.today]

    @property
    def ending(self) -> list[str]:
        """A sentence for each exemption that counts yet and ends soon."""
        return [f"{what} ends on {day}" for what, day in self._told() if self.today <= day <= self.today + SOON]

    @property
    def expired(self) -> list[str]:
        """A sentence for each exemption and approval whose last day is over."""
        said = self._told()
        said += [(f"the approval of {one.owner} to {one.action} {one.resource}", one.until) for one in self.approvals]
        return [f"{what} ended on {until}" for what, until in said if until < self.today]

    def _told(self) -> list[tuple[str, datetime.date]]:
        """Return how messages call each exemption, and its last day."""
        return [
            (f"the exemption of {entry.owner} from {entry.rule} for {', '.join(entry.resources)}", entry.until)
            for entry in self.entries
        ]


def approved(root: Path, environment: str, today: datetime.date) -> frozenset[str]:
    """Return the labels of what may be replaced or deleted in an environment today.

    Raises:
        StackError: all that is wrong with the file.
    """
    if not (root / FILE).exists():
        return frozenset()
    found = _read(root)[1].approvals
    return frozenset(entry.resource for entry in found if entry.environment == environment and entry.until >= today)


def _read(root: Path) -> tuple[yamlfile.Document, _File]:
    document = yamlfile.read(root / FILE)
    try:
        return document, _File.model_validate(document.data or {})
    except ValidationError as error:
        raise StackError(sentences(error, document.path.name, _File)) from None


def load_exemptions(root: Path, rules: Sequence[str], today: datetime.date) -> Exemptions:
    """Read the project's exemptions; none where there is no file.

    Raises:
        StackError: all that is wrong with the file.
    """
    if not (root / FILE).exists():
        return Exemptions((), (), today)
    document, read = _read(root)
    problems = [
        f"{document.at('exemptions', index, 'rule')}: {entry.rule!r} is no rule; {closest(entry.rule, rules)}"
        for index, entry in enumerate(read.exemptions)
        if entry.rule not in rules
    ]
    if problems:
        raise StackError(problems)
    return Exemptions(read.exemptions, read.approvals, today)
