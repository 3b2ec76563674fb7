"""Where Groundwork keeps what outlives a checkout: tools, locks, logs and sandboxes.

Standard library only: the bootstrap imports it before any dependency is installed.
"""

from __future__ import annotations

import os
import re
from pathlib import Path


def home() -> Path:
    """Return Groundwork's own folder, made or not.

    `GROUNDWORK_HOME` if set, else `groundwork` in the user's cache folder (`XDG_CACHE_HOME` or `~/.cache`).
    """
    chosen = os.environ.get("GROUNDWORK_HOME")
    if chosen:
        return Path(chosen).expanduser().resolve()
    cache = os.environ.get("XDG_CACHE_HOME")
    # The specification of XDG_CACHE_HOME says that a relative path is to be ignored.
    base = Path(cache) if cache and Path(cache).is_absolute() else Path.home() / ".cache"
    return base / "groundwork"


def tools_dir() -> Path:
    """Return the folder of the installed tools, one folder `<name>-<version>` each."""
    return home() / "tools"


def sandboxes_dir() -> Path:
    """Return the folder of the sandboxes, one folder each."""
    return home() / "sandboxes"


def locks_dir() -> Path:
    """Return the folder of the files that processes lock among themselves."""
    return home() / "locks"


def logs_dir() -> Path:
    """Return the folder of the logs of building tools."""
    return home() / "logs"


def scratch_dir() -> Path:
    """Return the folder of what is needed only while something is being built or fetched."""
    return home() / "scratch"


def registry_folder(address: str) -> Path:
    """Return the folder that a registry of charts, `oci://host/path`, is filled from."""
    return home() / "registries" / re.sub(r"[^A-Za-z0-9.-]+", "-", address.removeprefix("oci://"))


def pulled_from(address: str) -> Path:
    """Return the folder of what was pulled from a registry of charts."""
    return registry_folder(address) / "pulled"
