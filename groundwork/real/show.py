"""What AWS answered, as a person reads it."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from groundwork.real.preflight.answers import Answer, Verdict

_STYLES = {Verdict.STOP: "red", Verdict.CARE: "yellow", Verdict.GOOD: "green"}
_ORDER = list(reversed(Verdict))


def of_answers(environment: str, answers: Sequence[Answer]) -> RenderableType:
    """Return every answer, the worst first, and what to do next."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="dim")
    table.add_column("")
    table.add_column("asked", ratio=2, overflow="fold")
    table.add_column("answered", ratio=4, overflow="fold")
    table.add_column("what to do", ratio=3, overflow="fold", style="bold")
    for answer in sorted(answers, key=lambda each: _ORDER.index(each.verdict)):
        mark = Text(str(answer.verdict), style=_STYLES[answer.verdict])
        table.add_row(mark, answer.subject, answer.told, answer.remedy)
    stops = sum(answer.verdict is Verdict.STOP for answer in answers)
    ends = f"{stops} of {len(answers)} answers would stop an up. Nothing was changed."
    fine = f"Nothing in the way of `groundwork up {environment}`, of what can be asked."
    return Group(table, Text(), Text(ends, style="red") if stops else Text(fine, style="green"))
