"""Rules over the exemptions from rules."""

from __future__ import annotations

from collections.abc import Iterator

from groundwork.policy.facts import Facts
from groundwork.policy.rule import RULES
from groundwork.policy.subject import Subject


@RULES.resource(
    "no-expired-exemptions",
    # What has outlived its day may be an exemption from any rule, from those that refuse everywhere too.
    severity="critical",
    controls=("Groundwork: exceptions end",),
    types=("pulumi:pulumi:Stack",),
    final=True,
)
def no_expired_exemptions(subject: Subject, facts: Facts) -> Iterator[str]:
    """No exemption or approval outlives its last day.

    What was meant for a week is found years later, and nobody remembers whether it still matters.
    """
    for sentence in facts.expired:
        yield f"policies/exemptions.yaml: {sentence}: mend it and take the entry out, or say anew why, and until when"


@RULES.resource(
    "exemptions-end-soon",
    severity="low",
    controls=("Groundwork: exceptions end",),
    types=("pulumi:pulumi:Stack",),
    final=True,
)
def exemptions_end_soon(subject: Subject, facts: Facts) -> Iterator[str]:
    """An exemption that ends within 30 days is told before it stops a plan.

    The day after its last it fails every plan, and whoever has to mend something needs time. A cluster with
    `admission-policies` honours it until the first `up` after it.
    """
    for sentence in facts.ending:
        yield f"policies/exemptions.yaml: {sentence}: mend what it is for, or say anew why, and until when"
