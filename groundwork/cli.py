"""The command `groundwork`: thin, every verb calls a room."""

from __future__ import annotations

import errno
import json
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
import typer.core
from rich.console import Console

from groundwork.lines import warning

if TYPE_CHECKING:
    from groundwork.sandbox.rehearsal.narrator import Narrator

_WIDTH = 100


class _Verbs(typer.core.TyperGroup):
    """The commands with the whole of what each does: click would cut it at the width of the terminal."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write them in the order of this file (the types are of the click that typer keeps to itself)."""
        rows = [(name, (command.help or "").partition("\n")[0]) for name, command in self.commands.items()]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


app = typer.Typer(
    name="groundwork",
    cls=_Verbs,
    help="An ML platform as code, and its rehearsal on one machine: no cloud account, no containers, no internet.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    context_settings={"max_content_width": _WIDTH, "help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)
_FAILED, _WRONG_INPUT, _INTERRUPTED = 1, 2, 130
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM)
_ROOM = (
    "Check the permissions and the room there; where it is Groundwork's own folder, `groundwork doctor` tells what can "
    "go, and GROUNDWORK_HOME names another one. Then run the same command again."
)
_root = Path()
_json_file: Path | None = None


def _named(ctx: typer.Context, name: str) -> str:
    """Return the argument (raises StackError where there is none, with what could be)."""
    if not name and not ctx.resilient_parsing:
        from groundwork.core.errors import StackError
        from groundwork.core.stacks import load_project

        there = ", ".join(sorted(load_project(_root).environments)) or "none yet"
        raise StackError([f"`groundwork {ctx.info_name}` needs the name of an environment; there are: {there}"])
    return name


Target = Annotated[str, typer.Argument(metavar="ENVIRONMENT|STACK", help="an environment, or one of its stacks")]
Required = Annotated[
    str,
    typer.Argument(
        metavar="ENVIRONMENT|STACK",
        help="an environment, or one of its stacks",
        callback=_named,
        show_default=False,
    ),
]


def _json_target(value: Path | None) -> Path | None:
    """Remember where the JSON goes: it says of a failure, too (raises StackError where nothing can be written)."""
    global _json_file
    if value is not None and str(value) != "-":
        from groundwork.core.errors import StackError

        # An hour later would be late.
        if not value.absolute().parent.is_dir():
            raise StackError([f"--json {value}: there is no folder {value.absolute().parent}"])
        if value.is_dir() or not os.access(value if value.exists() else value.absolute().parent, os.W_OK):
            raise StackError([f"--json {value}: it cannot be written"])
    _json_file = value
    return value


JsonFile = Annotated[
    Path | None,
    typer.Option("--json", metavar="FILE", help="write the facts as JSON, - to print", callback=_json_target),
]


class _Warnings(logging.Handler):
    """What programs and libraries warn of, marked as such, on standard error."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print one."""
        _console(stderr=True).print(warning(record.getMessage()), soft_wrap=True, highlight=False)


@app.callback()
def _begin(root: Annotated[Path | None, typer.Option(hidden=True, envvar="GROUNDWORK_ROOT")] = None) -> None:
    global _root
    _root = _project_around(Path()) if root is None else root.resolve()
    logging.basicConfig(handlers=[_Warnings(logging.WARNING)], force=True)
    # What it warns of before it raises an error says less than the error.
    logging.getLogger("botocore").setLevel(logging.ERROR)


def _project_around(folder: Path) -> Path:
    """Return the nearest folder, upwards, that has a Pulumi project, as `pulumi` itself does; else the folder."""
    here = folder.resolve()
    return next((each for each in (here, *here.parents) if (each / "Pulumi.yaml").is_file()), here)


@app.command()
def rehearse(
    name: Target = "dev",
    every: Annotated[bool, typer.Option("--all", help="every environment, one after the other")] = False,
    json_file: JsonFile = None,
) -> None:
    """Bring an environment up on this machine."""
    from groundwork.core.stacks import load_project
    from groundwork.sandbox.rehearsal.rehearse import rehearse as run
    from groundwork.sandbox.rehearsal.rehearse import rehearse_every
    from groundwork.sandbox.report.whole import as_json, of_rehearsal

    _put_tools_in_place()
    if every:
        results = rehearse_every(load_project(_root), _narrator, lambda result: _show_beside_json(of_rehearsal(result)))
    else:
        results = [run(_root, name, _narrator())]
        _show_beside_json(of_rehearsal(results[0]))
    told = [as_json(result) for result in results]
    _write(json_file, told if every else told[0])
    failed = [result for result in results if result.error]
    if failed:
        raise typer.Exit(_WRONG_INPUT if all(result.refused for result in failed) else _FAILED)


@app.command()
def plan(name: Target = "dev", json_file: JsonFile = None) -> None:
    """Show what would change in the sandbox, and which policy it breaks."""
    from groundwork.sandbox.rehearsal.plan import plan as run
    from groundwork.sandbox.report.whole import as_json, of_plan

    _put_tools_in_place()
    result = run(_root, name, _narrator())
    _show_beside_json(of_plan(result))
    _write(json_file, as_json(result))
    if result.error:
        raise typer.Exit(_WRONG_INPUT if result.refused else _FAILED)


@app.command()
def down(name: Target = "dev") -> None:
    """Destroy an environment in the sandbox, and the sandbox itself."""
    from groundwork.sandbox.rehearsal.down import down as run

    result = run(_root, name, _narrator())
    console = _console()
    for stack, count in result.destroyed.items():
        order = ", ".join(result.order[stack])
        console.print(
            f"{stack}: {count} resources destroyed{f', in this order: {order}' if order else ''}", highlight=False
        )
    if result.lifted:
        console.print(f"{result.lifted} of them were protected or retained, which the sandbox lifted", highlight=False)
    for urn in result.swept:
        console.print(f"of a create that was cut off: {urn.split('::', 3)[3]}", markup=False, highlight=False)
    console.print(f"Down: {result.note}." if result.note else "Down: the sandbox is removed.", highlight=False)


@app.command(context_settings={"ignore_unknown_options": True})
def shell(
    name: Target = "dev",
    command: Annotated[list[str] | None, typer.Argument(metavar="[-- COMMAND...]", help="run this, and leave")] = None,
) -> None:
    """Use plain pulumi, kubectl and helm in the sandbox."""
    from groundwork.sandbox.rehearsal.shell import shell as run

    _put_tools_in_place()
    raise typer.Exit(run(_root, name, command or [], _narrator()))


@app.command(context_settings={"ignore_unknown_options": True})
def up(
    name: Required = "",
    flags: Annotated[list[str] | None, typer.Argument(metavar="[-- FLAG...]", help="flags of `pulumi up`")] = None,
) -> None:
    """Deploy for real: `pulumi up` of each stack, as you."""
    from groundwork.real.up import up as run

    run(_root, name, flags or [], _narrator())


@app.command(context_settings={"ignore_unknown_options": True})
def destroy(
    name: Annotated[str, typer.Argument(metavar="ENVIRONMENT", callback=_named, show_default=False)] = "",
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

    outlook = look(_root, name, drain=drain, empty=empty)
    _show(of_outlook(outlook))
    if outlook.refusal:
        raise typer.Exit(_FAILED)
    if not outlook.stacks:
        return
    if not yes:
        if not sys.stdin.isatty():
            _console().print("Nothing was changed: --yes does it.", highlight=False)
            return
        if typer.prompt(f"Type {name} to destroy it", default="", show_default=False) != name:
            _complain("Nothing was changed.", _FAILED)
    narrator = _narrator()
    try:
        run(_root, outlook, ["--yes", *(flags or [])], narrator.note, timeout=timeout, force=force)
    except RealError:
        # It may be this that holds what did not go.
        _show(of_remains(name, remains(_root, name)))
        raise
    _console().print(f"{name} is destroyed. What its controllers left on AWS:", highlight=False)
    _show(of_remains(name, remains(_root, name)))


@app.command()
def cost(
    name: Annotated[str, typer.Argument(metavar="ENVIRONMENT")] = "dev",
    prices: Annotated[Path | None, typer.Option(metavar="FILE", help="your own prices: item,unit,usd")] = None,
    json_file: JsonFile = None,
) -> None:
    """Estimate what an environment costs a month, with its pools at minimum and at maximum."""
    from groundwork.core.stacks import load_project
    from groundwork.preview.ceiling import ceiling
    from groundwork.preview.command import as_json
    from groundwork.preview.command import cost as run
    from groundwork.preview.show import of_estimate

    found = run(_root, name, prices)
    if str(json_file) != "-":
        regions = {stack.region for stack in load_project(_root).environment(name) if stack.region}
        _show(of_estimate(name, found, regions=sorted(regions), own=prices, budget=ceiling(_root, name)))
    _write(json_file, as_json(found))


@app.command()
def state(
    name: Annotated[
        str,
        typer.Argument(metavar="ENVIRONMENT", help="whose account and region", callback=_named, show_default=False),
    ] = "",
) -> None:
    """Make the bucket and the key for the state of real stacks, in your account; again changes nothing."""
    from groundwork.core.stacks import load_project
    from groundwork.real.state import bootstrap

    store, console = bootstrap(_root, name), _console()
    for part, did in store.done.items():
        console.print(f"{did:<7} {part}", markup=False, highlight=False)
    console.print("\nWhat to do next", style="bold")
    for command in (
        f"pulumi login '{store.login}'",
        *(
            f"pulumi stack init {stack.name} --secrets-provider='{store.secrets_provider}'"
            for stack in load_project(_root).environment(name)
        ),
        f"groundwork preflight {name}",
        f"groundwork up {name}",
    ):
        console.print(f"  {command}", markup=False, highlight=False, soft_wrap=True)


@app.command()
def preflight(
    name: Annotated[str, typer.Argument(metavar="ENVIRONMENT", callback=_named, show_default=False)] = "",
    json_file: JsonFile = None,
) -> None:
    """Ask your account, before any change, for all that an up would fail for."""
    from dataclasses import asdict

    from groundwork.real.preflight.answers import Verdict
    from groundwork.real.preflight.run import preflight as run
    from groundwork.real.show import of_answers

    answers = run(_root, name)
    if str(json_file) != "-":
        _show(of_answers(name, answers))
    _write(json_file, [asdict(answer) for answer in answers])
    if any(answer.verdict is Verdict.STOP for answer in answers):
        raise typer.Exit(_FAILED)


@app.command()
def sweep(
    name: Annotated[
        str,
        typer.Argument(
            metavar="ENVIRONMENT", help="an environment that was destroyed", callback=_named, show_default=False
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

    result = run(_root, name, act=delete, volumes=volumes)
    _show(of_sweep(name, result, acted=delete))
    if delete and result.kept:
        raise typer.Exit(_FAILED)


@app.command()
def move(
    component: Annotated[str, typer.Argument(help="a key of the stack file")],
    source: Annotated[str, typer.Option("--from", metavar="STACK", help="where it is now")],
    destination: Annotated[str, typer.Option("--to", metavar="STACK", help="where the stack files have it already")],
) -> None:
    """Move an installed component to another stack; nothing of it changes."""
    from groundwork.real.move import move as run

    moved = run(_root, component, source, destination)
    told = f"{moved.instance}: {moved.resources} resources are in {moved.destination} now, and none was changed."
    _console().print(told, markup=False, highlight=False)


@app.command()
def doctor() -> None:
    """Tell what is missing, stuck or left running, and what mends it."""
    from groundwork.sandbox.finding import Severity
    from groundwork.sandbox.rehearsal.doctor import examine_sandboxes
    from groundwork.sandbox.report.findings import of_findings
    from groundwork.sandbox.tools.check import check

    findings = [*check(), *examine_sandboxes(_root)]
    _show(of_findings(findings))
    if any(finding.severity is Severity.ERROR for finding in findings):
        raise typer.Exit(_FAILED)


@app.command()
def bench(name: Target = "dev", json_file: JsonFile = None) -> None:
    """Measure this machine: composing, policies, plan and rehearsal."""
    from groundwork.bench.measure import measure
    from groundwork.bench.show import of_figures, to_json

    _put_tools_in_place()
    figures = measure(_root, name, _narrator)
    _show_beside_json(of_figures(figures))
    _write(json_file, to_json(figures))


@app.command()
def explain(
    component: Annotated[str | None, typer.Argument(help="a component; all of them by default")] = None,
) -> None:
    """Explain a component: its options, their defaults, what it needs."""
    from groundwork.core.explain import explain as explain_one
    from groundwork.core.explain import explain_all
    from groundwork.core.registry import discover
    from groundwork.sandbox.report.explanations import of_all, of_one

    registry = discover()
    _show(of_one(explain_one(component, registry)) if component else of_all(explain_all(registry)))


@app.command()
def mirror(
    to: Annotated[
        str | None, typer.Option(metavar="DIR", help="a folder or oci://…; else GROUNDWORK_MIRROR, else our own")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="fetch nothing: verify what is there")] = False,
    only: Annotated[list[str] | None, typer.Option(metavar="KEY", help="a chart's key; may be repeated")] = None,
    git: Annotated[
        list[str] | None, typer.Option(metavar="URL=DIR", help="take this git repository from a local one")
    ] = None,
    archives: Annotated[
        Path | None, typer.Option(metavar="DIR", help="take the archives that this folder has, and fetch the rest")
    ] = None,
) -> None:
    """Fill a folder with the charts of the catalogue, for use without the internet."""
    from groundwork.mirror.command import run
    from groundwork.mirror.show import of_result

    narrator = _narrator()
    result, listing = run(
        _root, to, check_only=check, only=only or [], git=git or [], archives=archives, tell=narrator.note
    )
    _show(of_result(result, listing))
    if result.problems:
        raise typer.Exit(_FAILED)


@app.command()
def outdated(json_file: JsonFile = None) -> None:
    """Compare the catalogue with the newest versions there are."""
    import datetime

    from groundwork.core.catalogue import load_catalogue
    from groundwork.mirror.outdated import outdated as compare
    from groundwork.mirror.outdated import to_json
    from groundwork.mirror.show import of_outdated

    catalogue, today = load_catalogue(_root), datetime.datetime.now(datetime.UTC).date()
    rows = compare(catalogue)
    ends = [*catalogue.expired(today), *catalogue.ending(today)]
    if str(json_file) != "-":
        _show(of_outdated(rows, ends))
    _write(json_file, {"charts": to_json(rows), "ends": ends})


@app.command()
def docs() -> None:
    """Write docs/components, docs/support.md, docs/policies.md and docs/teams.md from the code."""
    from groundwork.core.registry import discover
    from groundwork.docs.write import write

    for changed in write(_root, discover()):
        print(changed)


def main() -> NoReturn:
    """Run the command; what goes wrong is a message and an exit code, never a traceback."""
    with _readable_errors():
        app()
    sys.exit(0)


@contextmanager
def _readable_errors() -> Iterator[None]:
    try:
        yield
    except SystemExit as end:
        # typer ends an interrupt without a word; a command in the shell may end with that code, too.
        if end.__context__ is None or not isinstance(end.__context__.__cause__, KeyboardInterrupt):
            raise
        _fail("Interrupted. Run the same command again: it goes on from here.", _INTERRUPTED)
    except Exception as error:
        if os.environ.get("GROUNDWORK_DEBUG") == "1":
            raise
        _fail(*_message_of(error))


def _fail(message: str, code: int) -> NoReturn:
    """Say why there is no result, to people and in the place of the JSON that was asked for."""
    with suppress(OSError):
        _write(_json_file, {"error": message})
    _complain(message, code)


def _message_of(error: Exception) -> tuple[str, int]:
    """Return what to say of an error, and the exit code: 2 where the user's input is wrong."""
    from groundwork.core.errors import StackError

    if isinstance(error, StackError):
        return str(error), _WRONG_INPUT
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        where = error.filename2 or error.filename
        return f"{where}: {error.strerror}. {_ROOM}" if where else f"{error.strerror}. {_ROOM}", _FAILED
    if _is_expected(error):
        return str(error), _FAILED
    told = f"{type(error).__name__}: {error}"
    return f"Groundwork failed, which is a defect of its own: {told}\nGROUNDWORK_DEBUG=1 shows where.", _FAILED


def _is_expected(error: Exception) -> bool:
    from groundwork.mirror.errors import MirrorError
    from groundwork.real.errors import RealError
    from groundwork.sandbox.controlplane.errors import KubeError
    from groundwork.sandbox.engine.failures import EngineError
    from groundwork.sandbox.engine.state import StackLockedError
    from groundwork.sandbox.ports import NoFreePortError
    from groundwork.sandbox.processes import StartError
    from groundwork.sandbox.rehearsal.sandbox import SandboxBusyError
    from groundwork.sandbox.standins.control import ControlError
    from groundwork.sandbox.tools.errors import ToolsError

    expected = (
        MirrorError,
        KubeError,
        EngineError,
        StackLockedError,
        NoFreePortError,
        StartError,
        RealError,
        SandboxBusyError,
        ControlError,
        ToolsError,
        OSError,
    )
    return isinstance(error, expected)


def _complain(message: str, code: int) -> NoReturn:
    Console(stderr=True).print(message, markup=False, highlight=False, soft_wrap=True)
    sys.exit(code)


def _put_tools_in_place() -> None:
    """Install the tools where they are missing; that is told, since it takes minutes."""
    from groundwork.sandbox.tools.locate import ToolsMissing, locate

    try:
        locate()
    except ToolsMissing:
        from groundwork.sandbox.tools.ensure import install_missing
        from groundwork.sandbox.tools.progress import reporter

        install_missing(reporter(_console(stderr=True)))


def _console(*, stderr: bool = False) -> Console:
    probe = Console(stderr=stderr)
    return probe if probe.is_terminal else Console(stderr=stderr, width=_WIDTH)


def _narrator() -> Narrator:
    """Tell the progress on standard error: standard output is the report's."""
    from groundwork.sandbox.rehearsal.narrator import Narrator

    return Narrator(_console(stderr=True))


def _show_beside_json(renderable: Any) -> None:
    """Show a report where no machine reads: with `--json -` standard output is the JSON's alone."""
    _show(renderable, stderr=str(_json_file) == "-")


def _show(renderable: Any, *, stderr: bool = False) -> None:
    console = _console(stderr=stderr)
    if console.is_terminal:
        console.print(renderable)
        return
    with console.capture() as captured:
        console.print(renderable)
    # Tables are padded to their width, of which nothing is seen in a file or a pull request.
    told = "\n".join(line.rstrip() for line in captured.get().splitlines())
    print(told, file=sys.stderr if stderr else sys.stdout)


def _write(file: Path | None, content: Any) -> None:
    if file is None:
        return
    text = json.dumps(content, indent=1, default=str)
    if str(file) == "-":
        print(text)
    else:
        file.write_text(text + "\n", encoding="utf-8")
