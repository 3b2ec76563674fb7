"""A Groundwork home of its own for each test, so that no test sees or changes the machine's tools."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from groundwork.sandbox.tools import definitions
from groundwork.sandbox.tools.definitions import MEGABYTE, Binary, Tool
from groundwork.sandbox.tools.progress import PlainReporter

WriteProgram = Callable[[Path, str], Path]

FAKE_GO = """#!/bin/sh
case "$1" in
env) echo go1.26.9 ;;
list) echo "go: downloading example.org/x v1" >&2; shift 2; for p; do echo "$p"; done ;;
build) {build} ;;
esac
"""

FAKE_BUILD = r"""
while [ "$1" != -o ]; do shift; done; out=$2; shift 2
for p; do
  echo "$p" >&2; f="$out$(basename "$p")"
  printf '#!/bin/sh\necho v1.2.3\n' > "$f"; chmod 755 "$f"
done
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Groundwork home for this test alone."""
    folder = tmp_path / "home"
    monkeypatch.setenv("GROUNDWORK_HOME", str(folder))
    return folder


@pytest.fixture
def write_program() -> WriteProgram:
    """Writes an executable file."""

    def write(path: Path, text: str) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path

    return write


@pytest.fixture
def search_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that comes first on PATH; the shell's own commands stay reachable."""
    folder = tmp_path / "on-path"
    folder.mkdir()
    monkeypatch.setenv("PATH", os.pathsep.join([str(folder), "/usr/bin", "/bin"]))
    return folder


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tool:
    """A tool of one program, with a Go module that needs no dependency."""
    module = tmp_path / "modules" / "tiny"
    (module / "cmd" / "tiny").mkdir(parents=True)
    (module / "go.mod").write_text("module example.org/tiny\n\ngo 1.26.0\n")
    (module / "go.sum").write_text("")
    (module / "cmd" / "tiny" / "main.go").write_text(
        'package main\n\nvar version = "unset"\n\nfunc main() { println("tiny", version) }\n'
    )
    monkeypatch.setattr(definitions, "MODULES", tmp_path / "modules")
    return Tool(
        name="tiny",
        version="1.2.3",
        module="example.org/tiny",
        binaries=(Binary("tiny", "example.org/tiny/cmd/tiny", ("--version",)),),
        installed_bytes=2 * MEGABYTE,
        cache_bytes=90 * MEGABYTE,
        linking_bytes=10 * MEGABYTE,
        build_minutes=1,
        link_variables={"main.version": "v1.2.3"},
    )


@pytest.fixture
def fake_go(search_path: Path, write_program: WriteProgram) -> Callable[[str], Path]:
    """Puts a `go` on PATH whose `build` runs the given shell commands."""

    def write(build: str = FAKE_BUILD) -> Path:
        return write_program(search_path / "go", FAKE_GO.replace("{build}", build))

    return write


@pytest.fixture
def told() -> io.StringIO:
    """What the user is told."""
    return io.StringIO()


@pytest.fixture
def telling(told: io.StringIO) -> PlainReporter:
    """A reporter whose words are in `told`."""
    return PlainReporter(Console(file=told, width=200))
