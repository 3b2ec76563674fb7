"""What the policies say of the objects that charts render."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from groundwork.policy import UNDECIDED
from groundwork.sandbox.rehearsal.judged import ChartVerdict
from groundwork.sandbox.report.parts import heading, some
from groundwork.tables import plain_table

_MOST = 40


def chart_policies(verdicts: Sequence[ChartVerdict]) -> RenderableType:
    """Return a line for each chart that breaks a rule, and each violation that nobody took on."""
    if not verdicts:
        return Text("")
    objects = sum(verdict.objects for verdict in verdicts)
    doubles = sum(verdict.double for verdict in verdicts)
    told = f"{objects} objects of {len(verdicts)} charts judged"
    if doubles:
        told += f", those of {doubles} charts on their doubles: the mirror does not have them"
    found: list[RenderableType] = [heading("Policies over what charts render"), Text(told)]
    exempt = Counter(v.rule.id for verdict in verdicts for v in verdict.exempt)
    if exempt:
        told = ", ".join(f"{count} of {rule}" for rule, count in sorted(exempt.items()))
        found.append(Text(f"Exempt by policies/exemptions.yaml: {told}"))
    unknown = sorted(
        {
            f"{u.rule.id} ({u.path} of {u.subject.label if u.subject else 'a resource'})"
            for verdict in verdicts
            for u in verdict.undecided
            if u.path
        }
    )
    if unknown:
        found.append(Text(f"{UNDECIDED.capitalize()}: {some(unknown, 3)}", style="yellow"))
    undecided = Counter(u.rule.id for verdict in verdicts for u in verdict.undecided if not u.path)
    if undecided:
        told = ", ".join(f"{count} of {rule}" for rule, count in sorted(undecided.items()))
        found.append(Text(f"Not decidable on doubles, which do not show it: {told}", style="yellow"))
    lines = [(verdict, finding) for verdict in verdicts for finding in (*verdict.refused, *verdict.advised)]
    if not lines:
        return Group(*found, Text("all kept", style="green"))
    broken = plain_table()
    for column, ratio in (("chart", None), ("policy", None), ("level", None), ("what is wrong", 1)):
        broken.add_column(column, ratio=ratio, no_wrap=ratio is None, overflow="fold")
    for verdict, finding in lines[:_MOST]:
        refused = finding.level == "refuse"
        chart = f"{verdict.chart} (double)" if verdict.double else verdict.chart
        level = Text("mandatory" if refused else "advisory", style="red" if refused else "yellow")
        broken.add_row(chart, finding.rule.id, level, finding.said)
    more = len(lines) - _MOST
    return Group(*found, broken, *([Text(f"and {more} more")] if more > 0 else []))


def as_facts(verdicts: Sequence[ChartVerdict]) -> list[dict[str, Any]]:
    """Return the same for machines."""
    return [
        {
            "stack": verdict.stack,
            "chart": verdict.chart,
            "version": verdict.version,
            "double": verdict.double,
            "objects": verdict.objects,
            "exempt": dict(Counter(violation.rule.id for violation in verdict.exempt)),
            "violations": [
                {"policy": v.rule.id, "level": v.level, "resource": v.subject.label, "message": v.said}
                for v in (*verdict.refused, *verdict.advised)
            ],
            "undecided": [finding.said for finding in verdict.undecided],
        }
        for verdict in verdicts
    ]
