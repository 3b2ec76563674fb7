"""Rules over copies: several are there so that one can go."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from groundwork.policy.facts import Facts
from groundwork.policy.rule import RULES
from groundwork.policy.subject import Subject, dig, mapping
from groundwork.policy.terms import POD, Demand, any_of, demand, object_at, pod_at
from policies._placed import selects
from policies.pods import SERVED

_BUDGET = "kubernetes:policy/v1:PodDisruptionBudget"


@RULES.admission(
    "copies-are-spread",
    severity="medium",
    controls=("Groundwork: a zone may go", "AWS Well-Architected REL10"),
    types=SERVED,
)
def copies_are_spread() -> Iterator[Demand]:
    """Several copies of a pod are told to be in different places.

    Left to itself the scheduler may put all of them on one node, and they go together with it.
    """
    one = object_at("spec.replicas").one_of(0, 1, default=1)
    spread = any_of(
        pod_at("topologySpreadConstraints").present(),
        pod_at("affinity.podAntiAffinity").present(),
    )
    yield demand(
        POD, any_of(one, spread), "has several copies that may all be on one node: set topologySpreadConstraints"
    )


@RULES.stack(
    "copies-have-a-budget",
    severity="medium",
    controls=("Groundwork: nodes come and go", "AWS Well-Architected REL10"),
    types=(*SERVED, _BUDGET),
)
def copies_have_a_budget(subjects: Sequence[Subject], facts: Facts) -> Iterator[tuple[Subject, str]]:
    """What has several copies has a PodDisruptionBudget.

    Without one all of its nodes may be drained at once, in an upgrade or when Karpenter tidies up.
    """
    budgets = [subject for subject in subjects if subject.type == _BUDGET]
    for workload in subjects:
        replicas = dig(workload.props, "spec.replicas")
        if workload.type == _BUDGET or not isinstance(replicas, int | float) or replicas <= 1:
            continue
        labels = mapping(dig(workload.props, "spec.template.metadata.labels"))
        mine = [b for b in budgets if b.namespace == workload.namespace and _keeps_one(b)]
        if not any(selects(dig(budget.props, "spec.selector"), labels) for budget in mine):
            yield (
                workload,
                f"{workload.label}: has {int(replicas)} copies and no PodDisruptionBudget selects them: add one",
            )


def _keeps_one(budget: Subject) -> bool:
    """Return whether a budget keeps any pod at all: 0 or more of them, and 100% unavailable, is no budget."""
    least, most = dig(budget.props, "spec.minAvailable"), dig(budget.props, "spec.maxUnavailable")
    return str(least) not in ("0", "0%") and str(most) != "100%"
