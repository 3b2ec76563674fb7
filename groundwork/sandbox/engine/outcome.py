"""What came of one run of the engine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from groundwork.policy.facts import Action
from groundwork.policy.planned import Use
from groundwork.sandbox.engine.events import Checked, Diagnostic, Event, Moment, Step, Summary, Unjudged, Violation

# Ops that leave a resource as it is.
UNCHANGED = frozenset({"same", "read", "refresh", "discard", "read-discard"})
# Ops after which a resource is not what it was: `Change`'s word for each.
LOSING: Mapping[str, Action] = {
    "create-replacement": "replace",
    "delete": "delete",
    "delete-replaced": "replace",
    "replace": "replace",
}


def all_refused(outcomes: Iterable[Outcome]) -> bool:
    """Return whether what failed did so for nothing but what the user gave, which the program refused."""
    failed = [outcome for outcome in outcomes if not outcome.succeeded]
    return bool(failed) and all(outcome.refused for outcome in failed)


def telling(error: Diagnostic) -> bool:
    """Return whether an error says what is wrong: not that the run failed, nor what was stopped for that."""
    return error.message not in ("preview failed", "update failed") and not error.message.endswith("context canceled")


@dataclass
class Outcome:
    """Everything that the engine told, and how it ended.

    Attributes:
        seconds: from the engine's start to its end.
        first_step: seconds until the first resource was reached: start of the engine, the host and the program.
        code: the engine's exit code; None while it runs.
        changes: op -> number of resources; empty where the engine did not get that far.
        steps: the last step of each resource, in the order in which they were reached.
        lost: the first step of each resource that is replaced or deleted.
        approved: of those, by URN: by whom, until when and why somebody let it be.
        uses: what became of each approval that counts in the environment, by how messages call it.
        failed: steps that failed.
        checked: policy -> number of resources that it was checked on.
        unjudged: each policy that reads of a resource what only an update makes known.
        refused: what the program refuses of what the user gave it, a sentence each; no resource was asked for then.
        output: the last lines that the engine printed, for a failure that it told nowhere else.
    """

    seconds: float = 0.0
    first_step: float | None = None
    code: int | None = None
    changes: dict[str, int] = field(default_factory=dict)
    steps: dict[str, Step] = field(default_factory=dict)
    lost: dict[str, Step] = field(default_factory=dict)
    approved: dict[str, str] = field(default_factory=dict)
    uses: dict[str, Use] = field(default_factory=dict)
    failed: list[Step] = field(default_factory=list)
    errors: list[Diagnostic] = field(default_factory=list)
    warnings: list[Diagnostic] = field(default_factory=list)
    messages: list[Diagnostic] = field(default_factory=list)
    violations: list[Violation] = field(default_factory=list)
    checked: Counter[str] = field(default_factory=Counter)
    unjudged: list[Unjudged] = field(default_factory=list)
    refused: tuple[str, ...] = ()
    output: str = ""

    def add(self, event: Event, elapsed: float) -> None:
        """Take in an event that came `elapsed` seconds after the start."""
        if isinstance(event, Step):
            if self.first_step is None:
                self.first_step = elapsed
            self.steps[event.urn] = event
            if event.op in LOSING:
                first = self.lost.setdefault(event.urn, event)
                # Why it is replaced, only one of its steps says.
                self.lost[event.urn] = replace(first, keys=first.keys or event.keys)
            if event.moment is Moment.FAILED:
                self.failed.append(event)
        elif isinstance(event, Diagnostic):
            kind = {"error": self.errors, "warning": self.warnings}.get(event.severity, self.messages)
            if event not in kind:
                kind.append(event)
        elif isinstance(event, Violation):
            self.violations.append(event)
        elif isinstance(event, Unjudged):
            self.unjudged.append(event)
            # The engine counts it as failed, too.
            self.checked[f"{event.pack}/{event.policy}"] -= 1
        elif isinstance(event, Checked):
            self.checked.update(f"{event.pack}/{policy}" for policy in (*event.passed, *event.failed))
        elif isinstance(event, Summary):
            self.changes = event.changes

    @property
    def succeeded(self) -> bool:
        """Whether the engine says so."""
        return self.code == 0

    @property
    def resources(self) -> int:
        """How many resources there are after the run, or would be."""
        return sum(n for op, n in self.changes.items() if op not in ("delete", "discard", "read-discard"))

    @property
    def changed(self) -> int:
        """How many resources were changed, or would be."""
        return sum(n for op, n in self.changes.items() if op not in UNCHANGED)

    @property
    def stopped_by_policies(self) -> bool:
        """Whether nothing but policies forbids it: then a preview got to its end."""
        return not self.succeeded and bool(self.mandatory) and not self.failed and not any(map(telling, self.errors))

    @property
    def mandatory(self) -> list[Violation]:
        """The violations that forbid the deployment."""
        return [violation for violation in self.violations if violation.level == "mandatory"]
