"""Runs a command of the project on a machine that has nothing but Python.

Usage: `bootstrap.py COMMAND [ARGUMENT ...]`. It sees to it that the checkout's virtual environment is what
uv.lock says, then becomes `.venv/bin/COMMAND`. Standard library only, and nothing newer than Python 3.7 in
this file, so that a Python that is too old can still read it and say so.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

LEAST = (3, 11)
NEWEST_KNOWN = 15


def fitting_python() -> str | None:
    """Return a Python on PATH that is new enough, whatever `python3` may be."""
    names = [f"python3.{minor}" for minor in range(LEAST[1], NEWEST_KNOWN + 1)]
    return next((found for found in map(shutil.which, names) if found), None)


def too_old(version: tuple[int, ...], program: str) -> str:
    """Return what to tell whoever has only an old Python."""
    return (
        f"Groundwork needs Python 3.11 or newer, and {program} is Python {version[0]}.{version[1]}.\n"
        "Install one, so that python3 or python3.11 is found on PATH; then run again."
    )


def main(arguments: list[str]) -> int:
    """Set up what is missing and become the command; return an exit code only if that is not possible."""
    here = Path(__file__).resolve()
    if sys.version_info < LEAST:
        other = fitting_python()
        if other:
            os.execv(other, [other, str(here), *arguments])  # noqa: S606 - the same script, no shell
        print(too_old(sys.version_info[:2], sys.executable), file=sys.stderr)
        return 1
    # Python puts a script's own folder first, where `tools` would be found instead of our packages.
    sys.path[0] = str(here.parents[2])
    from groundwork.sandbox.tools.start import start

    return start(here.parents[2], arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
