"""The engine's language host for Python, for machines where the official one is missing.

The engine starts an executable `pulumi-language-python` from PATH, reads a port from its first line, and asks it
to run the program and the policy packs. The official one comes with the official CLI, which no package registry
carries. This one does what `pulumi up`, `preview`, `refresh`, `destroy` and `--policy-pack` need, and nothing more.

A process that has the SDK imported already (`zygote.py`) is forked for each program and policy pack: the import
runs while the engine itself still starts, and once for all of them.
"""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

NAME = "pulumi-language-python"


def install(bin_dir: Path) -> Path:
    """Put the executable into `bin_dir`, to be put on the engine's PATH, and return it.

    It runs in the interpreter that calls this, and finds Groundwork there.
    """
    shim = bin_dir / NAME
    # -P: a folder that the engine happens to run in must not hide a module.
    command = [sys.executable, "-P", "-m", __name__]
    shim.write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n', encoding="utf-8")
    shim.chmod(0o755)
    return shim
