"""The bootstrap's work, once Python is known to be new enough. Standard library only."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from groundwork.sandbox.tools.errors import ToolsError, file_errors_told
from groundwork.sandbox.tools.stamp import is_current

INTERRUPTED = 130


def start(checkout: Path, arguments: list[str]) -> int:
    """Become `.venv/bin/<first argument>`; return an exit code only if that is not possible."""
    if not arguments:
        print("Usage: bootstrap.py COMMAND [ARGUMENT ...]", file=sys.stderr)
        return 2
    try:
        set_up(checkout)
    except ToolsError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted. Nothing is left half done: run again to go on.", file=sys.stderr)
        return INTERRUPTED
    program = checkout / ".venv" / "bin" / arguments[0]
    if not os.access(program, os.X_OK):
        print(f"There is no command {arguments[0]!r} in {program.parent}.", file=sys.stderr)
        return 127
    sys.stdout.flush()
    return os.execv(program, [str(program), *arguments[1:]])  # noqa: S606 - a fixed program, no shell


def set_up(checkout: Path) -> None:
    """Bring the virtual environment up to date, telling what takes time."""
    if is_current(checkout):
        return
    # Only now: what fetches and installs takes longer to import than everything else here.
    from groundwork.sandbox.tools.python_env import ensure_environment

    began = time.monotonic()

    def say(what: str) -> None:
        print(f"[{time.monotonic() - began:4.0f} s] Python: {what}", file=sys.stderr, flush=True)

    with file_errors_told():
        ensure_environment(checkout, say)
    say("ready")
