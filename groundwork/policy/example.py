"""Examples of rules: what is right, one field changed, and the sentence that follows. Tests and docs use them."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from groundwork.policy.facts import Change
from groundwork.policy.judge import Judge, Undecided
from groundwork.policy.rule import Rule
from groundwork.policy.subject import Subject

_FACTS = "facts."
REMOVED = object()
"""The value of an example that takes the field away."""

PROTECTED = "(protected)"
"""The path of an example that changes whether the engine refuses to delete the resource."""


@dataclass(frozen=True)
class Example:
    """One example of one rule.

    Attributes:
        rule: its id.
        valid: what it finds nothing wrong with: one resource, or several that belong together.
        path: the field that is changed, in the first of them: "spec.template.spec.containers.0.image". Empty where
            the others are taken away, and it stands alone; `PROTECTED` where the engine's protection is; and
            "facts.ceiling" where it is what the rule may know besides.
        value: what it is changed to.
        message: what the rule says then, alone.
        facts: what the rule may know besides, where it matters: names of `Facts`' attributes.
        change: for a rule over changes, which is asked about it before and after its `path` (an attribute) is changed.
    """

    rule: str
    valid: tuple[Subject, ...]
    path: str
    value: Any
    message: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    change: Change | None = None

    @property
    def broken(self) -> tuple[Subject, ...]:
        """The same with the one field changed."""
        first, *others = self.valid
        if self.path.startswith(_FACTS):
            return self.valid
        if not self.path:
            return (first,)
        if self.path == PROTECTED:
            return (replace(first, protected=self.value), *others)
        return (replace(first, props=changed(first.props, self.path, self.value)), *others)

    def messages(self, judge: Judge, rule: Rule, *, valid: bool) -> list[str]:
        """Return what a rule says of the valid or of the broken."""
        facts = dict(self.facts)
        if self.path.startswith(_FACTS) and not valid:
            facts[self.path.removeprefix(_FACTS)] = self.value
        alone = Judge([rule], replace(judge.facts, **facts), judge.exemptions)
        if self.change:
            one = self.change if valid else replace(self.change, **{self.path: self.value})
            found = list(alone.change(one))
        else:
            found = list(alone.all(self.valid if valid else self.broken))
        return [finding.said if isinstance(finding, Undecided) else finding.message for finding in found]


def one(type: str, props: Mapping[str, Any], *others: Subject, name: str = "it") -> tuple[Subject, ...]:
    """Return a resource of a type, and what belongs to it."""
    return (Subject(type, name, props, urn=f"urn:{name}"), *others)


def changed(props: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Return a copy in which one field is another."""
    copied: Any = copy.deepcopy(dict(props))
    *parents, last = path.split(".")
    inner = copied
    for step in parents:
        inner = inner[int(step)] if isinstance(inner, Sequence) else inner[step]
    key: Any = int(last) if isinstance(inner, Sequence) else last
    if value is REMOVED:
        del inner[key]
    else:
        inner[key] = value
    return copied  # type: ignore[no-any-return]
