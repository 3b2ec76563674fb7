"""A process that has imported the SDK and forks itself for each program: started by path, standard library only.

Usage: `python -P zygote.py FD`, where FD is a Unix socket. Each request on it is a length of 4 bytes and that much
JSON, with three file descriptors: the fork's standard output, its standard error, and a pipe on which its process id
and then its exit code are reported, one a line. The request carries the configuration, secrets too: so it goes
through the socket, and never through arguments or the environment.
"""

from __future__ import annotations

import contextlib
import json
import os
import runpy
import select
import signal
import socket
import struct
import sys
import threading
import time
from pathlib import Path
from typing import Any, NoReturn

_POLL_SECONDS = 0.5


class Gone(Exception):  # noqa: N818 - not an error: the host has ended
    """The other end of the socket has ended."""


def main() -> None:
    """Import the SDK, then fork for each request until the host is gone."""
    connection = socket.socket(fileno=int(sys.argv[1]))
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    # The engine interrupts the whole process group when it is done: the host decides when we end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    program = runpy.run_path(str(Path(__file__).with_name("program.py")))
    with contextlib.suppress(ImportError):
        import pulumi_policy  # noqa: F401 - most environments have a policy pack
    wake, woken = os.pipe()
    os.set_blocking(woken, False)
    signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    forks: dict[int, int] = {}
    try:
        while True:
            readable, _, _ = select.select([connection, wake], [], [])
            if wake in readable:
                os.read(wake, 4096)
                _report_ended(forks)
            if connection in readable:
                request, (out, err, report) = _receive(connection)
                pid = os.fork()
                if pid == 0:
                    for descriptor in (wake, woken, report, *forks.values()):
                        os.close(descriptor)
                    connection.close()
                    _become(program["run"], request, out, err)
                os.close(out)
                os.close(err)
                forks[pid] = report
                _say(report, pid)
    except Gone:
        for pid in forks:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def _receive(connection: socket.socket) -> tuple[dict[str, Any], list[int]]:
    head, descriptors, _, _ = socket.recv_fds(connection, 4, 3)
    if len(head) < 4:
        raise Gone
    left = struct.unpack("!I", head)[0]
    body = b""
    while len(body) < left:
        chunk = connection.recv(left - len(body))
        if not chunk:
            raise Gone
        body += chunk
    return json.loads(body), descriptors


def _become(run: Any, request: dict[str, Any], out: int, err: int) -> NoReturn:
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # no traceback into the engine's last lines
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (out, 1), (err, 2)):
        os.dup2(source, target)
        os.close(source)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # TextIO of a real process
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    os._exit(run(request))


def _end_with(parent: int) -> None:
    """End this process when its parent has ended in whatever way: an orphan would hold the state's lock for nothing."""
    while os.getppid() == parent:
        time.sleep(_POLL_SECONDS)
    os._exit(1)


def _report_ended(forks: dict[int, int]) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        report = forks.pop(pid)
        _say(report, os.waitstatus_to_exitcode(status))
        os.close(report)


def _say(report: int, number: int) -> None:
    with contextlib.suppress(BrokenPipeError):
        os.write(report, f"{number}\n".encode())


if __name__ == "__main__":
    main()
