"""What `groundwork doctor` found."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from groundwork.sandbox.finding import Finding, Severity
from groundwork.tables import plain_table

_STYLES = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "dim"}
_ORDER = list(Severity)


def of_findings(findings: Sequence[Finding]) -> RenderableType:
    """Return the findings, the worst first, each with the command that mends it."""
    if not findings:
        return Text("Nothing is missing, stuck or left running.", style="green")
    table = plain_table()
    table.add_column("")
    table.add_column("what", ratio=2, overflow="fold")
    table.add_column("is wrong", ratio=4, overflow="fold")
    table.add_column("mended by", ratio=3, overflow="fold", style="bold")
    for finding in sorted(findings, key=lambda each: _ORDER.index(each.severity)):
        mark = Text(str(finding.severity), style=_STYLES[finding.severity])
        table.add_row(mark, finding.subject, finding.problem, finding.remedy)
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    end = Text(f"{errors} to mend.", style="red") if errors else Text("Nothing has to be mended.", style="green")
    return Group(table, Text(), end)
