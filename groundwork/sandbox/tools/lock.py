"""One process at a time, across checkouts. Standard library only."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from groundwork.sandbox.home import locks_dir


@contextmanager
def exclusive(name: str, waiting: Callable[[str], None]) -> Iterator[None]:
    """Hold the lock `name` of this machine's Groundwork home.

    Whoever comes second waits until the first is done or dead: the kernel frees the lock with its process.

    Args:
        name: what is locked, also the file's name.
        waiting: called once, with who holds the lock, if there is something to wait for.
    """
    locks_dir().mkdir(parents=True, exist_ok=True)
    # Opened for appending, since whoever waits must not empty the note of whoever holds the lock.
    with (locks_dir() / name).open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            waiting(file.read().strip() or "another process")
            fcntl.flock(file, fcntl.LOCK_EX)
        file.truncate(0)
        file.write(f"process {os.getpid()}, since {time.strftime('%H:%M:%S')}")
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)


def is_held(name: str) -> bool:
    """Whether some process holds the lock `name` right now."""
    try:
        with (locks_dir() / name).open("a+") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False
