"""The programs that a mirror is filled with, run with nothing of their own left behind."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from groundwork.mirror.errors import MirrorError

_FETCH_SECONDS = 600


class ToolFailed(Exception):  # noqa: N818 - it says what happened, for whoever knows what it means
    """A program refused or failed; the message is the last it said."""


@dataclass(frozen=True)
class Programs:
    """Helm, kubectl and git, in the user's own environment: proxies, certificates and logins of registries count.

    Attributes:
        local: address of a git repository -> a folder that has it; git takes it from there, also inside a
            kustomization that names the address.
    """

    helm: Path
    kubectl: Path
    local: Mapping[str, Path] = field(default_factory=dict)

    def run(self, command: Sequence[str | Path], *, stdin: str = "", cwd: Path | None = None) -> str:
        """Run one of them and return what it printed.

        Raises:
            ToolFailed: it did not end well.
        """
        with tempfile.TemporaryDirectory(prefix="groundwork-mirror-") as cache:
            environ = {**os.environ, "HELM_CACHE_HOME": cache, "GIT_TERMINAL_PROMPT": "0", **self._rewritten()}
            try:
                done = subprocess.run(
                    list(map(str, command)),
                    input=stdin,
                    cwd=cwd,
                    env=environ,
                    capture_output=True,
                    text=True,
                    timeout=_FETCH_SECONDS,
                    check=False,
                )
            except FileNotFoundError:
                raise ToolFailed(f"there is no {Path(command[0]).name} on this machine") from None
            except subprocess.TimeoutExpired:
                raise ToolFailed(f"{Path(command[0]).name} did not end within {_FETCH_SECONDS} s") from None
        if done.returncode != 0:
            raise ToolFailed(_last_words(done.stderr) or f"exit code {done.returncode}")
        return done.stdout

    def _rewritten(self) -> dict[str, str]:
        settings = {"GIT_CONFIG_COUNT": str(len(self.local))} if self.local else {}
        for index, (address, folder) in enumerate(sorted(self.local.items())):
            settings[f"GIT_CONFIG_KEY_{index}"] = f"url.{folder}.insteadOf"
            settings[f"GIT_CONFIG_VALUE_{index}"] = address
        return settings


def _last_words(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("# Warning")]
    errors = [line for line in lines if line.lower().startswith(("error", "fatal"))]
    return (errors or lines or [""])[-1].removeprefix("Error: ").removeprefix("error: ")


@contextmanager
def checkout(programs: Programs, repository: str, ref: str, commit: str) -> Iterator[Path]:
    """Check out a tag into a folder that is gone afterwards.

    Raises:
        MirrorError: it cannot be had, or the tag is another commit than it was.
    """
    with tempfile.TemporaryDirectory(prefix="groundwork-source-") as folder:
        command = ["git", "-c", "advice.detachedHead=false", "clone", "--quiet", "--depth", "1", "--branch", ref]
        try:
            programs.run([*command, repository, folder])
            found = programs.run(["git", "-C", folder, "rev-parse", "HEAD"]).strip()
        except ToolFailed as failed:
            raise MirrorError([f"{repository} at {ref} cannot be had: {failed}"]) from None
        if found != commit:
            raise MirrorError([f"{repository} at {ref} is commit {found} now, and the recipe was written for {commit}"])
        yield Path(folder)
