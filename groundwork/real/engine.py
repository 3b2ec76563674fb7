"""The user's own `pulumi`, with the user's own environment."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from groundwork.core import refusal
from groundwork.core.errors import StackError
from groundwork.interrupts import unbroken, watch
from groundwork.real.errors import RealError

_NO_STACK = 6  # the engine's exit code for a stack that is not initialised


@dataclass(frozen=True)
class Pulumi:
    """The CLI, in one project.

    Attributes:
        executable: as found on the user's PATH.
        project: the folder of Pulumi.yaml.
        environ: its whole environment.
    """

    executable: str
    project: Path
    environ: Mapping[str, str]

    @classmethod
    def find(cls, project: Path, environ: Mapping[str, str]) -> Pulumi:
        """Return the CLI that the user has (raises `RealError` where there is none)."""
        executable = shutil.which("pulumi", path=environ.get("PATH"))
        if executable is None:
            raise RealError(
                "There is no `pulumi` on your PATH: install the official CLI, https://www.pulumi.com/docs/install/. "
                "The rehearsal's own is not taken for the real thing: it is the engine alone, built on this machine, "
                "without the official language host and providers."
            )
        return cls(executable, project, dict(environ))

    def show(self, *arguments: str) -> int:
        """Run a command that the user watches, and return its exit code; an interrupt waits for it to end.

        Raises:
            KeyboardInterrupt: it was interrupted, and has ended.
            RealError: the command is about a stack that is not initialised.
        """
        code = watch([self.executable, *arguments], self.project, self.environ)
        if code == _NO_STACK:
            stack = arguments[arguments.index("--stack") + 1]
            raise RealError(
                f"The stack {stack} is not initialised: run `pulumi stack init {stack}` once, with the secrets "
                "provider that `groundwork state` names if its bucket has the state."
            )
        return code

    def read(self, *arguments: str) -> str:
        """Return what a command prints (raises `RealError` with its own words where it fails)."""
        return self._quiet(arguments, None)

    def write(self, *arguments: str, text: str) -> None:
        """Give `text` to a command, which no interrupt cuts off (raises `RealError` with its own words)."""
        with unbroken():
            self._quiet(arguments, text)

    def exported(self, stack: str) -> dict[str, Any]:
        """Return a stack as the engine exports it (raises `RealError`); secrets stay as they are: encrypted."""
        found: dict[str, Any] = json.loads(self.read("stack", "export", "--stack", stack))
        return found

    def restore(self, stack: str, exported: Mapping[str, Any]) -> None:
        """Make the state of a stack what was exported, and changed (raises `RealError`)."""
        self.write("stack", "import", "--stack", stack, text=json.dumps(exported))

    def preview(self, stack: str) -> dict[str, Any] | None:
        """Return what an update of a stack would do, as `pulumi preview --json` says it; None where it cannot.

        Raises:
            StackError: the program refuses what the user gave it.
        """
        with tempfile.TemporaryDirectory(prefix="groundwork-") as folder:
            file = Path(folder) / "refused.json"
            with_file = replace(self, environ={**self.environ, refusal.FILE: str(file)})
            done = with_file._captured(("preview", "--json", "--stack", stack), None)
            if refused := refusal.told(file):
                raise StackError(refused)
        try:
            found = json.loads(done.stdout)
        except ValueError:
            return None
        return found if isinstance(found, dict) and isinstance(found.get("steps"), list) else None

    def _quiet(self, arguments: tuple[str, ...], text: str | None) -> str:
        done = self._captured(arguments, text)
        if done.returncode != 0:
            command = " ".join(["pulumi", *arguments[:2]])
            raise RealError(f"`{command}` failed: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def _captured(self, arguments: tuple[str, ...], text: str | None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.executable, *arguments, "--non-interactive", "--color=never"],
            cwd=self.project,
            env=dict(self.environ),
            input=text,
            stdin=subprocess.DEVNULL if text is None else None,
            capture_output=True,
            text=True,
            check=False,
        )


def ended(verb: str, environment: str, stack: str, code: int, rest: Sequence[str]) -> str:
    """Return what to say where the engine did not do all: its own words stand above it."""
    left = f" Not begun: {', '.join(rest)}." if rest else ""
    return (
        f"`pulumi {verb}` of {stack} ended with exit code {code}.{left} What it did is in the state: mend what it "
        f"said, and `groundwork {verb} {environment}` goes on from there."
    )


def resources_of(exported: Mapping[str, Any]) -> Sequence[dict[str, Any]]:
    """Return the resources of an exported stack, parents first."""
    found: Sequence[dict[str, Any]] = exported["deployment"].get("resources") or ()
    return found
