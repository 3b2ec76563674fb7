"""The application that verbs join, what holds for all of them, and the arguments that several take."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer
import typer.core

from groundwork.cli.output import WIDTH, console
from groundwork.lines import warning


class _Verbs(typer.core.TyperGroup):
    """The commands with the whole of what each does: click would cut it at the width of the terminal."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write them in the order in which they joined (the types are of the click that typer keeps to itself)."""
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
    context_settings={"max_content_width": WIDTH, "help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)


@dataclass
class Given:
    """What was given beside a verb's own arguments.

    Attributes:
        root: the project's folder.
        json_file: where the facts go, "-" for standard output; None where nobody asked for them.
    """

    root: Path = field(default_factory=Path)
    json_file: Path | None = None


GIVEN = Given()


def named(ctx: typer.Context, name: str) -> str:
    """Return the argument (raises StackError where there is none, with what could be)."""
    if not name and not ctx.resilient_parsing:
        from groundwork.core.errors import StackError
        from groundwork.core.project import load_project

        there = ", ".join(sorted(load_project(GIVEN.root).environments)) or "none yet"
        raise StackError([f"`groundwork {ctx.info_name}` needs the name of an environment; there are: {there}"])
    return name


Target = Annotated[str, typer.Argument(metavar="ENVIRONMENT|STACK", help="an environment, or one of its stacks")]
Required = Annotated[
    str,
    typer.Argument(
        metavar="ENVIRONMENT|STACK",
        help="an environment, or one of its stacks",
        callback=named,
        show_default=False,
    ),
]


def _json_target(value: Path | None) -> Path | None:
    """Remember where the JSON goes: it says of a failure, too (raises StackError where nothing can be written)."""
    if value is not None and str(value) != "-":
        from groundwork.core.errors import StackError

        # An hour later would be late.
        if not value.absolute().parent.is_dir():
            raise StackError([f"--json {value}: there is no folder {value.absolute().parent}"])
        if value.is_dir() or not os.access(value if value.exists() else value.absolute().parent, os.W_OK):
            raise StackError([f"--json {value}: it cannot be written"])
    GIVEN.json_file = value
    return value


JsonFile = Annotated[
    Path | None,
    typer.Option("--json", metavar="FILE", help="write the facts as JSON, - to print", callback=_json_target),
]


class _Warnings(logging.Handler):
    """What programs and libraries warn of, marked as such, on standard error."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print one."""
        console(stderr=True).print(warning(record.getMessage()), soft_wrap=True, highlight=False)


@app.callback()
def begin(root: Annotated[Path | None, typer.Option(hidden=True, envvar="GROUNDWORK_ROOT")] = None) -> None:
    """Find the project, before any verb."""
    GIVEN.root = project_around(Path()) if root is None else root.resolve()
    logging.basicConfig(handlers=[_Warnings(logging.WARNING)], force=True)
    # What it warns of before it raises an error says less than the error.
    logging.getLogger("botocore").setLevel(logging.ERROR)


def project_around(folder: Path) -> Path:
    """Return the nearest folder, upwards, that has a Pulumi project, as `pulumi` itself does; else the folder."""
    here = folder.resolve()
    return next((each for each in (here, *here.parents) if (each / "Pulumi.yaml").is_file()), here)
