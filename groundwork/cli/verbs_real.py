"""Verbs of the real thing: your account, your state, your cluster."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from groundwork.cli.app import GIVEN, JsonFile, Required, app, named
from groundwork.cli.failures import FAILED, complain
from groundwork.cli.output import console, new_narrator, show, write


@app.command(context_settings={"ignore_unknown_options": True})
def up(
    name: Required = "",
    flags: Annotated[list[str] | None, typer.Argument(metavar="[-- FLAG...]", help="flags of `pulumi up`")] = None,
) -> None:
    """Deploy for real: `pulumi up` of each stack, as you."""
    from groundwork.real.up import up as run

    run(GIVEN.root, name, flags or [], new_narrator())


@app.command(context_settings={"ignore_unknown_options": True})
def destroy(
    name: Annotated[str, typer.Argument(metavar="ENVIRONMENT", callback=named, show_default=False)] = "",
    flags: Annotated[list[str] | None, typer.Argument(metavar="[-- FLAG...]", help="of `pulumi destroy`")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="do it without asking")] = False,
    force: Annotated[bool, typer.Option("--force", help="take the finalizers from what does not go")] = False,
    empty: Annotated[bool, typer.Option("--empty", help="buckets and repositories with what is in them")] = False,
    drain: Annotated[bool, typer.Option("--drain/--no-drain", help="let go of what the cluster holds first")] = True,
    timeout: Annotated[float, typer.Option(metavar="SECONDS", help="for each stage of the drain")] = 600.0,
) -> None:
    """Destroy for real: show what goes, drain the cluster, `pulumi destroy` of each stack, look for what is left."""
    from groundwork.real.destroy import destroy as run
    from groundwork.real.destroy import look
    from groundwork.real.errors import RealError
    from groundwork.real.show import of_outlook, of_remains
    from groundwork.real.sweep import remains

    outlook = look(GIVEN.root, name, drain=drain, empty=empty)
    show(of_outlook(outlook))
    if outlook.refusal:
        raise typer.Exit(FAILED)
    if not outlook.stacks:
        return
    if not yes:
        if not sys.stdin.isatty():
            console().print("Nothing was changed: --yes does it.", highlight=False)
            return
        if typer.prompt(f"Type {name} to destroy it", default="", show_default=False) != name:
            complain("Nothing was changed.", FAILED)
    narrator = new_narrator()
    try:
        run(GIVEN.root, outlook, ["--yes", *(flags or [])], narrator.note, timeout=timeout, force=force)
    except RealError:
        # It may be this that holds what did not go.
        show(of_remains(name, remains(GIVEN.root, name)))
        raise
    console().print(f"{name} is destroyed. What its controllers left on AWS:", highlight=False)
    show(of_remains(name, remains(GIVEN.root, name)))


@app.command()
def state(
    name: Annotated[
        str,
        typer.Argument(metavar="ENVIRONMENT", help="whose account and region", callback=named, show_default=False),
    ] = "",
) -> None:
    """Make the bucket and the key for the state of real stacks, in your account; again changes nothing."""
    from groundwork.core.project import load_project
    from groundwork.real.state import bootstrap

    store, out = bootstrap(GIVEN.root, name), console()
    for part, did in store.done.items():
        out.print(f"{did:<7} {part}", markup=False, highlight=False)
    out.print("\nWhat to do next", style="bold")
    for command in (
        f"pulumi login '{store.login}'",
        *(
            f"pulumi stack init {stack.name} --secrets-provider='{store.secrets_provider}'"
            for stack in load_project(GIVEN.root).environment(name)
        ),
        f"groundwork preflight {name}",
        f"groundwork up {name}",
    ):
        out.print(f"  {command}", markup=False, highlight=False, soft_wrap=True)


@app.command()
def preflight(
    name: Annotated[str, typer.Argument(metavar="ENVIRONMENT", callback=named, show_default=False)] = "",
    json_file: JsonFile = None,
) -> None:
    """Ask your account, before any change, for all that an up would fail for."""
    from dataclasses import asdict

    from groundwork.real.preflight.answers import Verdict
    from groundwork.real.preflight.run import preflight as run
    from groundwork.real.show import of_answers

    answers = run(GIVEN.root, name)
    if str(json_file) != "-":
        show(of_answers(name, answers))
    write(json_file, [asdict(answer) for answer in answers])
    if any(answer.verdict is Verdict.STOP for answer in answers):
        raise typer.Exit(FAILED)


@app.command()
def sweep(
    name: Annotated[
        str,
        typer.Argument(
            metavar="ENVIRONMENT", help="an environment that was destroyed", callback=named, show_default=False
        ),
    ] = "",
    delete: Annotated[bool, typer.Option("--delete", help="delete what is found; else it is only shown")] = False,
    volumes: Annotated[
        bool, typer.Option("--volumes", help="volumes too, where the environment protects data")
    ] = False,
) -> None:
    """Find, on AWS, what a destroyed environment left behind, and delete it."""
    from groundwork.real.show import of_sweep
    from groundwork.real.sweep import sweep as run

    result = run(GIVEN.root, name, act=delete, volumes=volumes)
    show(of_sweep(name, result, acted=delete))
    if delete and result.kept:
        raise typer.Exit(FAILED)


@app.command()
def move(
    component: Annotated[str, typer.Argument(help="a key of the stack file")],
    source: Annotated[str, typer.Option("--from", metavar="STACK", help="where it is now")],
    destination: Annotated[str, typer.Option("--to", metavar="STACK", help="where the stack files have it already")],
) -> None:
    """Move an installed component to another stack; nothing of it changes."""
    from groundwork.real.move import move as run

    moved = run(GIVEN.root, component, source, destination)
    told = f"{moved.instance}: {moved.resources} resources are in {moved.destination} now, and none was changed."
    if moved.tagged:
        told += f" The next up of {moved.destination} writes their tags of the stack anew, and nothing else."
    console().print(told, markup=False, highlight=False)
