"""What takes long is done once in a run of the tests, whichever of its processes asks first."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

SHARED = "GROUNDWORK_TESTS_SHARED"
"""Names the folder that all processes of this run have together: `tests/conftest.py` sets it."""


def once(name: str, make: Callable[[], bytes]) -> bytes:
    """Return what `make` made, in this process or another; those that ask meanwhile wait for it."""
    with (Path(os.environ[SHARED]) / name).open("a+b") as kept:
        fcntl.flock(kept, fcntl.LOCK_EX)
        kept.seek(0)
        if found := kept.read():
            return found
        made = make()
        kept.write(made)
        return made
