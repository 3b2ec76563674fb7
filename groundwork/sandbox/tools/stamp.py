"""Whether the checkout's virtual environment is what uv.lock says. Standard library only.

Apart from the installing, since every command asks it first and it must cost next to nothing.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

STAMP = "groundwork-stamp"


def stamp(checkout: Path) -> str:
    """Return where the environment is, and a digest of what it depends on: declared, locked, its Python."""
    digest = hashlib.sha256()
    for file in (checkout / "pyproject.toml", checkout / "uv.lock", checkout / ".venv" / "pyvenv.cfg"):
        # The length keeps what moves from one file to the next from giving the same digest.
        content = file.read_bytes() if file.exists() else b""
        digest.update(len(content).to_bytes(8, "big") + content)
    return f"{checkout}\n{digest.hexdigest()}\n"


def is_current(checkout: Path) -> bool:
    """Whether the environment is there, complete, and made from the present lock."""
    return noted(checkout) == stamp(checkout) and os.access(checkout / ".venv" / "bin" / "python", os.X_OK)


def was_moved(checkout: Path) -> bool:
    """Whether the environment was made in another folder: its commands name that folder's Python."""
    note = noted(checkout)
    return note is not None and not note.startswith(f"{checkout}\n")


def noted(checkout: Path) -> str | None:
    """Return the stamp of the environment that is there, or None if it has none."""
    try:
        return (checkout / ".venv" / STAMP).read_text()
    except OSError:
        return None
