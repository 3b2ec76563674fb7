"""The engine's state of one stack in the sandbox: made, unlocked, and mended after a kill."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from groundwork.sandbox.engine.failures import EngineError
from groundwork.sandbox.engine.outcome import Outcome
from groundwork.sandbox.engine.run import Engine

_BUCKET = "aws:s3/bucket:Bucket"


class StackLockedError(Exception):
    """A process that still runs works on the stack."""


@dataclass(frozen=True)
class Lock:
    """A lock of a stack, and whose it is."""

    pid: int
    path: Path

    @property
    def owner_alive(self) -> bool:
        """Whether the process that took it still runs; another program may have its number by now."""
        try:
            process = psutil.Process(self.pid)
            return "pulumi" in process.name() and process.create_time() <= self.path.stat().st_mtime
        except (psutil.Error, FileNotFoundError):
            return False


@dataclass(frozen=True)
class StackState:
    """The state of `stack` of `project` in the file backend at `folder`."""

    engine: Engine
    folder: Path
    project: str
    stack: str

    @property
    def file(self) -> Path:
        """The checkpoint."""
        return checkpoint_file(self.folder, self.project, self.stack)

    def exists(self) -> bool:
        """Whether the stack was initialised."""
        return self.file.is_file()

    def init(self) -> bool:
        """Initialise the stack where it is not, and say whether that was so."""
        if self.exists():
            return False
        self._call("stack", "init", self.stack, "--secrets-provider=passphrase", "--no-select")
        return True

    def locks(self) -> list[Lock]:
        """Return the locks on it."""
        folder = self.folder / ".pulumi" / "locks" / "organization" / self.project / self.stack
        found = []
        for path in sorted(folder.glob("*.json")):
            try:
                found.append(Lock(int(json.loads(path.read_text())["pid"]), path))
            except (OSError, ValueError, KeyError, TypeError):
                found.append(Lock(0, path))  # cut off by the kill: nobody's
        return found

    def unlock(self) -> bool:
        """Cancel locks whose owner is dead, and say whether there was one.

        Raises:
            StackLockedError: an owner is alive.
        """
        locks = self.locks()
        alive = [lock for lock in locks if lock.owner_alive]
        if alive:
            raise StackLockedError(
                f"The stack {self.stack} is being worked on by process {alive[0].pid}: wait for it to end, "
                f"or end it with `kill {alive[0].pid}`."
            )
        if locks:
            self._call("cancel", "--stack", self.stack, "--yes")
            for lock in locks:
                lock.path.unlink(missing_ok=True)
        return bool(locks)

    def resources(self) -> list[dict[str, Any]]:
        """Return the resources as the checkpoint has them; secrets stay encrypted."""
        return resources_in(self.folder, self.project, self.stack)

    def revealed(self) -> list[dict[str, Any]]:
        """Return the resources with their secrets in plain text: keep them in memory."""
        exported = json.loads(self._call("stack", "export", "--show-secrets", "--stack", self.stack))
        return list(exported["deployment"].get("resources") or ())

    def settle_pending(self) -> list[str]:
        """Forget operations that were cut off, and return their URNs.

        The stand-ins know what was made meanwhile: a create that the engine repeats adopts it.
        """
        pending = list(_deployment(_read(self.file)).get("pending_operations") or ())
        if pending:
            self._edit(lambda deployment: deployment.pop("pending_operations", None))
        return [str(operation["resource"]["urn"]) for operation in pending]

    def lift_protection(self) -> int:
        """Let a destroy delete everything: lift `protect` and `retainOnDelete`, and return from how many.

        Buckets go with what is in them: access logs get there whether a program wants to delete them or not.
        """
        found = self.resources()
        held = [r for r in found if r.get("protect") or r.get("retainOnDelete")]
        if held or any(r["type"] == _BUCKET for r in found):
            self._edit(lift)
        return len(held)

    def unprotect(self, urns: Sequence[str]) -> None:
        """Let these be replaced and deleted."""
        self._call("state", "unprotect", *urns, "--stack", self.stack, "--yes")

    def _edit(self, change: Any) -> None:
        exported = json.loads(self._call("stack", "export", "--stack", self.stack))
        change(exported["deployment"])
        self._call("stack", "import", "--stack", self.stack, "--force", input=json.dumps(exported))

    def _call(self, *arguments: str, input: str | None = None) -> str:
        done = self.engine.call(*arguments, input=input)
        if done.returncode != 0:
            said = (done.stderr or done.stdout).strip()
            raise EngineError(f"`pulumi {' '.join(arguments)}` failed:\n{said}", Outcome(code=done.returncode))
        return done.stdout


def checkpoint_file(folder: Path, project: str, stack: str) -> Path:
    """Return where the file backend at `folder` keeps a stack."""
    return folder / ".pulumi" / "stacks" / project / f"{stack}.json"


def resources_in(folder: Path, project: str, stack: str) -> list[dict[str, Any]]:
    """Return the resources of a stack in the file backend at `folder`, none of one that was never up."""
    return list(_deployment(_read(checkpoint_file(folder, project, stack))).get("resources") or ())


def _read(file: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(file.read_text())
    except FileNotFoundError:
        return {}
    return content


def _deployment(checkpoint: dict[str, Any]) -> dict[str, Any]:
    return (checkpoint.get("checkpoint") or {}).get("latest") or {}


def lift(deployment: dict[str, Any]) -> None:
    """Take away from a deployment's resources all that keeps a destroy from deleting them."""
    for resource in deployment.get("resources") or ():
        resource.pop("protect", None)
        resource.pop("retainOnDelete", None)
        if resource["type"] == _BUCKET:
            for of in ("inputs", "outputs"):
                resource.setdefault(of, {})["forceDestroy"] = True
