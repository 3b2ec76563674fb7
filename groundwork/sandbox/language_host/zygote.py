"""A process that has imported the SDK and forks itself for each program: started by path, standard library only.

Usage: `python -P zygote.py --connection FD` serves one Unix socket until it closes;
`python -P zygote.py --listen PATH MODULE...` serves all comers, with more modules imported.

A request is a length of 4 bytes and that much JSON, with four file descriptors: the fork's standard output, its
standard error, a pipe on which its process id and then its exit code are reported, one a line, and a pipe that the
asker holds open: when that closes, in whatever way the asker ended, the fork ends too. The request carries the
configuration, secrets too: so it goes through the socket, never through arguments or the environment.

The SDKs import most of their modules only when a program uses them, which takes seconds. What a program used of the
packages that we were told to import, we import after it ended, so that the next one finds it.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import struct
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

_BACKLOG = 16
Request = dict[str, Any]


class Gone(Exception):  # noqa: N818 - not an error
    """The other end of a connection has ended."""


class Zygote:
    """Serves connections; single-threaded, so that forking is safe."""

    def __init__(
        self, run: Callable[[Request], int], listener: socket.socket | None, packages: Sequence[str] = ()
    ) -> None:
        """Fork into `run`; `listener` takes new connections, programs are watched for modules of `packages`."""
        self._run = run
        self._listener = listener
        self._packages = frozenset(packages)
        self._used = Path(f"{listener.getsockname()}.modules") if listener else None
        self._connections: dict[int, socket.socket] = {}
        self._forks: dict[int, int] = {}
        self._wake, self._woken = os.pipe()
        os.set_blocking(self._woken, False)
        signal.set_wakeup_fd(self._woken, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._libraries = _libraries()

    def add(self, connection: socket.socket) -> None:
        """Serve one more connection."""
        self._connections[connection.fileno()] = connection

    def serve(self) -> None:
        """Serve until nobody can ask for anything any more."""
        while self._listener or self._connections:
            waiting: list[int] = [self._wake, *self._connections]
            if self._listener:
                waiting.append(self._listener.fileno())
            for descriptor in select.select(waiting, [], [])[0]:
                if descriptor == self._wake:
                    os.read(self._wake, 4096)
                    self._report_ended()
                elif descriptor in self._connections:
                    self._answer(self._connections[descriptor])
                elif self._listener:
                    self._renew()
                    self.add(self._listener.accept()[0])

    def _renew(self) -> None:
        """Start anew where a library was changed since it was imported; who is connecting waits meanwhile."""
        if self._listener and not self._forks and _libraries() != self._libraries:
            os.set_inheritable(self._listener.fileno(), True)
            command = [sys.executable, "-u", "-P", *_without_descriptor(sys.argv)]
            os.execv(sys.executable, [*command, f"--listener={self._listener.fileno()}"])  # noqa: S606

    def _answer(self, connection: socket.socket) -> None:
        try:
            request, (out, err, report, life) = _receive(connection)
        except (Gone, ConnectionError):
            del self._connections[connection.fileno()]
            connection.close()
            return
        pid = os.fork()
        if pid == 0:
            self._become(request, out, err, report, life)
        for descriptor in (out, err, life):
            os.close(descriptor)
        self._forks[pid] = report
        _say(report, pid)

    def _become(self, request: Request, out: int, err: int, report: int, life: int) -> NoReturn:
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        for descriptor in (self._wake, self._woken, report, *self._forks.values()):
            os.close(descriptor)
        for other in (*self._connections.values(), self._listener):
            if other:
                other.close()
        nothing = os.open(os.devnull, os.O_RDONLY)
        for source, target in ((nothing, 0), (out, 1), (err, 2)):
            os.dup2(source, target)
            os.close(source)
        sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # a real process's TextIO
        threading.Thread(target=_end_with, args=(life,), daemon=True).start()
        code = self._run(request)
        if self._used and code == 0 and request["kind"] == "program":
            used = [name for name in sys.modules if name.partition(".")[0] in self._packages]
            self._used.write_text(json.dumps(used), encoding="utf-8")
        os._exit(code)

    def _report_ended(self) -> None:
        while self._forks:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            report = self._forks.pop(pid)
            _say(report, os.waitstatus_to_exitcode(status))
            os.close(report)
        if self._used and self._used.exists():
            used = json.loads(self._used.read_text(encoding="utf-8"))
            self._used.unlink()
            _import([name for name in used if name not in sys.modules])


def main() -> None:
    """Import what programs need, then serve."""
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    # The engine interrupts its whole process group when it is done: our connections say when we are.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    mode, address, *modules = [word for word in sys.argv[1:] if not word.startswith("--listener=")]
    # Listening comes first: who comes while we import, waits instead of starting a host of its own.
    listener = _listener(address) if mode == "--listen" else None
    program = runpy.run_path(str(Path(__file__).with_name("program.py")))
    _import(modules)
    zygote = Zygote(program["run"], listener, modules)
    if listener is None:
        zygote.add(socket.socket(fileno=int(address)))
    zygote.serve()


def _listener(path: str) -> socket.socket:
    inherited = [word for word in sys.argv if word.startswith("--listener=")]
    if inherited:
        return socket.socket(fileno=int(inherited[0].partition("=")[2]))
    Path(path).unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    Path(path).chmod(0o600)
    listener.listen(_BACKLOG)
    return listener


def _import(modules: Sequence[str]) -> None:
    for module in modules:
        # A package that waits for its first use is left without names where a module of it is imported before that.
        parent = sys.modules.get(module.rpartition(".")[0])
        getattr(parent, "_", None)
        with contextlib.suppress(ImportError):
            importlib.import_module(module)
    gc.freeze()  # forks share what was imported: collecting must not touch it


def _without_descriptor(words: list[str]) -> list[str]:
    return [word for word in words if not word.startswith("--listener=")]


def _libraries() -> tuple[int, ...]:
    """Return when something was last installed or removed."""
    folders = [Path(entry) for entry in sys.path if entry.endswith("-packages")]
    return tuple(folder.stat().st_mtime_ns for folder in folders if folder.is_dir())


def _receive(connection: socket.socket) -> tuple[Request, list[int]]:
    head, descriptors, _, _ = socket.recv_fds(connection, 4, 4)
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


def _end_with(life: int) -> None:
    os.read(life, 1)
    os._exit(1)


def _say(report: int, number: int) -> None:
    with contextlib.suppress(BrokenPipeError):
        os.write(report, f"{number}\n".encode())


if __name__ == "__main__":
    main()
