"""Whether the checkout's virtual environment is what uv.lock says. Standard library only.

Apart from the installing, since every command asks it first and it must cost next to nothing.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

STAMP = "groundwork-stamp"


def stamp(checkout: Path) -> str:
    """Return a digest of what the environment depends on: what is declared, what is locked, its Python."""
    digest = hashlib.sha256()
    for file in (checkout / "pyproject.toml", checkout / "uv.lock", checkout / ".venv" / "pyvenv.cfg"):
        # The length keeps what moves from one file to the next from giving the same digest.
        content = file.read_bytes() if file.exists() else b""
        digest.update(len(content).to_bytes(8, "big") + content)
    return digest.hexdigest()


def is_current(checkout: Path) -> bool:
    """Whether the environment is there, complete, and made from the present lock."""
    venv = checkout / ".venv"
    try:
        noted = (venv / STAMP).read_text().strip()
    except OSError:
        return False
    return noted == stamp(checkout) and os.access(venv / "bin" / "python", os.X_OK)
