"""What verbs show people, and write for machines."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

if TYPE_CHECKING:
    from groundwork.sandbox.rehearsal.narrator import Narrator

WIDTH = 100
"""Columns, where there is no terminal that has its own."""


def console(*, stderr: bool = False) -> Console:
    """Return where a verb prints."""
    probe = Console(stderr=stderr)
    return probe if probe.is_terminal else Console(stderr=stderr, width=WIDTH)


def new_narrator() -> Narrator:
    """Tell the progress on standard error: standard output is the report's."""
    from groundwork.sandbox.rehearsal.narrator import Narrator

    return Narrator(console(stderr=True))


def show(renderable: Any, *, stderr: bool = False) -> None:
    """Show a report."""
    target = console(stderr=stderr)
    if target.is_terminal:
        target.print(renderable)
        return
    with target.capture() as captured:
        target.print(renderable)
    # Tables are padded to their width, of which nothing is seen in a file or a pull request.
    told = "\n".join(line.rstrip() for line in captured.get().splitlines())
    print(told, file=sys.stderr if stderr else sys.stdout)


def show_beside(json_file: Path | None, renderable: Any) -> None:
    """Show a report where no machine reads: with `--json -` standard output is the JSON's alone."""
    show(renderable, stderr=str(json_file) == "-")


def write(file: Path | None, content: Any) -> None:
    """Write facts as JSON, where somebody asked for them."""
    if file is None:
        return
    text = json.dumps(content, indent=1, default=str)
    if str(file) == "-":
        print(text)
    else:
        file.write_text(text + "\n", encoding="utf-8")
