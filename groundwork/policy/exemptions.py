"""Exemptions and approvals: who may break which rule, why, and until when."""

from __future__ import annotations

import contextlib
import datetime
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationError

from groundwork.core import yamlfile
from groundwork.core.config import Config, located
from groundwork.core.errors import StackError, closest
from groundwork.core.project import environment_said
from groundwork.policy.facts import Approval, Reason
from groundwork.policy.subject import Subject

FILE = Path("policies/exemptions.yaml")
LONGEST = datetime.timedelta(days=366)
"""How far away an exemption's last day may be: what nobody looks at again has no end."""

LONGEST_APPROVAL = datetime.timedelta(days=31)
"""How far away an approval's last day may be: until then the engine's own protection is lifted."""

SOON = datetime.timedelta(days=30)
"""How long before its last day an exemption is told: it takes a while to mend what it is for."""

_Place = tuple[str | int, ...]
_KIND_AND_NAME = re.compile(r"[A-Za-z0-9]+ .*[A-Za-z0-9].*")


def _named(pattern: str) -> str:
    if not _KIND_AND_NAME.fullmatch(pattern):
        raise ValueError(f"must name a kind and a part of a name, such as Deployment lab/* (got {pattern!r})")
    return pattern


class Exemption(Config):
    """One exemption.

    Attributes:
        rule: whose id.
        resources: patterns of labels: "DaemonSet kube-system/*". Only what matches one is exempt; what matches all
            of a kind would not be an exemption.
        chart: only objects that this chart renders; None for the program's own too.
        environments: where it counts; empty for everywhere.
        owner: who answers for it.
        reason: why the rule does not serve here.
        until: the last day on which it counts.
    """

    rule: str
    resources: tuple[Annotated[str, AfterValidator(_named)], ...] = Field(min_length=1)
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

    def unused(self, there: Collection[str], broken: Collection[tuple[str, str]]) -> list[str]:
        """Return a sentence for each pattern of an exemption whose resources keep the rule: it was mended.

        Of what there is not nobody knows: a component that no environment has would need its exemption.

        Args:
            there: labels of resources, of which all that is wrong is in `broken`.
            broken: the id of the rule and the label of the resource of each violation.
        """
        return [
            f"the exemption of {entry.owner} from {entry.rule} covers nothing by {pattern}: take it out"
            for entry in self.entries
            for pattern in entry.resources
            if any(fnmatchcase(label, pattern) for label in there)
            and not any(rule == entry.rule and fnmatchcase(label, pattern) for rule, label in broken)
        ]

    @property
    def ending(self) -> list[str]:
        """A sentence for each exemption that counts yet and ends soon."""
        return [f"{what} ends on {day}" for what, day in self._days() if self.today <= day <= self.today + SOON]

    @property
    def expired(self) -> list[str]:
        """A sentence for each exemption and approval whose last day is over."""
        said = self._days()
        said += [(f"the approval of {one.owner} to {one.action} {one.resource}", one.until) for one in self.approvals]
        return [f"{what} ended on {until}" for what, until in said if until < self.today]

    def _days(self) -> list[tuple[str, datetime.date]]:
        """Return how messages call each exemption, and its last day."""
        return [
            (f"the exemption of {entry.owner} from {entry.rule} for {', '.join(entry.resources)}", entry.until)
            for entry in self.entries
        ]


def approved(root: Path, environment: str, today: datetime.date) -> frozenset[str]:
    """Return the labels of what may be replaced or deleted in an environment today.

    Raises:
        StackError: all that is wrong with the file, but for rules that there are none of.
    """
    if not (root / FILE).exists():
        return frozenset()
    found = _read(root, today).approvals
    return frozenset(entry.resource for entry in found if entry.counts(environment, today))


def load_exemptions(
    root: Path, rules: Sequence[str], today: datetime.date, *, final: Collection[str] = ()
) -> Exemptions:
    """Read the project's exemptions; none where there is no file.

    Args:
        final: those of the rules that nobody is exempt from.

    Raises:
        StackError: all that is wrong with the file.
    """
    if not (root / FILE).exists():
        return Exemptions((), (), today)
    read = _read(root, today, rules, final)
    return Exemptions(read.exemptions, read.approvals, today)


def _read(root: Path, today: datetime.date, rules: Sequence[str] | None = None, final: Collection[str] = ()) -> _File:
    try:
        document = yamlfile.read(root / FILE)
    except StackError as error:
        raise StackError(_below(problem) for problem in error.problems) from None
    found: list[tuple[_Place, str]] = []
    read = _File()
    try:
        read = _File.model_validate({} if document.data is None else document.data)
    except ValidationError as error:
        found = located(error, "", _File)
    if rules is not None:
        found += _wrong_rules(document.data, rules, final)
    found += _too_far(document.data, today)
    found += _unknown_environments(document.data, root)
    if found:
        # Alone it is for a rule to judge; beside what has to be mended anyway it is told with that.
        found += _ended(document.data, today)
        # In the order of the file; what is wrong with one entry stays together.
        found.sort(key=lambda each: document.line(*each[0]))
        raise StackError(_below(f"{document.at(*place)}: {problem}") for place, problem in found)
    return read


def _below(problem: str) -> str:
    return problem if problem.startswith(f"{FILE.parent}/") else f"{FILE.parent}/{problem}"


def _entries(data: Any, key: str) -> Iterator[tuple[_Place, Mapping[str, Any]]]:
    """Yield what can be read of a file in which something is wrong."""
    entries = data.get(key) if isinstance(data, Mapping) else None
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        if isinstance(entry, Mapping):
            yield (key, index), entry


def _wrong_rules(data: Any, rules: Sequence[str], final: Collection[str]) -> list[tuple[_Place, str]]:
    found = []
    for place, entry in _entries(data, "exemptions"):
        rule = entry.get("rule")
        if isinstance(rule, str) and rule not in rules:
            found.append(_told(place, "rule", f"{rule!r} is no rule; {closest(rule, rules)}"))
        elif rule in final:
            found.append(_told(place, "rule", f"nobody is exempt from {rule}: mend what it tells"))
    return found


def _unknown_environments(data: Any, root: Path) -> list[tuple[_Place, str]]:
    named = [
        (place, key, name)
        for kind, key in (("exemptions", "environments"), ("approvals", "environment"))
        for place, entry in _entries(data, kind)
        for name in ([entry.get(key)] if key == "environment" else entry.get(key) or ())
        if isinstance(name, str)
    ]
    if not named:
        return []
    said = {environment_said(path) for path in (root / "stacks").glob("Pulumi.*.yaml")}
    there = sorted(name for name in said if name)
    return [
        _told(place, key, f"{name!r} is no environment; {closest(name, there)}")
        for place, key, name in named
        if there and name not in there
    ]


def _told(place: _Place, key: str, problem: str) -> tuple[_Place, str]:
    return (*place, key), f"{'.'.join(map(str, place))}.{key}: {problem}"


def _ends(data: Any, kind: str) -> Iterator[tuple[_Place, datetime.date]]:
    for place, entry in _entries(data, kind):
        with contextlib.suppress(TypeError, ValueError):
            yield place, datetime.date.fromisoformat(entry.get("until") or "")


def _ended(data: Any, today: datetime.date) -> list[tuple[_Place, str]]:
    ends = [*_ends(data, "exemptions"), *_ends(data, "approvals")]
    return [_told(place, "until", f"ended on {until}") for place, until in ends if until < today]


def _too_far(data: Any, today: datetime.date) -> list[tuple[_Place, str]]:
    return [
        _told(place, "until", f"{until} is too far away: an {what} lasts {longest.days} days at most")
        for what, longest in (("exemption", LONGEST), ("approval", LONGEST_APPROVAL))
        for place, until in _ends(data, f"{what}s")
        if until - today > longest
    ]
