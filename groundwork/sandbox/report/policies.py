"""What the policy pack said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from groundwork.sandbox.engine.events import STACK_TYPE, Unjudged, Violation
from groundwork.sandbox.engine.outcome import Outcome
from groundwork.sandbox.urns import name_of, short_type, type_of


@dataclass(frozen=True)
class PolicyRow:
    """One policy: on how many resources it was checked, what breaks it, and what is judged in an update only."""

    policy: str
    checked: int
    violations: tuple[Violation, ...]
    unjudged: tuple[Unjudged, ...] = ()

    @property
    def mandatory(self) -> int:
        """How many violations forbid the deployment."""
        return sum(violation.level == "mandatory" for violation in self.violations)

    @property
    def exempt(self) -> int:
        """How many violations somebody took on."""
        return sum(violation.exempt for violation in self.violations)

    @property
    def broken(self) -> int:
        """How many nobody took on."""
        return len(self.violations) - self.exempt


def policy_rows(outcomes: Iterable[Outcome]) -> list[PolicyRow]:
    """Return a row for each policy, those that are broken first."""
    checked: Counter[str] = Counter()
    unjudged: dict[str, list[Unjudged]] = {}
    broken: dict[str, list[Violation]] = {}
    for outcome in outcomes:
        checked.update(outcome.checked)
        for each in outcome.unjudged:
            unjudged.setdefault(f"{each.pack}/{each.policy}", []).append(each)
        for violation in outcome.violations:
            broken.setdefault(f"{violation.pack}/{violation.policy}", []).append(violation)
    rows = [
        PolicyRow(policy, checked[policy], tuple(broken.get(policy, ())), tuple(unjudged.get(policy, ())))
        for policy in sorted({*checked, *broken, *unjudged})
    ]
    return sorted(rows, key=lambda row: (-row.mandatory, -row.broken))


def subject_of(found: Violation | Unjudged) -> str:
    """Return the resource that a policy judges, as `Kind name`; the stack where it is the whole."""
    if found.urn.count("::") < 3 or type_of(found.urn) == STACK_TYPE:
        return "the stack"
    return f"{short_type(type_of(found.urn))} {name_of(found.urn)}"


def sentence(violation: Violation) -> str:
    """Return what is wrong with which resource, as exemptions name it: most messages do so themselves."""
    subject = subject_of(violation)
    named = subject == "the stack" or violation.message.startswith(f"{subject.partition(' ')[0]} ")
    return violation.message if named else f"{subject}: {violation.message}"
