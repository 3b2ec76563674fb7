"""What a rule is, and how a function becomes one."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NotRequired, TypedDict, Unpack

from groundwork.policy.facts import Change, Facts
from groundwork.policy.subject import Subject
from groundwork.policy.terms import Demand, broken

Severity = Literal["low", "medium", "high", "critical"]

ResourceCheck = Callable[[Subject, Facts], Iterator[str]]
StackCheck = Callable[[Sequence[Subject], Facts], Iterator[tuple[Subject, str]]]
ChangeCheck = Callable[[Change, Facts], Iterator[str]]
Demands = Callable[[], Iterator[Demand]]


@dataclass(frozen=True)
class Rule:
    """One rule: exactly one of `resource`, `stack` and `change` is its check.

    Attributes:
        id: how exemptions and reports name it.
        title: what holds, in one sentence.
        why: what happens where it does not.
        severity: how bad a violation is; a critical one is refused in every environment.
        controls: the standards that it serves: "CIS EKS 5.4.1", or "Groundwork: ..." where the rule is our own.
        types: beginnings of the types that it judges.
        resource: yields a sentence for each thing that is wrong with one resource.
        stack: yields a resource and a sentence for each thing that is wrong between resources.
        change: yields a sentence for each thing that is wrong with a planned change of a resource.
        home: the module that defines it.
        needs_chart: whether it reads what a double does not show: what our values turn on, a ConfigMap's texts.
        final: whether nobody can be exempt from it.
        whole: whether the stacks of an environment are judged by it together too, wherever all of them are known.
        demands: the same as `resource`, in terms that the cluster's admission can be told too.
    """

    id: str
    title: str
    why: str
    severity: Severity
    controls: tuple[str, ...]
    types: tuple[str, ...]
    resource: ResourceCheck | None = None
    stack: StackCheck | None = None
    change: ChangeCheck | None = None
    home: str = ""
    needs_chart: bool = False
    final: bool = False
    whole: bool = False
    demands: tuple[Demand, ...] = ()

    @property
    def described(self) -> str:
        """What holds, and which standards ask for it."""
        return f"{self.title} ({', '.join(self.controls)})"


class Said(TypedDict):
    """What is said of a rule beside its function: see `Rule`."""

    severity: Severity
    controls: tuple[str, ...]
    types: tuple[str, ...]
    needs_chart: NotRequired[bool]
    final: NotRequired[bool]
    whole: NotRequired[bool]


class Rules:
    """The rules of a pack, by id."""

    def __init__(self) -> None:
        self.by_id: dict[str, Rule] = {}

    def __iter__(self) -> Iterator[Rule]:
        return iter(self.by_id.values())

    def __getitem__(self, rule_id: str) -> Rule:
        return self.by_id[rule_id]

    def resource(self, rule_id: str, **said: Unpack[Said]) -> Callable[[ResourceCheck], ResourceCheck]:
        """Make a function a rule over one resource: it is judged before the resource is made."""

        def register(check: ResourceCheck) -> ResourceCheck:
            self._add(replace(_of(rule_id, check, said), resource=check))
            return check

        return register

    def stack(self, rule_id: str, **said: Unpack[Said]) -> Callable[[StackCheck], StackCheck]:
        """Make a function a rule over what one resource needs of another; it sees only those of its `types`."""

        def register(check: StackCheck) -> StackCheck:
            self._add(replace(_of(rule_id, check, said), stack=check, needs_chart=True))
            return check

        return register

    def change(self, rule_id: str, **said: Unpack[Said]) -> Callable[[ChangeCheck], ChangeCheck]:
        """Make a function a rule over planned changes: replacements and deletions."""

        def register(check: ChangeCheck) -> ChangeCheck:
            self._add(replace(_of(rule_id, check, said), change=check))
            return check

        return register

    def admission(self, rule_id: str, **said: Unpack[Said]) -> Callable[[Demands], Demands]:
        """Make a function that yields demands a rule over one Kubernetes object, which the cluster enforces too."""

        def register(demands: Demands) -> Demands:
            wanted = tuple(demands())

            def check(subject: Subject, facts: Facts) -> Iterator[str]:
                yield from broken(wanted, subject)

            self._add(replace(_of(rule_id, demands, said), resource=check, demands=wanted))
            return demands

        return register

    def _add(self, rule: Rule) -> None:
        if rule.id in self.by_id:
            raise ValueError(f"two rules are called {rule.id}")
        self.by_id[rule.id] = rule


def _of(rule_id: str, function: Callable[..., object], said: Said) -> Rule:
    title, _, why = (inspect.getdoc(function) or "").partition("\n\n")
    if not title or not why or not said["controls"]:
        raise ValueError(f"the rule {rule_id} has to say what holds, why, and which control it serves")
    return Rule(rule_id, " ".join(title.split()), " ".join(why.split()), home=function.__module__, **said)


RULES = Rules()
"""The pack's rules: importing a module of `policies/` adds its own."""
