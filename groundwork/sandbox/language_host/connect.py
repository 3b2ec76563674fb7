"""What the engine starts: has the sandbox's zygote fork a language host, or starts one itself. Standard library only.

Usage: `python -I -S connect.py SOCKET PYTHON [flags] ENGINE_ADDRESS`.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import struct
import sys
from typing import NoReturn

_POLL_SECONDS = 0.5


def main() -> NoReturn:
    """Stay for as long as the engine does; the host that was forked for us ends when we do."""
    path, python, *arguments = sys.argv[1:]
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(path)
    except OSError:
        os.execv(python, [python, "-P", "-m", "groundwork.sandbox.language_host", *arguments])  # noqa: S606
    # The engine interrupts its plugins when it is done, and waits five seconds for one that does not end.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: os._exit(0))
    engine = os.getppid()
    report, report_end = os.pipe()
    life_end, _life = os.pipe()  # the other end closes when we end, in whatever way
    request = {
        "kind": "host",
        "socket": path,
        "engine": arguments[-1],
        "folder": os.getcwd(),  # noqa: PTH109 - pathlib costs 10 ms here
        "env": dict(os.environ),
    }
    body = json.dumps(request).encode()
    socket.send_fds(connection, [struct.pack("!I", len(body))], [1, 2, report_end, life_end])
    connection.sendall(body)
    for descriptor in (report_end, life_end):
        os.close(descriptor)
    told = b""  # the host's process id on the first line, its exit code on the second
    while os.getppid() == engine and told.count(b"\n") < 2:
        readable, _, _ = select.select([report], [], [], _POLL_SECONDS)
        if readable:
            chunk = os.read(report, 64)
            if not chunk:
                break
            told += chunk
    os._exit(1)


if __name__ == "__main__":
    main()
