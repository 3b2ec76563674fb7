"""The engine's language host for Python, for machines where the official one is missing.

The engine starts an executable `pulumi-language-python` from PATH, reads a port from its first line, and asks it
to run the program and the policy packs. The official one comes with the official CLI, which no package registry
carries. This one does what `pulumi up`, `preview`, `refresh`, `destroy` and `--policy-pack` need, and nothing more.

The engine starts a host twice in every run, and the host starts the program and the policy pack; importing the SDK
each time would be most of a small preview's time. So a process that has imported it (`zygote.py`) is forked for all
of them. `serve` keeps one for a sandbox; without it each host starts its own.
"""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

NAME = "pulumi-language-python"
_FOLDER = Path(__file__).parent
# What a program of this platform imports at any rate. Nothing of the project itself: it may change between two runs.
_PRELOADED = ("pulumi_random", "pulumi_aws", "pulumi_kubernetes", "pydantic", "yaml")


def install(bin_dir: Path, socket: Path | None = None) -> Path:
    """Put the executable into `bin_dir`, to be put on the engine's PATH, and return it.

    It runs in the interpreter that calls this, and finds Groundwork there. It uses the zygote that listens on
    `socket`, if one does.
    """
    shim = bin_dir / NAME
    # -I, -S, -P: no folder that the engine happens to run in hides a module, and the start takes 20 ms.
    command = [sys.executable, "-I", "-S", str(_FOLDER / "connect.py"), str(socket or ""), sys.executable]
    shim.write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n', encoding="utf-8")
    shim.chmod(0o755)
    return shim


def zygote_command(socket: Path) -> list[str]:
    """Return the command of a zygote that listens on `socket` until it is ended."""
    return [sys.executable, "-u", "-P", str(_FOLDER / "zygote.py"), "--listen", str(socket), *_PRELOADED]
