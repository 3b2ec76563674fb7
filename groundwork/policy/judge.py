"""Who judges: all rules over resources, with levels and exemptions."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from groundwork.policy import EXEMPT, UNDECIDED
from groundwork.policy.exemptions import Exemption, Exemptions
from groundwork.policy.facts import Change, Facts
from groundwork.policy.levels import Level, level
from groundwork.policy.rule import Rule, Rules
from groundwork.policy.subject import Subject
from groundwork.policy.values import UndecidableError, holds

HIDDEN = "[secret]"
_SHORTEST_SECRET = 4


@dataclass(frozen=True)
class Violation:
    """What is wrong, and what that does here.

    Attributes:
        message: one sentence with the resource, the value and the remedy.
        level: "refuse" forbids the deployment.
        exemption: whoever took it on; its level is then "advise".
        expired: the exemption that would have covered it until its last day.
    """

    rule: Rule
    subject: Subject
    message: str
    level: Level
    exemption: Exemption | None = None
    expired: Exemption | None = None

    @property
    def said(self) -> str:
        """The message, with what became of its exemption."""
        if self.exemption:
            return f"{self.message} {EXEMPT}{self.exemption.until}, {self.exemption.owner}: {self.exemption.reason})"
        if self.expired:
            return f"{self.message} (the exemption of {self.expired.owner} ended on {self.expired.until})"
        return self.message


@dataclass(frozen=True)
class Undecided:
    """A rule that could not be judged: what it reads is known only in an update.

    Attributes:
        path: the unknown property; empty where the subject is a double's, which does not show what the rule reads.
    """

    rule: Rule
    subject: Subject | None
    path: str

    @property
    def said(self) -> str:
        """The sentence that reports show."""
        of = f"{self.subject.label}: " if self.subject else ""
        if not self.path:
            return f"{of}not decidable on a double: the mirror does not have the chart"
        return f"{of}{UNDECIDED}: {self.path} is known only in an update"


Finding = Violation | Undecided


class Judge:
    """All rules of a pack, with what they may know."""

    def __init__(self, rules: Rules | Iterable[Rule], facts: Facts, exemptions: Exemptions) -> None:
        self.rules = list(rules)
        self.facts = facts
        self.exemptions = exemptions
        self._over: dict[str, list[Rule]] = {}

    def over(self, type: str) -> list[Rule]:
        """Return the rules that judge single resources of a type."""
        found = self._over.get(type)
        if found is None:
            found = [rule for rule in self.rules if rule.resource and type.startswith(rule.types)]
            self._over[type] = found
        return found

    @property
    def stack_rules(self) -> list[Rule]:
        """The rules over what one resource needs of another."""
        return [rule for rule in self.rules if rule.stack]

    @cached_property
    def together(self) -> tuple[str, ...]:
        """Beginnings of the types that those rules judge."""
        return tuple(dict.fromkeys(prefix for rule in self.stack_rules for prefix in rule.types))

    def resource(self, subject: Subject) -> Iterator[Finding]:
        """Judge one resource by itself."""
        for rule in self.over(subject.type):
            assert rule.resource  # noqa: S101 - `over` chose by it
            try:
                for message in rule.resource(subject, self.facts):
                    yield self._violation(rule, subject, message)
            except UndecidableError as unknown:
                yield Undecided(rule, subject, unknown.path)

    def stack(self, subjects: Sequence[Subject]) -> Iterator[Finding]:
        """Judge all resources of a stack together."""
        yield from self._together(self.stack_rules, subjects)

    def whole(self, stacks: Sequence[Sequence[Subject]]) -> Iterator[Finding]:
        """Judge the resources of an environment's stacks together, by the rules for which each alone is not enough.

        A rule that one stack breaks by itself is not asked again.
        """
        rules = [rule for rule in self.stack_rules if rule.whole]
        found = [each for one in stacks for each in self._together(rules, one)]
        broken = {each.rule.id for each in found if isinstance(each, Violation)}
        remaining = [rule for rule in rules if rule.id not in broken]
        yield from self._together(remaining, [subject for one in stacks for subject in one])

    def _together(self, rules: Sequence[Rule], subjects: Sequence[Subject]) -> Iterator[Finding]:
        for rule in rules:
            yield from self._between(rule, [subject for subject in subjects if subject.type.startswith(rule.types)])

    def _between(self, rule: Rule, subjects: Sequence[Subject]) -> Iterator[Finding]:
        """Judge by one rule; what of some resources is unknown leaves the others judged.

        Those that the rule cannot read come last, so that it says first what hangs on none of them. What it says only
        without them might not be so with them: that is not decidable either.
        """
        assert rule.stack  # noqa: S101 - whoever asks chose by it
        known, unknown = list(subjects), list[tuple[Subject, str]]()
        told = set[tuple[int, str]]()
        while True:
            try:
                for subject, message in rule.stack([*known, *(whose for whose, _ in unknown)], self.facts):
                    if (id(subject), message) not in told:
                        told.add((id(subject), message))
                        yield self._violation(rule, subject, message)
                return
            except UndecidableError as error:
                whose = next((subject for subject in known if holds(subject.props, error.holder)), None)
                if whose is None and not unknown:
                    yield Undecided(rule, None, error.path)
                    return
                if whose is None:
                    break
                yield Undecided(rule, whose, error.path)
                unknown.append((whose, error.path))
                known = [subject for subject in known if subject is not whose]
        first, path = unknown[0]
        doubtful: dict[int, Subject] = {}
        with contextlib.suppress(UndecidableError):
            for subject, message in rule.stack(known, self.facts):
                if (id(subject), message) not in told:
                    doubtful[id(subject)] = subject
        for subject in doubtful.values():
            yield Undecided(rule, subject, f"{path} of {first.label}")

    def all(self, subjects: Sequence[Subject]) -> Iterator[Finding]:
        """Judge resources one by one, and together."""
        for subject in subjects:
            yield from self.resource(subject)
        yield from self.stack(subjects)

    def change(self, change: Change) -> Iterator[Finding]:
        """Judge a planned replacement or deletion."""
        subject = Subject(change.type, change.name, change.old, change.urn, protected=change.protected)
        for rule in self.rules:
            if rule.change and change.type.startswith(rule.types):
                for message in rule.change(change, self.facts):
                    yield self._violation(rule, subject, message)

    def _violation(self, rule: Rule, subject: Subject, message: str) -> Violation:
        for secret in subject.secrets:
            if len(secret) >= _SHORTEST_SECRET:
                message = message.replace(secret, HIDDEN)
        valid, expired = self.exemptions.of(rule.id, subject, self.facts.environment)
        found: Level = "advise" if valid else level(rule, self.facts.profile)
        return Violation(rule, subject, message, found, valid, expired)
