"""Tools that are on PATH already, in a version that fits."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from groundwork.sandbox.home import home
from groundwork.sandbox.tools.definitions import Binary, Tool
from groundwork.sandbox.tools.versions import ask, fits

LANGUAGE_HOST = "pulumi-language-python"


def on_path(binary: Binary, tool: Tool) -> Path | None:
    """Return the program of that name on PATH if its version fits, else None."""
    found = shutil.which(binary.name, path=outside_home(os.environ.get("PATH", "")))
    if found is None:
        return None
    program = Path(found)
    return program if fits(_version(program, binary), tool.version, binary.any_patch) else None


def language_host(pulumi: Tool) -> Path | None:
    """Return the official Python language host, where the official CLI of our version is on PATH beside it.

    It has no version to ask for, and one left by another release of Pulumi would speak another protocol.
    """
    cli = on_path(pulumi.binaries[0], pulumi)
    if cli is None:
        return None
    for folder in (cli.parent, cli.resolve().parent):
        host = folder / LANGUAGE_HOST
        if os.access(host, os.X_OK):
            return host
    return None


def outside_home(path: str) -> str:
    """Return `path` without the folders of our own home.

    In a shell of the sandbox PATH starts with programs that call the tools: taken for tools they would call
    themselves.
    """
    own = home()
    entries = [entry for entry in path.split(os.pathsep) if entry]
    return os.pathsep.join(e for e in entries if not Path(e).expanduser().resolve().is_relative_to(own))


def _version(program: Path, binary: Binary) -> str | None:
    """Ask a program for its version once, and remember the answer until the file changes."""
    state = program.resolve().stat()
    key = f"{program}:{state.st_size}:{state.st_mtime_ns}"
    memory = home() / "versions.json"
    known = _read(memory)
    if key not in known:
        known = {other: version for other, version in known.items() if not other.startswith(f"{program}:")}
        known[key] = ask(program, binary)
        _write(memory, known)
    return known[key]


def _read(memory: Path) -> dict[str, str | None]:
    try:
        content = json.loads(memory.read_text())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _write(memory: Path, known: dict[str, str | None]) -> None:
    # Only a memory: two processes that write at once lose an answer at most, and never tear the file.
    try:
        memory.parent.mkdir(parents=True, exist_ok=True)
        draft = memory.with_suffix(f".{os.getpid()}")
        draft.write_text(json.dumps(known, indent=1))
        draft.replace(memory)
    except OSError:
        return
