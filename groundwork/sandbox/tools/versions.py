"""Reading a program's version from what it prints, and telling whether it will do."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from groundwork.sandbox.tools.definitions import Binary

_VERSION = re.compile(r"(?<![\w.])v?(\d+\.\d+\.\d+)(?P<rest>[-+][0-9A-Za-z.+-]+)?")

# A program that hangs when asked for its version (a wrapper that wants the network, say) must not hang us.
_PATIENCE_SECONDS = 10


def parse(output: str) -> str | None:
    """Return the first version in `output`, without a leading `v`, or None if there is none.

    A pre-release keeps its suffix, so that 3.259.0-alpha.1 is not taken for 3.259.0; build metadata goes.
    """
    match = _VERSION.search(output)
    if match is None:
        return None
    suffix = (match["rest"] or "").split("+")[0]
    return match[1] + suffix


def fits(found: str | None, wanted: str, any_patch: bool = False) -> bool:
    """Whether a program of version `found` may take the place of one of version `wanted`."""
    if found is None:
        return False
    if any_patch and "-" not in found:
        return found.split(".")[:2] == wanted.split(".")[:2]
    return found == wanted


def ask(program: Path, binary: Binary) -> str | None:
    """Run `program` to learn its version; None if it does not run or prints none."""
    try:
        answer = subprocess.run(
            [program, *binary.version_command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_PATIENCE_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return parse(answer.stdout) or parse(answer.stderr)
