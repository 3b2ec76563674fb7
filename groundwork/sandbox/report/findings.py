"""What `groundwork doctor` found."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from groundwork.sandbox.finding import Finding, Severity

_STYLES = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "dim"}
_ORDER = list(Severity)


def of_findings(findings: Sequence[Finding]) -> RenderableType:
    """Return the findings, the worst first, each with the command that mends it."""
    if not findings:
        return Text("Nothing is missing, stuck or left running.", style="green")
    # One below the other: beside each other, paths and commands would be broken where nobody can copy them.
    table = Table.grid(padding=(0, 2))
    table.add_column()
    table.add_column(overflow="fold")
    for finding in sorted(findings, key=lambda each: _ORDER.index(each.severity)):
        mark = Text(str(finding.severity), style=_STYLES[finding.severity])
        lines = [Text(f"{finding.subject}: {finding.problem}"), Text(finding.remedy, style="bold")]
        table.add_row(mark, Group(*lines, Text()))
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    end = Text(f"{errors} to mend.", style="red") if errors else Text("Nothing has to be mended.", style="green")
    return Group(table, end)
