"""Plain `pulumi up` for each stack of an environment."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from groundwork.core.judge_input import read_environment
from groundwork.core.stacks import load_project
from groundwork.real.engine import Pulumi
from groundwork.real.errors import RealError
from groundwork.real.planned import check_changes
from groundwork.sandbox.processes import MARKER
from groundwork.sandbox.rehearsal.narrator import Narrator
from groundwork.sandbox.rehearsal.stage import policy_flags


def up(
    root: Path, name: str, flags: Sequence[str], narrator: Narrator, environ: Mapping[str, str] = os.environ
) -> None:
    """Run `pulumi up` for the stacks of an environment, or one stack with those it imports, in order.

    Nothing of the sandbox is used; `flags` are passed on. The first failure ends it.

    Raises:
        StackError: the stack files are wrong.
        RealError: there is no `pulumi`, the sandbox's environment is set, a stack failed, or it would lose what holds
            data.
    """
    if MARKER in environ:
        raise RealError("You are in the sandbox's shell: leave it with `exit` before the real thing.")
    project = load_project(root)
    stacks = read_environment(project, name)
    engine = Pulumi.find(project.root, environ)
    for number, stack in enumerate(stacks, 1):
        narrator.note(f"pulumi up of {stack.name} ({number} of {len(stacks)})", "bold")
        check_changes(project.root, stack, engine, lambda line: narrator.note(line, "yellow"))
        code = engine.show("up", "--stack", stack.name, *policy_flags(project.root), *flags)
        if code != 0:
            rest = ", ".join(s.name for s in stacks[number:])
            left = f" Not begun: {rest}." if rest else ""
            raise RealError(f"`pulumi up` of {stack.name} ended with exit code {code}.{left}")
