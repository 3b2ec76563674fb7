"""What the policy pack said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from groundwork.sandbox.engine.events import Violation
from groundwork.sandbox.engine.outcome import Outcome
from groundwork.sandbox.urns import name_of, short_type, type_of


@dataclass(frozen=True)
class PolicyRow:
    """One policy: on how many resources it was checked, what breaks it, and how many are judged in an update only."""

    policy: str
    checked: int
    violations: tuple[Violation, ...]
    unjudged: int = 0

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
    unjudged: Counter[str] = Counter()
    broken: dict[str, list[Violation]] = {}
    for outcome in outcomes:
        checked.update(outcome.checked)
        unjudged.update(outcome.unjudged)
        for violation in outcome.violations:
            broken.setdefault(f"{violation.pack}/{violation.policy}", []).append(violation)
    rows = [
        PolicyRow(policy, checked[policy], tuple(broken.get(policy, ())), unjudged[policy])
        for policy in sorted({*checked, *broken})
    ]
    return sorted(rows, key=lambda row: (-row.mandatory, -row.broken))


def subject_of(violation: Violation) -> str:
    """Return the resource that breaks a policy, as `Kind name`; the stack where it is the whole."""
    if violation.urn.count("::") < 3:
        return "the stack"
    return f"{short_type(type_of(violation.urn))} {name_of(violation.urn)}"
