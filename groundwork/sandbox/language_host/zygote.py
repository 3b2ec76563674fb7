"""A process that has imported the SDK and forks itself for each program: started by path, standard library only.

Usage: `python -P zygote.py --connection FD` serves one Unix socket until it closes;
`python -P zygote.py --listen PATH MODULE...` serves all comers, with more modules imported.

A request is a length of 4 bytes and that much JSON, with four file descriptors: the fork's standard output, its
standard error, a pipe on which its process id and then its exit code are reported, one a line, and a pipe that the
asker holds open: when that closes, in whatever way the asker ended, the fork ends too. The request carries the
configuration, secrets too: so it goes through the socket, never through arguments or the environment.

The SDKs import most of their modules only when a program uses them, which takes seconds. What a program used of the
packages that we were told to import, and of the project's own (`project.py`), we import after it ended, so that the
next one finds it.
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
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

_BACKLOG = 16
# A plugin that has imported nothing for this long has what it needs.
_IMPORTING_SECONDS = 0.5
Request = dict[str, Any]


class Gone(Exception):  # noqa: N818 - not an error
    """The other end of a connection has ended."""


class Zygote:
    """Serves connections; single-threaded, so that forking is safe."""

    def __init__(
        self,
        run: Callable[[Request], int],
        listener: socket.socket | None,
        project: Any,
        packages: Sequence[str] = (),
    ) -> None:
        """Fork into `run`; `listener` takes new connections, forks are watched for modules of `packages`."""
        self._run = run
        self._listener = listener
        self._packages = frozenset(packages)
        self._used = Path(f"{listener.getsockname()}.used") if listener else None
        self._project = project
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
        if request["kind"] != "host":
            self._project.keep_up(request["env"].get("PYTHONPATH", ""))
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
        known = frozenset(sys.modules)
        if request["kind"] == "plugin":  # it is killed when it has done its work
            threading.Thread(target=self._tell_when_imported, args=(request, known), daemon=True).start()
        code = self._run(request)
        if code == 0 and request["kind"] == "program":
            self._tell_used(request, known)
        os._exit(code)

    def _tell_when_imported(self, request: Request, known: frozenset[str]) -> None:
        before, now = 0, len(sys.modules)
        while before != now:
            time.sleep(_IMPORTING_SECONDS)
            before, now = now, len(sys.modules)
        self._tell_used(request, known)

    def _tell_used(self, request: Request, known: frozenset[str]) -> None:
        new = sys.modules.keys() - known
        libraries = [name for name in new if name.partition(".")[0] in self._packages]
        project = self._project.used(new)
        if self._used is None or not (libraries or project):
            return
        told = {"path": request["env"].get("PYTHONPATH", ""), "libraries": libraries, "project": project}
        file = self._used.with_name(f"{self._used.name}.{os.getpid()}")
        part = file.with_suffix(".part")
        part.write_text(json.dumps(told), encoding="utf-8")
        part.replace(file)

    def _report_ended(self) -> None:
        while self._forks:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            report = self._forks.pop(pid)
            _say(report, os.waitstatus_to_exitcode(status))
            os.close(report)
        if self._used:
            self._learn(self._used)

    def _learn(self, used: Path) -> None:
        for file in used.parent.glob(f"{used.name}.*[0-9]"):
            told = json.loads(file.read_text(encoding="utf-8"))
            file.unlink()
            _import([name for name in told["libraries"] if name not in sys.modules])
            self._project.learn(told["path"], told["project"])


def main() -> None:
    """Import what programs need, then serve."""
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    # The engine interrupts its whole process group when it is done: our connections say when we are.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    mode, address, *modules = [word for word in sys.argv[1:] if not word.startswith("--listener=")]
    # Listening comes first: who comes while we import, waits instead of starting a host of its own.
    listener = _listener(address) if mode == "--listen" else None
    program, project = (runpy.run_path(str(Path(__file__).with_name(name))) for name in ("program.py", "project.py"))
    _import(modules)
    own = project["Project"](lambda names: program["import_apart"](lambda: _import(names)))
    zygote = Zygote(program["run"], listener, own, modules)
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
        # What fails here, fails in the program that imports it, and is told there.
        with contextlib.suppress(Exception, SystemExit):
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
