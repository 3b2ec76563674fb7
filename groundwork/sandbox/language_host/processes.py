"""The host's side of the zygote: start programs and plugins, wait for them, end them."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import struct
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_ZYGOTE = Path(__file__).with_name("zygote.py")


class Run:
    """One program or plugin that was started."""

    def __init__(self, report: int) -> None:
        """Read its process id and later its exit code from the pipe `report`."""
        self._report = os.fdopen(report, "rb")
        first = self._report.readline()
        self._pid = int(first) if first else None

    def wait(self) -> int | None:
        """Return the exit code, None where the zygote died before it could tell."""
        with self._report:
            last = self._report.readline()
        self._pid = None
        return int(last) if last else None

    def kill(self) -> None:
        """End it at once."""
        if self._pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)


class Zygote:
    """One zygote in one interpreter."""

    def __init__(self, python: Path) -> None:
        """Start it; it imports the SDK while the caller goes on."""
        mine, theirs = socket.socketpair()
        self._connection = mine
        self._lock = threading.Lock()
        with theirs:
            self._process = subprocess.Popen(
                [str(python), "-P", str(_ZYGOTE), str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
            )

    def start(self, request: Mapping[str, Any], out: int, err: int) -> Run:
        """Run `request` in a fork that writes to the descriptors `out` and `err`.

        Raises:
            OSError: the zygote has died.
        """
        readable, report = os.pipe()
        body = json.dumps(request).encode()
        try:
            with self._lock:
                socket.send_fds(self._connection, [struct.pack("!I", len(body))], [out, err, report])
                self._connection.sendall(body)
        except OSError:
            os.close(readable)
            raise
        finally:
            os.close(report)
        return Run(readable)


class Zygotes:
    """One zygote for each interpreter that is asked for; the first is started at once."""

    def __init__(self, python: Path) -> None:
        """Start the zygote of the interpreter that most programs use."""
        self._lock = threading.Lock()
        self._by_python = {python: Zygote(python)}

    def of(self, python: Path) -> Zygote:
        """Return the zygote of `python`."""
        with self._lock:
            if python not in self._by_python:
                self._by_python[python] = Zygote(python)
            return self._by_python[python]
