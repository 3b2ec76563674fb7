"""Plain `pulumi up` for each stack of an environment."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from groundwork.core.judge_input import read_environment
from groundwork.core.project import load_project
from groundwork.policy.exemptions import FILE
from groundwork.real.engine import Pulumi, ended
from groundwork.real.errors import RealError
from groundwork.real.planned import check_changes, protect_again
from groundwork.sandbox.processes import MARKER
from groundwork.sandbox.rehearsal.narrator import Narrator
from groundwork.sandbox.rehearsal.stage import policy_flags

_UNASKED = ("--yes", "-y", "--skip-preview", "-f")


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
    if not (sys.stdin.isatty() or agreed(flags, environ)):
        raise RealError(
            f"Nobody is here to say yes: `groundwork up {name} -- --yes` does it without asking, and "
            f"`pulumi preview --stack {stacks[-1].name}` only shows what it would do. Nothing was changed."
        )
    for number, stack in enumerate(stacks, 1):
        narrator.note(f"pulumi up of {stack.name} ({number} of {len(stacks)})", "bold")
        narrator.note("First, without a word of the engine: whether it would replace or delete what holds data.", "dim")
        allowed = check_changes(project.root, stack, engine, lambda line: narrator.note(line, "yellow"))
        # What it puts out is for other stacks: hundreds of lines.
        try:
            code = engine.show("up", "--stack", stack.name, "--suppress-outputs", *policy_flags(project.root), *flags)
        finally:
            protect_again(stack, engine, allowed.lifted)
        if code != 0:
            raise RealError(ended("up", name, stack.name, code, [s.name for s in stacks[number:]]))
        for approval in allowed.approvals:
            narrator.note(f"Done, so take it out of {FILE}: {approval.called}.", "yellow")


def agreed(flags: Sequence[str], environ: Mapping[str, str]) -> bool:
    """Return whether the engine would not ask: it was told so, or is to change nothing."""
    told = any(flag.partition("=")[0] in _UNASKED for flag in flags)
    return told or environ.get("PULUMI_SKIP_CONFIRMATIONS", "").lower() in ("1", "true")
