"""The pinned uv: fetched once a machine. Standard library only."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from groundwork.sandbox.home import scratch_dir, tools_dir
from groundwork.sandbox.tools import pins
from groundwork.sandbox.tools.index import chosen_index, trust
from groundwork.sandbox.tools.lock import exclusive
from groundwork.sandbox.tools.machine import this_machine
from groundwork.sandbox.tools.replace import replace_folder
from groundwork.sandbox.tools.wheels import fetch, unpack


def ensure_uv(say: Callable[[str], None]) -> Path:
    """Return the pinned uv, after fetching it if this machine does not have it yet.

    Raises:
        ToolsError: it cannot be fetched.
    """
    wheel = pins.pick(pins.UV, this_machine())
    folder = tools_dir() / f"uv-{wheel.version}"
    program = folder / "bin" / "uv"
    if os.access(program, os.X_OK):
        return program
    with exclusive("uv", lambda holder: say(f"waiting for another setup ({holder}) to fetch {wheel.label}")):
        if not os.access(program, os.X_OK):
            say(f"fetching {wheel.label} ({wheel.size / 1e6:.0f} MB)")
            _install(wheel, folder)
    return program


def _install(wheel: pins.Wheel, folder: Path) -> None:
    scratch_dir().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="uv-", dir=scratch_dir()) as scratch:
        place = Path(scratch)
        archive = fetch(wheel, place, chosen_index(os.environ), trust(os.environ), lambda _: None)
        unpack(archive, place / "unpacked")
        scripts = place / "unpacked" / f"uv-{wheel.version}.data" / "scripts"
        (place / "new").mkdir()
        scripts.rename(place / "new" / "bin")
        replace_folder(place / "new", folder, place / "old")
