"""A small project with a sandbox of its own: the real engine, a real API server, the emulated AWS."""

from __future__ import annotations

import contextlib
import io
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from rich.console import Console

from groundwork.sandbox.home import tools_dir
from groundwork.sandbox.rehearsal import servers
from groundwork.sandbox.rehearsal.narrator import Narrator
from groundwork.sandbox.rehearsal.rehearse import Rehearsal, rehearse
from groundwork.sandbox.rehearsal.sandbox import Sandbox
from groundwork.sandbox.tools.locate import ToolsMissing, locate

ENVIRONMENT = "local"
DATA = Path(__file__).parent / "project"


@dataclass
class Theatre:
    """The project, and what is done with it."""

    root: Path

    @property
    def sandbox(self) -> Sandbox:
        return Sandbox.of(self.root, ENVIRONMENT)

    def rehearse(self) -> Rehearsal:
        return rehearse(self.root, ENVIRONMENT, narrator())

    def generation(self, number: int) -> None:
        """Change the program's resources: those of another generation have other names."""
        (self.root / "generation").write_text(str(number))


def narrator() -> Narrator:
    return Narrator(Console(file=io.StringIO(), width=100), live=False)


@contextlib.contextmanager
def checkout(project: Path, environment: str, factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Copy a project, to be rehearsed with the tools that there are and a home of its own; its sandbox goes with it."""
    try:
        locate()
    except ToolsMissing as missing:
        pytest.skip(str(missing))
    home = factory.mktemp("home")
    (home / "tools").symlink_to(tools_dir())
    root = factory.mktemp("checkout") / "project"
    shutil.copytree(project, root)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GROUNDWORK_HOME", str(home))
        yield root
        sandbox = Sandbox.of(root, environment)
        if sandbox.exists:
            servers.stop(sandbox)
            sandbox.remove()


@pytest.fixture(scope="module")
def theatre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Theatre]:
    with checkout(DATA, ENVIRONMENT, tmp_path_factory) as root:
        theatre = Theatre(root)
        theatre.generation(0)
        yield theatre
