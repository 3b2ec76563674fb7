"""What a rule is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Subject:
    """One resource, as a rule sees it.

    Attributes:
        type: its token: "aws:s3/bucket:Bucket".
        props: its properties, camelCase. Reading one that is unknown in a preview raises the SDK's own error,
            which makes the verdict "not decidable at preview".
        references: property -> URNs of the resources that its value comes from.
    """

    type: str
    name: str
    props: Mapping[str, Any]
    urn: str = ""
    references: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Violation:
    """What is wrong: one sentence with the resource, the value and the remedy."""

    rule: str
    subject: Subject
    message: str


ResourceCheck = Callable[[Subject], Iterator[str]]
StackCheck = Callable[[Sequence[Subject]], Iterator[tuple[Subject, str]]]


@dataclass(frozen=True)
class ResourceRule:
    """A rule over one resource.

    Attributes:
        id: how exemptions and reports name it.
        control: the standard that it serves.
        types: beginnings of the tokens that it judges.
        check: yields a sentence for each thing that is wrong.
    """

    id: str
    control: str
    types: tuple[str, ...]
    check: ResourceCheck

    def judge(self, subject: Subject) -> Iterator[Violation]:
        """Judge one resource."""
        if subject.type.startswith(self.types):
            yield from (Violation(self.id, subject, message) for message in self.check(subject))


@dataclass(frozen=True)
class StackRule:
    """A rule over a whole stack: what one resource needs of another. `types`: beginnings of the tokens it looks at."""

    id: str
    control: str
    types: tuple[str, ...]
    check: StackCheck

    def judge(self, subjects: Sequence[Subject]) -> Iterator[Violation]:
        """Judge all resources of a stack."""
        yield from (Violation(self.id, subject, message) for subject, message in self.check(subjects))


RESOURCE_RULES: dict[str, ResourceRule] = {}
STACK_RULES: dict[str, StackRule] = {}


def resource_rule(rule_id: str, *, control: str, types: tuple[str, ...]) -> Callable[[ResourceCheck], ResourceCheck]:
    """Make a function a rule over one resource."""

    def register(check: ResourceCheck) -> ResourceCheck:
        if rule_id in RESOURCE_RULES or rule_id in STACK_RULES:
            raise ValueError(f"two rules are called {rule_id}")
        RESOURCE_RULES[rule_id] = ResourceRule(rule_id, control, types, check)
        return check

    return register


def stack_rule(rule_id: str, *, control: str, types: tuple[str, ...]) -> Callable[[StackCheck], StackCheck]:
    """Make a function a rule over a stack."""

    def register(check: StackCheck) -> StackCheck:
        if rule_id in RESOURCE_RULES or rule_id in STACK_RULES:
            raise ValueError(f"two rules are called {rule_id}")
        STACK_RULES[rule_id] = StackRule(rule_id, control, types, check)
        return check

    return register


def items(value: Any) -> list[Any]:
    """Return a list property's items; one object where the provider takes a single block; none for nothing."""
    if value is None:
        return []
    if isinstance(value, Sequence) and not isinstance(value, str):
        return list(value)
    return [value]
