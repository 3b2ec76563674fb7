"""How a long-lived process of the sandbox ends: when it is told to, and when its sandbox is gone."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

_POLL_SECONDS = 2.0


def ending() -> threading.Event:
    """Return an event that is set when this process is asked to end; call it in the main thread, first of all."""
    event = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: event.set())
    return event


def end_without(root: Path) -> None:
    """End this process when `root` disappears, or is made anew: nobody could find or stop it any more."""
    identity = root.stat().st_ino

    def watch() -> None:
        while True:
            time.sleep(_POLL_SECONDS)
            try:
                if root.stat().st_ino != identity:
                    break
            except FileNotFoundError:
                break
        os._exit(0)

    threading.Thread(target=watch, name="watching the sandbox", daemon=True).start()
