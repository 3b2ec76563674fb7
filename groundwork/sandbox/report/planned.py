"""What a plan tells: each change, what it costs, and at the end what is lost by it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from groundwork.data.stateful_types import LOST_WITH
from groundwork.policy import UNDECIDED
from groundwork.policy.exemptions import FILE
from groundwork.policy.planned import Use
from groundwork.preview.cost import Estimate, estimate
from groundwork.preview.prices import own_prices
from groundwork.preview.show import amounts, summary
from groundwork.sandbox.engine.outcome import LOSING, UNCHANGED, Outcome
from groundwork.sandbox.rehearsal.plan import Plan
from groundwork.sandbox.report import parts
from groundwork.sandbox.report.differences import differences
from groundwork.sandbox.urns import short_type

_MOST_CHANGES = 60
_MOST_VALUES = 5
_MOST_LOST = 8


def cost_of(plan: Plan) -> str:
    """Return what the planned stacks would cost, beside what they cost now."""
    before, after = estimates(plan)
    told = f"Costs {summary(after)}"
    if not before.lines:
        return f"{told}; nothing is up yet."
    if (before.least, before.most) == (after.least, after.most):
        return f"{told}, as before."
    return f"{told}; before the change {amounts(before)}."


def estimates(plan: Plan) -> tuple[Estimate, Estimate]:
    """Return what the planned stacks cost now, and what they would."""
    prices = own_prices()
    return estimate(plan.before, prices), estimate(plan.after, prices)


def changes(outcome: Outcome) -> RenderableType:
    """Return the resources that would change, replacements and deletions first, each value with what it was."""
    steps = [s for s in outcome.steps.values() if s.op not in UNCHANGED and s.custom]
    if not steps:
        return Text("  nothing changes", style="green")
    # The engine's own, its providers, come last.
    steps.sort(key=lambda step: (step.type.startswith("pulumi:"), _WEIGHT.get(step.op, 9)))
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for step in steps[:_MOST_CHANGES]:
        told = Text(step.name)
        told.append("".join(f"\n  {line}" for line in _few([str(each) for each in differences(step)])), style="dim")
        op = LOSING.get(step.op, step.op)
        table.add_row(Text(f"  {op}", style=_COLOURS.get(op, "")), short_type(step.type), told)
    more = len(steps) - _MOST_CHANGES
    return Group(table, Text(f"  and {more} more")) if more > 0 else table


def _few(lines: list[str]) -> list[str]:
    more = len(lines) - _MOST_VALUES
    return [*lines[:_MOST_VALUES], f"and {more} more"] if more > 0 else lines


def end(outcomes: Collection[Outcome], seconds: float) -> list[RenderableType]:
    """Return the last lines of a plan: what is lost, which rules are broken or not judged yet, how many changes."""
    lines: list[RenderableType] = []
    approved = {urn: told for outcome in outcomes for urn, told in outcome.approved.items()}
    gone = [step for outcome in outcomes for step in outcome.lost.values() if not step.retained]
    lost = [step for step in gone if step.type in LOST_WITH]
    for step in lost[:_MOST_LOST]:
        verb = "replaces" if LOSING[step.op] == "replace" else "deletes"
        said = f", {approved[step.urn]}" if step.urn in approved else ""
        what = f"It {verb} {short_type(step.type)} {step.name}, with {LOST_WITH[step.type]}{said}."
        lines.append(Text(what, style="red"))
    if len(lost) > _MOST_LOST:
        lines.append(Text(f"And {len(lost) - _MOST_LOST} more that hold data.", style="red"))
    lines += [Text(told, style="yellow") for told in _idle(outcomes)]
    advised = [v for outcome in outcomes for v in outcome.violations if v.level == "advisory" and not v.exempt]
    if advised:
        rules = parts.some(sorted({violation.policy for violation in advised}), 4)
        lines.append(Text(f"Broken, and only advice in this environment: {rules}.", style="yellow"))
    if unjudged := sum(len(outcome.unjudged) for outcome in outcomes):
        told = f"{unjudged} verdict{'s' if unjudged > 1 else ''} {UNDECIDED}: judged in an up."
        lines.append(Text(told, style="yellow"))
    counts: Counter[str] = Counter()
    for outcome in outcomes:
        counts.update({op: n for op, n in outcome.changes.items() if op not in UNCHANGED})
    kinds = ", ".join(f"{n} {op}" for op, n in sorted(counts.items()))
    told = f"{counts.total()} changes planned in {seconds:.1f} s" + (f": {kinds}." if kinds else ".")
    return [*lines, Text(told, style="green")]


def _idle(outcomes: Collection[Outcome]) -> list[str]:
    """Return what is to be said of approvals that let nothing be: whoever merged the change forgets them."""
    found: dict[str, set[Use]] = {}
    for outcome in outcomes:
        for approval, use in outcome.uses.items():
            found.setdefault(approval, set()).add(use)
    told = []
    for approval, used in found.items():
        if "used" in used:
            continue
        if "kept" in used:
            why = "is used by nothing in this plan, and takes the engine's protection off what it names"
        else:
            why = "names nothing that there is"
        told.append(f"{_capital(approval)} {why}: take it out of {FILE} once its change is up.")
    return told


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


_WEIGHT = {"replace": 0, "create-replacement": 0, "delete-replaced": 0, "delete": 1, "update": 2, "create": 3}
_COLOURS = {"create": "green", "update": "yellow", "delete": "red", "replace": "magenta"}
