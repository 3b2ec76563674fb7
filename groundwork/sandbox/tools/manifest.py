"""The note beside an installed tool that says what it is, and that its installation was completed."""

from __future__ import annotations

import hashlib
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from groundwork.sandbox.tools.definitions import Tool
from groundwork.sandbox.tools.machine import this_machine

NAME = "manifest.json"


class Manifest(BaseModel):
    """What is known of an installed tool.

    Attributes:
        source: how it was got, for a person: `built with go1.26.8`.
        go_sum: SHA-256 over the `go.mod` and `go.sum` that it was built from.
        machine: operating system and processor that it runs on.
        sizes: bytes of each program, so that a truncated one is noticed without reading it.
        installed: when, in UTC.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    version: str
    source: str
    go_sum: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    machine: str
    sizes: dict[str, int]
    installed: datetime


def go_sum_digest(tool: Tool) -> str:
    """Return the SHA-256 over what pins the build of `tool`: its `go.mod` and `go.sum`."""
    digest = hashlib.sha256()
    for name in ("go.mod", "go.sum"):
        digest.update((tool.module_dir / name).read_bytes())
    return digest.hexdigest()


def describe(tool: Tool, folder: Path, source: str) -> Manifest:
    """Return the manifest of a tool whose programs are in `folder`/bin."""
    return Manifest(
        name=tool.name,
        version=tool.version,
        source=source,
        go_sum=go_sum_digest(tool),
        machine=this_machine(),
        sizes={binary.name: (folder / "bin" / binary.name).stat().st_size for binary in tool.binaries},
        installed=datetime.now(UTC).replace(microsecond=0),
    )


def write(folder: Path, manifest: Manifest) -> None:
    """Put `manifest` into `folder`, at once or not at all."""
    draft = folder / f"{NAME}.{os.getpid()}"
    draft.write_text(manifest.model_dump_json(indent=2) + "\n")
    draft.replace(folder / NAME)


def fault(tool: Tool, folder: Path) -> str | None:
    """Say what is wrong with the installation of `tool` in `folder`; None if it is sound.

    Cheap enough for every run: it compares names, sizes and the digest of `go.sum`, and reads no program.
    """
    if not folder.is_dir():
        return "is not installed"
    try:
        found = Manifest.model_validate(json.loads((folder / NAME).read_text()))
    except FileNotFoundError:
        return "was not installed to the end (it has no manifest)"
    except (OSError, ValueError, ValidationError):
        return "has a manifest that cannot be read"
    return _difference(tool, found) or _damage(tool, folder, found)


def _difference(tool: Tool, found: Manifest) -> str | None:
    if (found.name, found.version) != (tool.name, tool.version):
        return f"is {found.name} {found.version} in truth"
    if found.machine != this_machine():
        return f"was built for {found.machine}, and this machine is {this_machine()}"
    if found.go_sum != go_sum_digest(tool):
        return "was built from other pinned modules than this checkout's"
    return None


def _damage(tool: Tool, folder: Path, found: Manifest) -> str | None:
    for binary in tool.binaries:
        program = folder / "bin" / binary.name
        if not program.is_file():
            return f"lacks the program {binary.name}"
        size = program.stat().st_size
        if size != found.sizes.get(binary.name):
            wanted = found.sizes.get(binary.name)
            return f"has a damaged program {binary.name} ({size} bytes instead of {wanted})"
        if not os.access(program, os.X_OK):
            return f"has a program {binary.name} that may not be executed"
    return None
