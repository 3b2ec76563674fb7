"""The folder that a build fills and removes, and what a killed build has left."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from groundwork.sandbox.home import scratch_dir

_PREFIX = "build-"
_PATIENCE_SECONDS = 5


@contextmanager
def build_scratch() -> Iterator[Path]:
    """Give a new folder; at the end, whatever happens, what still builds in it is ended and it is removed."""
    scratch_dir().mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=scratch_dir()))
    try:
        yield folder
    finally:
        # An interruption may come while a compiler is being started, before anybody holds its number.
        _end_builders(folder)
        shutil.rmtree(folder, ignore_errors=True)


def leftovers() -> list[Path]:
    """Return the folders of builds; with the lock of the tools held, those of killed builds."""
    return sorted(scratch_dir().glob(f"{_PREFIX}*"))


def clear_leftovers() -> list[Path]:
    """End and remove what killed builds have left; call it only with the lock of the tools held."""
    found = leftovers()
    for folder in found:
        _end_builders(folder)
        shutil.rmtree(folder, ignore_errors=True)
    return found


def size_of(folder: Path) -> int:
    """Return the bytes that `folder` takes on the disk."""
    return sum(file.lstat().st_blocks * 512 for file in folder.rglob("*"))


def _end_builders(folder: Path) -> None:
    # A killed setup cannot end its compiler, which would go on writing here. It is known by its cache.
    processes = [process for process in psutil.process_iter() if _builds_in(process, folder)]
    for process in processes:
        _signal(process)
    psutil.wait_procs(processes, timeout=_PATIENCE_SECONDS)


def _builds_in(process: psutil.Process, folder: Path) -> bool:
    try:
        return process.environ().get("GOCACHE") == str(folder / "cache")
    except psutil.Error:
        return False


def _signal(process: psutil.Process) -> None:
    try:
        process.kill()
    except psutil.NoSuchProcess:
        return
