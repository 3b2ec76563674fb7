"""The executable where no zygote listens: `python -m groundwork.sandbox.language_host [flags] ENGINE_ADDRESS`."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path

from groundwork.sandbox.language_host.processes import Zygote, Zygotes

_POLL_SECONDS = 0.5


def main() -> None:
    """Serve the engine that started us, until it is done or gone."""
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    # The engine interrupts its plugins when it is done, and waits five seconds for one that does not end.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: os._exit(0))
    python = Path(sys.executable)
    zygotes = Zygotes(python, Zygote.spawn(python))

    # Imported only now: the zygote imports at the same time.
    from groundwork.sandbox.language_host.host import serve

    serve(sys.argv[-1], zygotes)


def _end_with(parent: int) -> None:
    """End when the engine ended in whatever way, kill -9 too."""
    while os.getppid() == parent:
        time.sleep(_POLL_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    main()
