"""The real thing: plain `pulumi up` for each stack of an environment, with the user's own environment."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from groundwork.core.stacks import load_project
from groundwork.sandbox.processes import MARKER
from groundwork.sandbox.rehearsal.narrator import Narrator
from groundwork.sandbox.rehearsal.stage import policy_flags

_NO_STACK = 6  # the engine's exit code for a stack that is not initialised


class UpError(Exception):
    """The real deployment did not begin, or a stack of it failed."""


def up(
    root: Path, name: str, flags: Sequence[str], narrator: Narrator, environ: Mapping[str, str] = os.environ
) -> None:
    """Run `pulumi up` for the stacks of an environment, or one stack with those it imports, in order.

    Nothing of the sandbox is used; `flags` are passed on. The first failure ends it.

    Raises:
        StackError: the stack files are wrong.
        UpError: there is no `pulumi`, the sandbox's environment is set, or a stack failed.
    """
    if MARKER in environ:
        raise UpError("You are in the sandbox's shell: leave it with `exit` before the real thing.")
    project = load_project(root)
    stacks = project.environment(name)
    engine = shutil.which("pulumi", path=environ.get("PATH"))
    if engine is None:
        raise UpError(
            "There is no `pulumi` on your PATH: install the official CLI, https://www.pulumi.com/docs/install/"
        )
    for number, stack in enumerate(stacks, 1):
        narrator.note(f"pulumi up of {stack.name} ({number} of {len(stacks)})", "bold")
        command = [engine, "up", "--stack", stack.name, *policy_flags(project.root), *flags]
        code = subprocess.run(command, cwd=project.root, env=dict(environ), check=False).returncode
        if code == _NO_STACK:
            raise UpError(f"The stack {stack.name} is not initialised: run `pulumi stack init {stack.name}` once.")
        if code != 0:
            rest = ", ".join(s.name for s in stacks[number:])
            left = f" Not begun: {rest}." if rest else ""
            raise UpError(f"`pulumi up` of {stack.name} ended with exit code {code}.{left}")
