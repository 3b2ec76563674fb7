"""Building a tool from its pinned Go modules."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from groundwork.sandbox.home import logs_dir
from groundwork.sandbox.tools import manifest
from groundwork.sandbox.tools.definitions import Tool
from groundwork.sandbox.tools.errors import ToolsError
from groundwork.sandbox.tools.golang import Go, environment
from groundwork.sandbox.tools.progress import Step

_LINES_OF_LOG = 6

_CAUSES: Sequence[tuple[tuple[str, ...], str]] = (
    (("no space left on device",), "The disk is full: free some room."),
    (
        ("checksum mismatch", "SECURITY ERROR", "missing go.sum entry"),
        "A module is not the one that go.sum pins: is a module proxy in between that changes files?",
    ),
    (
        ("dial tcp", "i/o timeout", "proxyconnect", "connection refused", "x509:", "TLS handshake", "EOF"),
        "Go could not fetch a module: check the network, GOPROXY, https_proxy and SSL_CERT_FILE.",
    ),
    (("signal: killed", "cannot allocate memory"), "The compiler was killed: it needs about 4 GB of memory."),
)


class BuildFailed(ToolsError):  # noqa: N818 - named by what it says, as all of the tools' errors
    """A tool could not be built."""


@dataclass
class Workshop:
    """What the builds of one run share.

    Attributes:
        scratch: where modules, caches and results lie until the run ends.
        compiled: packages that are in the cache already, by import path.
    """

    go: Go
    scratch: Path
    compiled: set[str] = field(default_factory=set)


def build(tool: Tool, workshop: Workshop, step: Step) -> Path:
    """Build `tool` and return its finished folder, manifest included, within the workshop's scratch.

    Raises:
        BuildFailed: with the last lines of the log, and where the whole of it is.
    """
    log = logs_dir() / f"build-{tool.folder}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text("")
    packages = [binary.package for binary in tool.binaries]
    todo = _packages_to_compile(tool, workshop, log, step, packages)
    folder = workshop.scratch / "finished" / tool.folder
    programs = folder / "bin"
    programs.mkdir(parents=True)
    started: set[str] = set()

    def compiling(line: str) -> None:
        if line in todo:
            started.add(line)
        if started.issuperset(packages):
            step.update("linking")
        else:
            step.update("compiling", len(started), len(todo))

    # Without debugging information in what is compiled, which the linker drops anyway: a fifth less work and disk.
    options = ["-v", "-gcflags=all=-dwarf=false", f"-ldflags={link_flags(tool)}"]
    _go(tool, workshop, ["build", *options, "-o", f"{programs}/", *packages], log, compiling)
    workshop.compiled |= todo
    for binary in tool.binaries:
        if binary.built_as != binary.name:
            (programs / binary.built_as).rename(programs / binary.name)
    manifest.write(folder, manifest.describe(tool, folder, source=f"built with {workshop.go.version}"))
    return folder


def link_flags(tool: Tool) -> str:
    """Return the linker's flags: no symbols, which halves the programs, and the tool's variables."""
    return " ".join(["-s", "-w", *(f"-X={name}={value}" for name, value in tool.link_variables.items())])


def _packages_to_compile(tool: Tool, workshop: Workshop, log: Path, step: Step, packages: Sequence[str]) -> set[str]:
    fetched = 0

    def fetching(line: str) -> None:
        nonlocal fetched
        fetched += line.startswith("go: downloading ")
        step.update(f"fetching modules ({fetched})")

    listing = workshop.scratch / f"{tool.name}.packages"
    _go(tool, workshop, ["list", "-deps", *packages], log, fetching, listing)
    # `unsafe` is a package in name only; the compiler itself provides it.
    return set(listing.read_text().split()) - workshop.compiled - {"unsafe"}


def _go(
    tool: Tool,
    workshop: Workshop,
    arguments: Sequence[str],
    log: Path,
    on_line: Callable[[str], None],
    output: Path | None = None,
) -> None:
    """Run Go in the tool's module, with each line of its error output logged and told."""
    with (output or Path(os.devnull)).open("w") as results, log.open("a") as record:
        process = subprocess.Popen(
            [workshop.go.program, *arguments],
            cwd=tool.module_dir,
            env=environment(workshop.go, workshop.scratch, os.environ),
            stdin=subprocess.DEVNULL,
            stdout=results,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            # A group of its own, so that all of its compilers can be ended at once.
            start_new_session=True,
        )
        try:
            for line in process.stderr or ():
                record.write(line)
                on_line(line.strip())
            code = process.wait()
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
    if code:
        raise BuildFailed(failure(tool, arguments[0], code, log))


def failure(tool: Tool, verb: str, code: int, log: Path) -> str:
    """Return what to tell about a build that failed, with the likely cause if the log shows one."""
    text = log.read_text()
    lines = [line for line in text.splitlines() if line.strip()][-_LINES_OF_LOG:]
    cause = next((told for signs, told in _CAUSES if any(sign in text for sign in signs)), None)
    return "\n".join(
        [
            f"{tool.label} could not be built: `go {verb}` ended with {code}.",
            *(f"  {line}" for line in lines),
            *([cause] if cause else []),
            f"The whole log is {log}. Then run again: what was built before is kept.",
        ]
    )
