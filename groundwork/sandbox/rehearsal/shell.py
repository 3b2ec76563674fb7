"""A shell in the sandbox: plain `pulumi`, `kubectl` and `helm` work on what was rehearsed, and on nothing else."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from groundwork.core.stacks import StackFile
from groundwork.interrupts import watch
from groundwork.sandbox.engine.environment import shell_environment
from groundwork.sandbox.rehearsal.narrator import Narrator
from groundwork.sandbox.rehearsal.stage import on_stage

_FALLBACK = "/bin/sh"


def shell(root: Path, name: str, command: Sequence[str], narrator: Narrator) -> int:
    """Run `command`, or an interactive shell where it is empty, in the sandbox of an environment or stack.

    Other commands may work in the sandbox meanwhile. Returns the exit code.

    Raises:
        StackError, ToolsMissing, SandboxBusyError, StartError, StackLockedError, EngineError: it could not begin.
    """
    with on_stage(root, name, narrator) as stage:
        with narrator.phase("initialise the stacks"):
            for stack in stage.stacks:
                stage.recover(stack.name)
            chosen = name if name in [s.name for s in stage.stacks] else stage.stacks[0].name
            stage.engine.call("stack", "select", chosen)
        environ = shell_environment(stage.engine.environ, os.environ)
        environ["GROUNDWORK_SHELL"] = stage.sandbox.environment
        environ |= regional(stage.stacks)
        folder = stage.sandbox.paths.project
        narrator.note(_welcome(stage.sandbox.environment, [s.name for s in stage.stacks], chosen, bool(command)))
    if command:
        return _run(list(command), folder, environ)
    program = os.environ.get("SHELL") or _FALLBACK
    _run([program, "-i"], folder, environ)
    narrator.note("You left the sandbox; its servers go on. `groundwork down` ends them.")
    return 0


def regional(stacks: Sequence[StackFile]) -> dict[str, str]:
    """Return what tells AWS' own clients the region of an environment: no program needs it, and they ask for it."""
    region = next((stack.region for stack in stacks if stack.region), None)
    return {"AWS_REGION": region, "AWS_DEFAULT_REGION": region} if region else {}


def _run(command: Sequence[str], folder: Path, environ: Mapping[str, str]) -> int:
    try:
        return watch(command, folder, environ)
    except FileNotFoundError:
        raise FileNotFoundError(f"{command[0]}: no such command in the sandbox's shell") from None


def _welcome(environment: str, stacks: Sequence[str], chosen: str, brief: bool) -> str:
    if brief:
        return f"In the sandbox of {environment}:"
    return "\n".join(
        [
            f"You are in the sandbox of {environment}: nothing here reaches AWS or a cluster of yours.",
            f"  pulumi   preview, up, refresh, stack export ...  stacks: {', '.join(stacks)} (selected: {chosen})",
            "  kubectl  get pods -A, describe, events ...       the sandbox's API server",
            "  helm     list -A, get values ...",
            "The folder is a shadow of the project: edit the files in the project itself; what you do to stack files",
            "here stays here. Leave with `exit`.",
        ]
    )
