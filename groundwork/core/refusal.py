"""How a program that the engine runs tells whoever called the engine that it refuses what it was given.

The engine's exit code and its messages are the same for that as for a program that failed.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from groundwork.core.errors import StackError

FILE = "GROUNDWORK_REFUSAL"
"""Environment variable: where to write it."""


def tell(error: StackError) -> None:
    """Write down what is refused, where the caller of the engine has named a file for it."""
    if path := os.environ.get(FILE):
        Path(path).write_text(json.dumps(error.problems), encoding="utf-8")


def told(path: Path) -> tuple[str, ...]:
    """Return what the program refused, nothing where it did not."""
    return tuple(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else ()
