"""Whether the disk has room for what is about to be made. Standard library only."""

from __future__ import annotations

import shutil
from pathlib import Path

from groundwork.sandbox.tools.errors import ToolsError

GIGABYTE = 1_000_000_000


def gigabytes(size: int) -> str:
    """Return bytes as a person reads them."""
    return f"{size / GIGABYTE:.1f} GB"


def free_at(folder: Path) -> int:
    """Return the free bytes on the disk of `folder`, which need not exist yet."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def require_room(folder: Path, needed: int, purpose: str, remedy: str, free: int | None = None) -> None:
    """Check that the disk of `folder` has `needed` bytes free.

    Args:
        purpose: what needs the room, the subject of a sentence.
        remedy: what to do besides freeing room.
        free: the bytes that are free; None to look.

    Raises:
        ToolsError: it has not; with what is needed, what is free, and where.
    """
    available = free_at(folder) if free is None else free
    if available < needed:
        raise ToolsError(
            f"No room on the disk: {purpose} needs {gigabytes(needed)} in {folder}, "
            f"and {gigabytes(available)} are free.\nFree some, or {remedy}; then run again."
        )
