"""Putting a finished folder in place at once. Standard library only."""

from __future__ import annotations

import shutil
from pathlib import Path


def replace_folder(new: Path, target: Path, trash: Path) -> None:
    """Put the folder `new` in the place of `target`; all three lie on one file system.

    A process that runs a program of the old folder keeps running it: only the name goes.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        target.rename(trash)
    new.rename(target)
    shutil.rmtree(trash, ignore_errors=True)
