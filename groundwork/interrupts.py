"""What an interrupt may not cut off: what it kills half-way is lost to the engine, and stays in the cloud."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType


def watch(command: Sequence[str], folder: Path, environ: Mapping[str, str]) -> int:
    """Run a command that the user watches, and return its exit code.

    An interrupt is the command's own to answer, as the terminal gives it to the command too: the engine ends what is
    under way and writes its state. What only this process is told (SIGTERM, as CI does) is passed on as an interrupt.

    Raises:
        KeyboardInterrupt: it was interrupted, and has ended.
    """
    interrupted = False
    process = subprocess.Popen(command, cwd=folder, env=dict(environ))

    def pass_on(number: int, frame: FrameType | None) -> None:
        nonlocal interrupted
        interrupted = True
        process.send_signal(signal.SIGINT)

    before = signal.signal(signal.SIGTERM, pass_on)
    try:
        while process.returncode is None:
            try:
                process.wait()
            except KeyboardInterrupt:
                interrupted = True
    finally:
        signal.signal(signal.SIGTERM, before)
    if interrupted:
        raise KeyboardInterrupt
    return process.returncode


@contextmanager
def unbroken() -> Iterator[None]:
    """Let an interrupt wait until the block is over; commands that it starts are not interrupted either."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
