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
from typing import Any, Self

_ZYGOTE = Path(__file__).with_name("zygote.py")


class Running:
    """One program or plugin that was started."""

    def __init__(self, report: int, life: int) -> None:
        """Read its process id and later its exit code from the pipe `report`; it lives while `life` is open."""
        self._life = life
        self._report = os.fdopen(report, "rb")
        first = self._report.readline()
        self._pid = int(first) if first else None

    def wait(self) -> int | None:
        """Return the exit code, None where the zygote died before it could tell."""
        with self._report:
            last = self._report.readline()
        self.kill()
        os.close(self._life)
        return int(last) if last else None

    def kill(self) -> None:
        """End it at once."""
        pid, self._pid = self._pid, None
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


class Zygote:
    """A connection to a zygote."""

    def __init__(self, connection: socket.socket) -> None:
        """Ask over `connection`."""
        self._connection = connection
        self._lock = threading.Lock()

    @classmethod
    def spawn(cls, python: Path) -> Self:
        """Start a zygote of our own in the interpreter `python`; it imports the SDK while we go on."""
        mine, theirs = socket.socketpair()
        with theirs:
            subprocess.Popen(
                [str(python), "-u", "-P", str(_ZYGOTE), "--connection", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
            )
        return cls(mine)

    @classmethod
    def connect(cls, path: str) -> Self:
        """Use the zygote that listens on `path`."""
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(path)
        return cls(connection)

    def start(self, request: Mapping[str, Any], out: int, err: int) -> Running:
        """Run `request` in a fork that writes to the descriptors `out` and `err`.

        Raises:
            OSError: the zygote has died.
        """
        report, report_end = os.pipe()
        life_end, life = os.pipe()
        body = json.dumps(request).encode()
        try:
            with self._lock:
                head = [struct.pack("!I", len(body))]
                socket.send_fds(self._connection, head, [out, err, report_end, life_end])
                self._connection.sendall(body)
        except OSError:
            os.close(report)
            os.close(life)
            raise
        finally:
            os.close(report_end)
            os.close(life_end)
        return Running(report, life)


class Zygotes:
    """One zygote for each interpreter that is asked for."""

    def __init__(self, python: Path, zygote: Zygote) -> None:
        """Use `zygote` for the interpreter `python`, and start others when they are asked for."""
        self._lock = threading.Lock()
        self._by_python = {python: zygote}

    def of(self, python: Path) -> Zygote:
        """Return the zygote of `python`."""
        with self._lock:
            if python not in self._by_python:
                self._by_python[python] = Zygote.spawn(python)
            return self._by_python[python]
