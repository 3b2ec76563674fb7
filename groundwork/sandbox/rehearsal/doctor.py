"""What is missing, stuck or left running in the sandboxes, each with the command that mends it."""

from __future__ import annotations

import shlex
from pathlib import Path

from groundwork.sandbox.engine.environment import engine_environment
from groundwork.sandbox.engine.run import Engine
from groundwork.sandbox.engine.state import StackState
from groundwork.sandbox.finding import Finding, Severity
from groundwork.sandbox.processes import Processes, State
from groundwork.sandbox.rehearsal import servers as running
from groundwork.sandbox.rehearsal.sandbox import Sandbox, all_sandboxes
from groundwork.sandbox.standins.control import ControlError, ask


def examine_sandboxes(here: Path) -> list[Finding]:
    """Return what is to be said of every sandbox of this user, to somebody who is in the checkout `here`."""
    return [finding for sandbox in all_sandboxes() for finding in examine(sandbox, here)]


def examine(sandbox: Sandbox, here: Path) -> list[Finding]:
    """Return what is to be said of one sandbox; nothing is changed."""
    subject = f"sandbox {sandbox.environment} of {sandbox.project}"
    # The same command here would be about the sandbox of the checkout that one is in.
    there = "" if sandbox.project == here.resolve() else f"cd {shlex.quote(str(sandbox.project))} && "
    again, away = (f"{there}groundwork {verb} {sandbox.environment}" for verb in ("rehearse", "down"))
    if not (sandbox.project / "Pulumi.yaml").is_file():
        remedy = f"rm -rf {sandbox.paths.root}"
        return [Finding(subject, "its project is gone", remedy, Severity.WARNING), *_running(sandbox, subject, remedy)]
    findings = []
    dead = [status for status in running.status(sandbox) if status.state is State.DIED]
    if dead:
        names = ", ".join(status.name for status in dead)
        lost = any(status.name == running.EMULATION for status in dead)
        severity = Severity.ERROR if lost else Severity.WARNING
        what = f"{names} died" + (", and what was rehearsed is lost with it" if lost else "")
        findings.append(Finding(subject, f"{what} (its log: {dead[0].log})", again, severity))
    orphans = Processes(sandbox.paths).orphans()
    if orphans:
        listed = ", ".join(f"{orphan.pid} {orphan.command.split('/')[-1]}" for orphan in orphans[:5])
        problem = f"{len(orphans)} processes were left running by a command that was killed: {listed}"
        findings.append(Finding(subject, problem, again, Severity.WARNING))
    findings += _locks(sandbox, subject, again)
    # Who is dead was told: that it does not answer says nothing more, after a while.
    if not dead:
        findings += _releases(sandbox, subject, again)
    return findings or _running(sandbox, subject, away)


def _locks(sandbox: Sandbox, subject: str, again: str) -> list[Finding]:
    findings = []
    for state in _states(sandbox):
        for lock in state.locks():
            if lock.owner_alive:
                note = f"stack {state.stack} is being worked on by process {lock.pid}"
                findings.append(Finding(subject, note, "wait for it to end", Severity.NOTE))
            else:
                problem = f"stack {state.stack} is locked by process {lock.pid}, which is dead"
                findings.append(Finding(subject, problem, again))
    return findings


def _releases(sandbox: Sandbox, subject: str, again: str) -> list[Finding]:
    ready = running.ready_of(sandbox)
    if ready is None:
        return []
    try:
        pending: list[str] = ask(ready, "pending_releases", timeout=20)
    except ControlError as error:
        return [Finding(subject, str(error), again)]
    return [Finding(subject, f"the Helm release {name} was interrupted", again) for name in pending]


def _running(sandbox: Sandbox, subject: str, away: str) -> list[Finding]:
    alive = [status for status in running.status(sandbox) if status.pid is not None]
    if not alive:
        return []
    pids = ", ".join(f"{status.name} {status.pid}" for status in alive)
    return [Finding(subject, f"its servers run, so that the next command is quick: {pids}", away, Severity.NOTE)]


def _states(sandbox: Sandbox) -> list[StackState]:
    paths = sandbox.paths
    engine = Engine(paths.bin / "pulumi", paths.project, engine_environment(paths, {}), paths.logs)
    files = sorted((paths.pulumi_state / ".pulumi" / "stacks").glob("*/*.json"))
    return [StackState(engine, paths.pulumi_state, file.parent.name, file.stem) for file in files]
