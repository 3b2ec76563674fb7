"""The tables, one function each; every one of them reads well at 100 columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from groundwork.lines import warning
from groundwork.policy import UNDECIDED
from groundwork.sandbox.rehearsal.narrator import Phase
from groundwork.sandbox.report.charts import ChartRow
from groundwork.sandbox.report.policies import PolicyRow, sentence, subject_of
from groundwork.sandbox.report.resources import MARKS, ComponentRow, Remark
from groundwork.tables import plain_table

_MOST = 8
_BAR = 24
_STYLES = {"executed": "green", "rendered": "cyan", "double": "yellow", "recorded": "magenta"}


def heading(text: str) -> RenderableType:
    """Return the title of a part."""
    return Padding(Text(text, style="bold"), (1, 0, 0, 0))


def resources(rows: Sequence[ComponentRow], notes: Sequence[Remark]) -> RenderableType:
    """Return resources by component and mark, and why some are not executed."""
    table = plain_table()
    stacks = {row.stack for row in rows}
    if len(stacks) > 1:
        table.add_column("stack")
    table.add_column("component", no_wrap=True)
    for mark in MARKS:
        table.add_column(mark, justify="right", style=_STYLES[mark])
    table.add_column("all", justify="right", style="bold")
    for row in rows:
        counts = [_number(row.counts[mark]) for mark in MARKS]
        head = [row.stack] if len(stacks) > 1 else []
        table.add_row(*head, row.component, *counts, str(row.total))
    table.add_section()
    sums = [_number(sum(row.counts[mark] for row in rows)) for mark in MARKS]
    head = [""] if len(stacks) > 1 else []
    table.add_row(*head, "all", *sums, str(sum(row.total for row in rows)), style="bold")
    return Group(heading("Resources"), table, *_remarks(notes))


def _remarks(notes: Sequence[Remark]) -> list[RenderableType]:
    if not notes:
        return []
    table = plain_table()
    table.add_column("mark", no_wrap=True)
    table.add_column("resources", ratio=2)
    table.add_column("why", ratio=3)
    for note in notes:
        names = some(note.names, 3)
        table.add_row(Text(note.mark, style=_STYLES.get(note.mark, "")), f"{note.what}: {names}", note.reason)
    return [table]


def pods(placement: Mapping[str, Any]) -> RenderableType:
    """Return the pools with what stands on them, and whatever found no place."""
    table = plain_table()
    table.add_column("pool", no_wrap=True)
    table.add_column("machines")
    table.add_column("nodes", justify="right")
    table.add_column("may be", justify="right")
    table.add_column("accelerators")
    table.add_column("pods", justify="right")
    table.add_column("daemons", justify="right")
    for pool in placement.get("pools", ()):
        nodes = pool["nodes"]
        bounds = "" if pool["maximum"] is None else f"{pool['minimum']} to {pool['maximum']}"
        table.add_row(
            pool["name"],
            ", ".join(pool["instance_types"]),
            str(len(nodes)),
            bounds,
            _accelerators(nodes),
            str(sum(len(node["pods"]) for node in nodes)),
            str(sum(len(node["daemons"]) for node in nodes)),
        )
    nowhere = Text("There are no nodes.", style="yellow")
    parts: list[RenderableType] = [heading("Pods by pool"), table if placement.get("pools") else nowhere]
    waiting = not_right(placement)
    if waiting:
        parts += [heading("Without a place, or not ready"), _pairs("what", "why", waiting, "yellow")]
    elif placement:
        parts.append(Text("Every pod found a place, every workload is ready.", style="green"))
    return Group(*parts)


def not_right(placement: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return all that found no place, or is not as it should be: what it is and why."""
    found = [(f"pool {pool['name']}", pool["problem"]) for pool in placement.get("pools", ()) if pool.get("problem")]
    found += [
        (f"Pod {homeless['pod']}", "; ".join(filter(None, (homeless["scheduler"], homeless["scaler"]))))
        for homeless in placement.get("homeless", ())
    ]
    for what in ("workloads", "services", "claims", "volumes"):
        found += [(f"{each['kind']} {each['name']}", each["reason"]) for each in placement.get(what, ())]
    return found + [
        (f"{each['kind']} {each['name']}", f"the simulated cluster could not write it: {each['reason']}")
        for each in placement.get("refused", ())
    ]


def policies(rows: Sequence[PolicyRow]) -> RenderableType:
    """Return each policy of which there is something to say, each violation, and how many are simply kept."""
    if not rows:
        return Group(heading("Policies"), Text("The project has no policy pack."))
    table = plain_table()
    table.add_column("policy", no_wrap=True)
    table.add_column("judged", justify="right")
    table.add_column("verdict", overflow="fold")
    telling = [row for row in rows if row.violations or row.unjudged]
    for row in telling:
        verdict = [Text(f"{row.broken} broken", style="red")] if row.broken else []
        if row.checked and not row.broken:
            verdict.append(Text("kept", style="green"))
        if row.exempt:
            verdict.append(Text(f"{row.exempt} exempt", style="yellow"))
        if row.unjudged:
            verdict.append(Text(f"{len(row.unjudged)} {UNDECIDED}, judged in an up: {_hangs_on(row)}", style="yellow"))
        table.add_row(_rule(row), str(row.checked), Text(", ").join(verdict))
    parts: list[RenderableType] = [heading("Policies"), *([table] if telling else [])]
    violations = [(row, v) for row in rows for v in row.violations if not v.exempt]
    if violations:
        broken = plain_table()
        broken.add_column("policy", no_wrap=True)
        broken.add_column("level", no_wrap=True)
        broken.add_column("what is wrong", ratio=1, overflow="fold")
        for row, violation in violations:
            style = "red" if violation.level == "mandatory" else "yellow"
            broken.add_row(_rule(row), Text(violation.level, style=style), sentence(violation))
        parts += [Text(), broken, Text()]
    return Group(*parts, _kept(rows))


def _kept(rows: Sequence[PolicyRow]) -> Text:
    """Return how many policies judged something and found nothing, and how many had nothing to judge."""
    silent = [row for row in rows if not (row.violations or row.unjudged)]
    judged = [row for row in silent if row.checked]
    what = "other" if len(silent) < len(rows) else "rule"
    text = Text(f"{len(judged)} {what}{'' if len(judged) == 1 else 's'} kept", style="green")
    text.append(f", in {sum(row.checked for row in judged):,} verdicts")
    if len(judged) < len(silent):
        text.append(f"; {len(silent) - len(judged)} had nothing to judge")
    return text.append(".")


def warnings(texts: Sequence[str]) -> RenderableType:
    """Return what the program or the engine warned of, each once."""
    lines = [warning(text) for text in dict.fromkeys(texts)]
    return Group(heading("Warnings"), *lines) if lines else Text("")


def _hangs_on(row: PolicyRow) -> str:
    """Return which properties of which resources are not known yet."""
    return some([f"{each.path} of {subject_of(each)}" for each in row.unjudged], 2)


def _rule(row: PolicyRow) -> str:
    return row.policy.partition("/")[2]


def kept_from(facts: Mapping[str, Any]) -> RenderableType:
    """Return what was neutralised, and what the API server was kept from dialling."""
    rows = [(name, _backends(backends)) for name, backends in sorted((facts.get("neutralised") or {}).items())]
    refused = [("refused", line) for line in facts.get("refused") or ()]
    if not rows and not refused:
        return Text("")
    told = "Neutralised: only simulated pods stand behind these, so the API server must not call them"
    return Group(heading(told), _pairs("object", "would have called", [*rows, *refused], ""))


def _backends(backends: Sequence[str]) -> str:
    """Return `6 webhooks at service a/b` for six lines that say `webhook NAME at service a/b`; one alone as it is."""
    if len(backends) == 1:
        return backends[0]
    counts: dict[tuple[str, str], int] = {}
    for backend in backends:
        what, _, where = backend.partition(" at ")
        key = (what.partition(" ")[0], where)
        counts[key] = counts.get(key, 0) + 1
    return "; ".join(f"{count} {what}{'s' if count > 1 else ''} at {where}" for (what, where), count in counts.items())


def charts(rows: Sequence[ChartRow]) -> RenderableType:
    """Return the charts with their licences and ends; the same note of several is one."""
    if not rows:
        return Text("")
    table = plain_table()
    table.add_column("chart", no_wrap=True)
    for title in ("version", "licence", "end of life"):
        table.add_column(title)
    for row in rows:
        table.add_row(row.key, row.version, row.licence, row.ends)
    notes: dict[str, list[str]] = {}
    for row in rows:
        if row.note:
            notes.setdefault(row.note, []).append(row.key)
    told = [Text(f"{', '.join(keys)}: {note}", style="dim") for note, keys in notes.items()]
    return Group(heading("Third-party charts"), table, *told)


def times(phases: Sequence[Phase]) -> RenderableType:
    """Return the time of each phase, and of its parts."""
    table = plain_table()
    table.add_column("phase", no_wrap=True)
    table.add_column("seconds", justify="right")
    table.add_column("")
    longest = max((phase.seconds for phase in phases), default=0.0) or 1.0
    for phase in phases:
        bar = "━" * max(1, round(_BAR * phase.seconds / longest))
        table.add_row(phase.name, f"{phase.seconds:.1f}", Text(bar, style="cyan"))
        for name, seconds in phase.inner:
            table.add_row(Text(f"  {name}", style="dim"), Text(f"{seconds:.1f}", style="dim"), "")
    table.add_section()
    table.add_row("all", f"{sum(phase.seconds for phase in phases):.1f}", "", style="bold")
    return Group(heading("Time by phase"), table)


def commands(lines: Sequence[tuple[str, str]]) -> RenderableType:
    """Return what to do next: command and what it does."""
    table = Table.grid(padding=(0, 3))
    table.add_column(no_wrap=True, style="bold")
    table.add_column()
    for command, meaning in lines:
        table.add_row(f"  {command}", meaning)
    return Group(heading("What to do next"), table)


def some(names: Sequence[str], most: int = _MOST) -> str:
    """Return names in one line, the first few and how many more there are."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def _pairs(left: str, right: str, rows: Sequence[tuple[str, str]], style: str) -> Table:
    table = plain_table()
    table.add_column(left, ratio=2, style=style, overflow="fold")
    table.add_column(right, ratio=3, overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


def _number(count: int) -> str:
    return str(count) if count else "·"


def _accelerators(nodes: Sequence[Mapping[str, Any]]) -> str:
    sums: dict[str, int] = {}
    for node in nodes:
        for name, count in node["accelerators"].items():
            sums[name] = sums.get(name, 0) + count
    return ", ".join(f"{count} {name}" for name, count in sorted(sums.items()))
