"""Making the checkout's virtual environment from uv.lock. Standard library only."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from groundwork.sandbox.home import locks_dir
from groundwork.sandbox.tools.disk import require_room
from groundwork.sandbox.tools.errors import ToolsError
from groundwork.sandbox.tools.index import Index, certificates, chosen_index
from groundwork.sandbox.tools.lock import exclusive
from groundwork.sandbox.tools.stamp import STAMP, is_current, stamp, was_moved
from groundwork.sandbox.tools.uv import ensure_uv

# Measured: 474 MB in the environment and 509 MB in uv's cache (shared where both are on one file system).
_ENVIRONMENT_BYTES = 1_100_000_000


def ensure_environment(checkout: Path, say: Callable[[str], None]) -> None:
    """Install what uv.lock says into `checkout`/.venv, unless it is there.

    Raises:
        ToolsError: there is no room, or uv cannot be fetched or fails.
    """
    if is_current(checkout):
        return
    # Two commands of one checkout may start at once; which checkout it is goes into the name.
    name = f"venv-{hashlib.sha256(str(checkout).encode()).hexdigest()[:12]}"
    with exclusive(name, lambda holder: say(f"waiting for another setup of this checkout ({holder})")):
        if is_current(checkout):
            return
        if was_moved(checkout):
            shutil.rmtree(checkout / ".venv")
        if not (checkout / ".venv").exists():
            require_room(checkout, _ENVIRONMENT_BYTES, "installing the Python packages", "move the checkout")
        uv = ensure_uv(say)
        say("installing the Python packages of uv.lock")
        (checkout / ".venv" / STAMP).unlink(missing_ok=True)
        unfinished = locks_dir() / f"{name}.unfinished"
        # A package whose installation was cut off looks installed to uv.
        anew = unfinished.exists()
        unfinished.touch()
        install(uv, checkout, chosen_index(os.environ), anew)
        (checkout / ".venv" / STAMP).write_text(stamp(checkout))
        unfinished.unlink()


def install(uv: Path, checkout: Path, index: Index, anew: bool = False) -> None:
    """Let uv install what uv.lock says, each file verified by its digest.

    Args:
        anew: also what seems to be installed.

    Raises:
        ToolsError: uv fails; its own words are on the terminal.
    """
    for command in commands(checkout, index, anew):
        quiet = [] if sys.stderr.isatty() else ["--quiet"]
        done = subprocess.run([uv, *command, *quiet], cwd=checkout, env=environment(index), check=False)
        if done.returncode:
            raise ToolsError(
                f"uv could not install the Python packages: `uv {command[0]}` ended with {done.returncode}, see "
                "above.\nCheck the network, PIP_INDEX_URL and the room on the disk; then run again."
            )


def commands(checkout: Path, index: Index, anew: bool = False) -> list[Sequence[str]]:
    """Return uv's arguments, call by call."""
    python = _python(checkout)
    reinstall = ("--reinstall",) if anew else ()
    if index.is_default:
        return [("sync", "--locked", *reinstall, *python)]
    # uv.lock has the default index's addresses, and `uv sync` calls it stale where another index is set. Names,
    # versions and digests are the same on a mirror.
    venv = checkout / ".venv"
    wanted = str(venv / "groundwork-requirements.txt")
    into = ("--python", str(venv / "bin" / "python"))
    return [
        ("venv", "--allow-existing", *python, str(venv)),
        ("export", "--frozen", "--no-emit-project", "--output-file", wanted),
        ("pip", "sync", "--require-hashes", *reinstall, *into, wanted),
        ("pip", "install", "--no-deps", *into, "--editable", "."),
    ]


def environment(index: Index) -> dict[str, str]:
    """Return the environment for uv: ours, with what only pip's settings say told to uv as well."""
    settings = {
        # A prebuilt Python would come from a host that is no package registry.
        "UV_PYTHON_DOWNLOADS": "never",
        # An active environment of something else must not draw the packages to it.
        "UV_PROJECT_ENVIRONMENT": ".venv",
    }
    if not index.is_default:
        settings["UV_DEFAULT_INDEX"] = index.configured
    trusted = certificates(os.environ)
    if trusted:
        settings["SSL_CERT_FILE"] = trusted
    ours = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "UV_INDEX_URL")}
    return ours | settings


def _python(checkout: Path) -> tuple[str, ...]:
    # An environment that works is kept, whichever Python the user made it with.
    works = os.access(checkout / ".venv" / "bin" / "python", os.X_OK)
    return () if works else ("--python", sys.executable)
