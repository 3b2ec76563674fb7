"""Rules over money: what a stack may cost with all its pools full, before it is made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from groundwork.policy.facts import Facts
from groundwork.policy.rule import RULES
from groundwork.policy.subject import Subject, dig, mapping, number
from groundwork.policy.values import UNKNOWN, UndecidableError
from groundwork.preview.cost import Estimate, Line, Paid, estimate
from groundwork.preview.prices import own_prices
from groundwork.preview.show import amounts
from groundwork.preview.tariff import PAID
from policies._environment import NODE_CLASS, NODE_GROUP, TEMPLATE
from policies.accelerators import POOL_TYPES, pool

MOST_NODES = 64
"""Nodes with accelerators in one pool: more are a typing error, or a matter for an exemption with a name under it."""
_MALFORMED = (KeyError, TypeError, ValueError, AttributeError, IndexError, LookupError)
_DEAREST = 3


@RULES.stack(
    "cost-within-ceiling",
    severity="high",
    controls=("Groundwork: no surprise on the bill",),
    types=(*PAID, TEMPLATE, NODE_CLASS),
    whole=True,
)
def cost_within_ceiling(subjects: Sequence[Subject], facts: Facts) -> Iterator[tuple[Subject, str]]:
    """An environment with its pools at maximum costs no more a month than its budget.

    A pool is filled by one mistake in a loop, and the budget's alarm comes when the money is spent. The engine sees one
    stack at a time, so `pulumi up` judges each by itself; a plan and a rehearsal judge an environment's stacks
    together too.
    """
    if facts.ceiling is None:
        return
    paid, unknown = _estimate(subjects)
    found = Estimate([line for _, line in paid])
    dearest = sorted(paid, key=lambda each: (-each[1].most, each[1].resource))[:_DEAREST]
    if dearest and found.most > facts.ceiling:
        always = "" if found.least <= facts.ceiling else ", and with them at minimum too"
        named = ", ".join(f"{line.resource} ({line.item}, {line.most:,.0f})" for _, line in dearest)
        yield (
            dearest[0][0],
            f"{facts.environment}: costs {amounts(found)} USD a month with its pools at minimum and at maximum, over "
            f"the {facts.ceiling:,.0f} of its budget{always}: the dearest are {named}: lower them, or raise "
            "budget.monthlyUsd",
        )
    elif unknown:
        raise unknown


@RULES.resource(
    "gpu-pools-limited", severity="critical", controls=("Groundwork: no surprise on the bill",), types=POOL_TYPES
)
def gpu_pools_limited(subject: Subject, facts: Facts) -> Iterator[str]:
    """A pool with accelerators has a maximum, and not more than 64 nodes.

    One notebook that asks for a thousand GPUs gets them, as long as the money lasts.
    """
    one = pool(subject)
    if one.accelerator is None:
        return
    if subject.type == NODE_GROUP:
        most, where = dig(subject.props, "scalingConfig.maxSize"), "scalingConfig.maxSize"
    else:
        limits = mapping(dig(subject.props, "spec.limits"))
        if not {"nodes", one.accelerator} & set(limits):
            yield f"{one.called}: has no limit: set spec.limits.nodes"
            return
        most, where = limits.get("nodes", 0), "spec.limits.nodes"
    if number(most) > MOST_NODES:
        yield f"{one.called}: may have {most} nodes with accelerators, more than {MOST_NODES}: lower {where}"


def _estimate(subjects: Sequence[Subject]) -> tuple[list[tuple[Subject, Line]], UndecidableError | None]:
    """Return what is to be paid for which resource, and the first thing that nobody can tell since it is unknown."""
    prices, unknown = own_prices(), None
    lines: list[tuple[Subject, Line]] = []
    given = [(subject, Paid(subject.type, subject.name, _known(subject.props))) for subject in subjects]
    made_from = [paid for subject, paid in given if subject.type in (TEMPLATE, NODE_CLASS) and _named(paid)]
    for subject, paid in given:
        if subject.type not in PAID:
            continue
        try:
            lines += [(subject, line) for line in estimate([paid, *made_from], prices).lines]
        except _MALFORMED:
            if paid.inputs != subject.props:
                unknown = unknown or UndecidableError(f"a part of {subject.label}")
    return lines, unknown


def _named(paid: Paid) -> bool:
    return paid.type == TEMPLATE or isinstance(dig(paid.inputs, "metadata.name"), str)


def _known(value: Any) -> Any:
    """Return a value without its parts that are unknown: most of them cost nothing."""
    if isinstance(value, dict):
        return {key: _known(inner) for key, inner in dict.items(value) if inner is not UNKNOWN}
    if isinstance(value, list):
        return [_known(inner) for inner in list.__iter__(value) if inner is not UNKNOWN]
    return value
