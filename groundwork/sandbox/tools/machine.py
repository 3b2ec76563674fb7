"""What machine this is. Standard library only."""

from __future__ import annotations

import platform
import sys


def this_machine() -> str:
    """Return operating system and processor, as in `linux/x86_64`."""
    return f"{sys.platform}/{platform.machine()}"
