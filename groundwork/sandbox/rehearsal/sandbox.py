"""Sandboxes: one for each environment of a checkout, kept under Groundwork's home."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from groundwork.sandbox.home import sandboxes_dir
from groundwork.sandbox.paths import SandboxPaths
from groundwork.sandbox.standins.arrangement import write_json

_NAME_DIGITS = 8


class SandboxBusyError(Exception):
    """Another command works in the sandbox."""


@dataclass(frozen=True)
class Sandbox:
    """The sandbox of `environment` of the project in `project`."""

    paths: SandboxPaths
    environment: str
    project: Path

    @classmethod
    def of(cls, project: Path, environment: str) -> Sandbox:
        """Return the sandbox of an environment, made or not."""
        digest = hashlib.sha256(str(project.resolve()).encode()).hexdigest()[:_NAME_DIGITS]
        return cls(SandboxPaths(sandboxes_dir() / f"{environment}-{digest}"), environment, project.resolve())

    @property
    def exists(self) -> bool:
        """Whether it was made."""
        return self._about.is_file()

    @property
    def socket(self) -> Path:
        """Where the sandbox's zygote of programs listens."""
        return self.paths.run / "programs.sock"

    @property
    def _about(self) -> Path:
        return self.paths.root / "sandbox.json"

    @property
    def _lock(self) -> Path:
        # Beside the sandbox, not in it: `down` removes the folder while it holds the lock.
        return self.paths.root.with_name(f".{self.paths.root.name}.lock")

    def create(self) -> None:
        """Make the folders, and the passphrase of the engine's secrets."""
        self.paths.create()
        write_json(self._about, {"project": str(self.project), "environment": self.environment})
        self._keep_the_engine_from_logging()
        if not self.paths.passphrase_file.exists():
            descriptor = os.open(self.paths.passphrase_file, os.O_WRONLY | os.O_CREAT, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_urlsafe(32))

    def _keep_the_engine_from_logging(self) -> None:
        """Put a file where the engine would make its folder of logs, for which it has no switch.

        It logs every property of every resource each time that it handles it, and so takes two thirds of a plan with
        large CRDs; part of what it logs is not encrypted. It goes on without where it cannot make the folder.
        """
        logs = self.paths.pulumi_home / "logs"
        if logs.is_dir():
            shutil.rmtree(logs)
        logs.touch()

    def remove(self) -> None:
        """Remove everything; its processes must have been stopped."""
        shutil.rmtree(self.paths.root, ignore_errors=True)
        self._lock.unlink(missing_ok=True)

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Be the only command that works in the sandbox; the lock ends with the process that holds it.

        Raises:
            SandboxBusyError: another command does.
        """
        self._lock.parent.mkdir(parents=True, exist_ok=True)
        with self._lock.open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                file.seek(0)
                raise SandboxBusyError(
                    f"Another groundwork command works in the sandbox {self.environment} "
                    f"(process {file.read().strip() or 'unknown'}): wait for it to end."
                ) from None
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
            yield


def all_sandboxes() -> list[Sandbox]:
    """Return every sandbox of this user, of whichever checkout."""
    found = []
    for about in sorted(sandboxes_dir().glob("*/sandbox.json")):
        try:
            told = json.loads(about.read_text(encoding="utf-8"))
            found.append(Sandbox(SandboxPaths(about.parent), told["environment"], Path(told["project"])))
        except (OSError, ValueError, KeyError):
            continue
    return found
