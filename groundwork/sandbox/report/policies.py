"""What the policy pack said."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from groundwork.sandbox.engine.events import Violation
from groundwork.sandbox.engine.outcome import Outcome


@dataclass(frozen=True)
class PolicyRow:
    """One policy: on how many resources it was checked, and what breaks it."""

    policy: str
    checked: int
    violations: tuple[Violation, ...]

    @property
    def mandatory(self) -> int:
        """How many violations forbid the deployment."""
        return sum(violation.level == "mandatory" for violation in self.violations)


def policy_rows(outcomes: Iterable[Outcome]) -> list[PolicyRow]:
    """Return a row for each policy, those that are broken first."""
    checked: dict[str, int] = {}
    broken: dict[str, list[Violation]] = {}
    for outcome in outcomes:
        for policy, count in outcome.checked.items():
            checked[policy] = checked.get(policy, 0) + count
        for violation in outcome.violations:
            broken.setdefault(f"{violation.pack}/{violation.policy}", []).append(violation)
    rows = [
        PolicyRow(policy, checked.get(policy, 0), tuple(broken.get(policy, ())))
        for policy in sorted({*checked, *broken})
    ]
    return sorted(rows, key=lambda row: (-row.mandatory, -len(row.violations)))


def subject_of(violation: Violation) -> str:
    """Return the resource that breaks a policy, as `Kind name`; the stack where it is the whole."""
    if violation.urn.count("::") < 3:
        return "the stack"
    _, _, kind, name = violation.urn.split("::", 3)
    return f"{kind.rpartition('$')[2].rpartition(':')[2]} {name}"
