"""What AWS answered, as a person reads it."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from groundwork.real.destroy import Outlook
from groundwork.real.drain import described
from groundwork.real.preflight.answers import Answer, Verdict
from groundwork.real.sweep import Sweep
from groundwork.tables import plain_table

_STYLES = {Verdict.STOP: "red", Verdict.CARE: "yellow", Verdict.GOOD: "green"}
_ORDER = list(reversed(Verdict))


def of_answers(environment: str, answers: Sequence[Answer]) -> RenderableType:
    """Return every answer, the worst first, and what to do next."""
    table = plain_table()
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


def of_outlook(outlook: Outlook) -> RenderableType:
    """Return what a destroy would do, in its order."""
    if not outlook.stacks:
        return Text(f"Nothing of {outlook.environment} is there.", style="green")
    if outlook.refusal:
        return Text(outlook.refusal, style="red")
    table = plain_table()
    table.add_column("first")
    table.add_column("what", overflow="fold")
    for sentence in outlook.full:
        table.add_row("goes with what is in it", sentence)
    for volume in outlook.drain.keeps if outlook.drain else ():
        table.add_row("stays when its claim goes", described(volume))
    for stage in outlook.drain.stages if outlook.drain else ():
        for each in stage.goes:
            table.add_row(stage.does, described(each))
    found: list[RenderableType] = [table, Text()] if table.row_count else []
    found += [Text(f"pulumi destroy of {stack}: {count} resources") for stack, count in outlook.stacks.items()]
    return Group(*found)


def of_remains(environment: str, found: Sweep | str) -> RenderableType:
    """Return what a destroy left on AWS, and the command that deletes it."""
    if isinstance(found, str):
        told = f"{found}\nWhat is left on AWS is not known: `groundwork sweep {environment}` asks again."
        return Text(told, style="yellow")
    return of_sweep(environment, found, acted=False)


def of_sweep(environment: str, result: Sweep, *, acted: bool) -> RenderableType:
    """Return what was found, what became of it, and what to do next."""
    if not result.found:
        return Text("Nothing is left over.", style="green")
    kept = dict(result.kept)
    table = plain_table()
    table.add_column("kind")
    table.add_column("region")
    table.add_column("id", overflow="fold")
    table.add_column("name", overflow="fold")
    table.add_column("became of it", overflow="fold")
    for leftover in result.found:
        fate = kept.get(leftover) or ("deleted" if acted else "")
        # The whole ARN says nothing more to people.
        id = leftover.id.rpartition(":")[2]
        table.add_row(leftover.kind, leftover.region, id, leftover.name, fate)
    return Group(table, Text(), _end(environment, result, acted=acted))


def _end(environment: str, result: Sweep, *, acted: bool) -> Text:
    if acted:
        style = "yellow" if result.kept else "green"
        again = ": run it again in a minute, AWS lets go of some things late" if result.kept else ""
        return Text(f"{len(result.deleted)} deleted, {len(result.kept)} kept{again}.", style=style)
    if result.alive:
        return Text(f"{', '.join(result.alive)} still runs: what is shown may be in use.", style="yellow")
    how = f"`groundwork sweep {environment} --delete` deletes them"
    return Text(f"{len(result.found)} left over, nothing deleted: {how}.", style="yellow")
