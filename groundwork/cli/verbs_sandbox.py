"""Verbs of the sandbox: an environment on this machine."""

from __future__ import annotations

from typing import Annotated

import typer

from groundwork.cli.app import GIVEN, JsonFile, Target, app
from groundwork.cli.failures import FAILED, WRONG_INPUT
from groundwork.cli.output import console, new_narrator, show_beside, write
from groundwork.cli.tools import put_tools_in_place


@app.command()
def rehearse(
    name: Target = "dev",
    every: Annotated[bool, typer.Option("--all", help="every environment, one after the other")] = False,
    json_file: JsonFile = None,
) -> None:
    """Bring an environment up on this machine."""
    from groundwork.core.project import load_project
    from groundwork.sandbox.rehearsal.rehearse import rehearse as run
    from groundwork.sandbox.rehearsal.rehearse import rehearse_every
    from groundwork.sandbox.report.whole import as_json, of_rehearsal

    put_tools_in_place()
    if every:
        results = rehearse_every(
            load_project(GIVEN.root), new_narrator, lambda result: show_beside(GIVEN.json_file, of_rehearsal(result))
        )
    else:
        results = [run(GIVEN.root, name, new_narrator())]
        show_beside(GIVEN.json_file, of_rehearsal(results[0]))
    told = [as_json(result) for result in results]
    write(json_file, told if every else told[0])
    failed = [result for result in results if result.error]
    if failed:
        raise typer.Exit(WRONG_INPUT if all(result.refused for result in failed) else FAILED)


@app.command()
def plan(name: Target = "dev", json_file: JsonFile = None) -> None:
    """Show what would change in the sandbox, and which policy it breaks."""
    from groundwork.sandbox.rehearsal.plan import plan as run
    from groundwork.sandbox.report.whole import as_json, of_plan

    put_tools_in_place()
    result = run(GIVEN.root, name, new_narrator())
    show_beside(GIVEN.json_file, of_plan(result))
    write(json_file, as_json(result))
    if result.error:
        raise typer.Exit(WRONG_INPUT if result.refused else FAILED)


@app.command()
def down(name: Target = "dev") -> None:
    """Destroy an environment in the sandbox, and the sandbox itself."""
    from groundwork.sandbox.rehearsal.down import down as run

    result = run(GIVEN.root, name, new_narrator())
    out = console()
    for stack, count in result.destroyed.items():
        order = ", ".join(result.order[stack])
        out.print(
            f"{stack}: {count} resources destroyed{f', in this order: {order}' if order else ''}", highlight=False
        )
    if result.lifted:
        out.print(f"{result.lifted} of them were protected or retained, which the sandbox lifted", highlight=False)
    for urn in result.swept:
        out.print(f"of a create that was cut off: {urn.split('::', 3)[3]}", markup=False, highlight=False)
    out.print(f"Down: {result.note}." if result.note else "Down: the sandbox is removed.", highlight=False)


@app.command(context_settings={"ignore_unknown_options": True})
def shell(
    name: Target = "dev",
    command: Annotated[list[str] | None, typer.Argument(metavar="[-- COMMAND...]", help="run this, and leave")] = None,
) -> None:
    """Use plain pulumi, kubectl and helm in the sandbox."""
    from groundwork.sandbox.rehearsal.shell import shell as run

    put_tools_in_place()
    raise typer.Exit(run(GIVEN.root, name, command or [], new_narrator()))
