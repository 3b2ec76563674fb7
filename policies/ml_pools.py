"""Rules over pools: nodes with accelerators are the dearest thing there is, and what runs on them is long at work."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from groundwork.data.gpu_slices import slices
from groundwork.policy.facts import Facts
from groundwork.policy.rule import RULES
from groundwork.policy.subject import Subject, dig, items, mapping, objects
from policies._environment import NODE_GROUP
from policies.accelerators import NODE_POOL, POOL_LABELS, POOL_TYPES, TEMPLATE_TAG, pool, tagged

PURPOSE_LABEL = f"{POOL_LABELS}purpose"
"""The label of a NodePool, not of its nodes, that says what it is for."""
_KEPT_FOR = ("batch", "interactive")
_KEEPS_AWAY = ("NoSchedule", "NoExecute")


@RULES.resource("gpu-pools-tainted", severity="high", controls=("Groundwork: GPU cost",), types=POOL_TYPES)
def gpu_pools_tainted(subject: Subject, facts: Facts) -> Iterator[str]:
    """A pool with accelerators keeps away every pod that does not ask for one.

    Otherwise pods without GPUs fill its nodes, and keep them from going away.
    """
    one = pool(subject)
    tainted = any(taint.get("key") == one.accelerator and taint.get("effect") in _KEEPS_AWAY for taint in one.taints)
    if one.accelerator and not tainted:
        types = f" ({', '.join(one.types)})" if one.types else ""
        effect = "NO_SCHEDULE" if subject.type == NODE_GROUP else "NoSchedule"
        what = "GPUs" if one.accelerator.startswith("nvidia") else "accelerators"
        yield f"{one.called}: has {what}{types} and no taint {one.accelerator}:{effect}: add it"


@RULES.resource("gpu-pools-reach-zero", severity="high", controls=("Groundwork: GPU cost",), types=POOL_TYPES)
def gpu_pools_reach_zero(subject: Subject, facts: Facts) -> Iterator[str]:
    """A pool with accelerators has no node while nobody needs one, and can get one again.

    A node with eight GPUs that idles over a weekend costs as much as a month of the rest.
    """
    one = pool(subject)
    # A capacity block is paid for whether its nodes are there or not.
    if one.accelerator is None or subject.props.get("capacityType") == "CAPACITY_BLOCK":
        return
    if subject.type == NODE_GROUP:
        least = dig(subject.props, "scalingConfig.minSize", 0)
        if least != 0:
            yield f"{one.called}: scalingConfig.minSize is {least}: set it to 0, and the autoscaler adds nodes for pods"
        if not tagged(subject.props):
            yield (
                f"{one.called}: no tag says what accelerators a node has, so the autoscaler adds none to an empty "
                f"pool: add the tag {TEMPLATE_TAG}{one.accelerator}"
            )
        return
    if "replicas" in mapping(subject.props.get("spec")):
        static = dig(subject.props, "spec.replicas")
        yield f"{one.called}: spec.replicas keeps {static} nodes whatever pods need: leave it out"
    if dig(subject.props, "spec.disruption.consolidateAfter") == "Never":
        yield f"{one.called}: spec.disruption.consolidateAfter is Never, so empty nodes stay: name a time, such as 5m"
    if _kept(subject, "Empty"):
        yield f"{one.called}: a budget of 0 nodes at all times keeps empty ones too: leave out the reason Empty"


@RULES.resource(
    "batch-pools-undisturbed", severity="high", controls=("Groundwork: work of days is not lost",), types=(NODE_POOL,)
)
def batch_pools_undisturbed(subject: Subject, facts: Facts) -> Iterator[str]:
    """A pool for training or notebooks loses a node only when it is empty.

    Consolidation moves a pod to save cents, and with it goes the work of days.
    """
    name = f"NodePool {subject.object_name}"
    purpose = mapping(dig(subject.props, "metadata.labels")).get(PURPOSE_LABEL)
    if purpose not in _KEPT_FOR:
        return
    policy = dig(subject.props, "spec.disruption.consolidationPolicy", "WhenEmptyOrUnderutilized")
    if policy != "WhenEmpty":
        yield f"{name}: is for {purpose}, and its consolidationPolicy is {policy}: use WhenEmpty"
    life = dig(subject.props, "spec.template.spec.expireAfter", "720h")
    if life != "Never":
        yield (
            f"{name}: is for {purpose}, and its nodes end after {life} whatever runs on them: set expireAfter to Never"
        )
    if purpose == "batch" and not _kept(subject, "Drifted"):
        yield (
            f"{name}: is for batch, and no budget keeps nodes that are outdated: "
            "add one of 0 nodes with the reason Drifted"
        )


@RULES.resource("mig-slices-fit", severity="high", controls=("Groundwork: GPU scheduling",), types=(NODE_GROUP,))
def mig_slices_fit(subject: Subject, facts: Facts) -> Iterator[str]:
    """A pool that partitions its GPUs takes a profile that they have, and counts no more slices than fit.

    The autoscaler believes the count: pods wait for slices that no node will ever show, and nodes come for nothing.
    """
    one = pool(subject)
    for machine in one.machines if one.mig else ():
        profiles = slices(machine.accelerator) if machine.accelerator else {}
        if one.mig not in profiles:
            of = machine.accelerator.name if machine.accelerator else "no GPU"
            valid = f"use one of {', '.join(profiles)}" if profiles else "it cannot be partitioned: leave the label out"
            yield f"{one.called}: the profile {one.mig} is none of {machine.name} ({of}): {valid}"
            continue
        most = machine.gpus * profiles[one.mig]
        count = one.offers.get(f"nvidia.com/mig-{one.mig}", 0)
        if count > most:
            yield f"{one.called}: its tag says {count} slices of {one.mig}, and {machine.name} has {most}: say {most}"


def _kept(subject: Subject, reason: str) -> bool:
    """Return whether a budget keeps all nodes at all times from what Karpenter does for a reason."""
    return any(_covers(budget, reason) for budget in _budgets(subject))


def _covers(budget: Mapping[str, Any], reason: str) -> bool:
    reasons: Sequence[Any] = items(budget.get("reasons"))
    never = str(budget.get("nodes")) in ("0", "0%") and not budget.get("schedule")
    return never and (not reasons or reason in reasons)


def _budgets(subject: Subject) -> Iterator[Mapping[str, Any]]:
    yield from objects(dig(subject.props, "spec.disruption.budgets"))
