"""Long-lived processes of a sandbox: started detached, known by a file each, ended only if they are ours."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path

import psutil

from groundwork.sandbox.paths import SandboxPaths

MARKER = "GROUNDWORK_SANDBOX"
"""Environment variable that every process of a sandbox carries; its value is the sandbox's root."""

_CLOCK_TOLERANCE = 2.0  # seconds; a corrected system clock shifts the start times that Linux reports
_POLL_SECONDS = 0.02


class State(StrEnum):
    """What became of a process."""

    RUNNING = "running"
    DIED = "died"
    """It was started, nobody stopped it, and it is gone."""
    STOPPED = "stopped"


@dataclass(frozen=True)
class ProcessSpec:
    """What to run.

    Attributes:
        name: names its log and its pid file.
        env: its whole environment but for the marker; nothing is inherited, proxies least of all.
        revision: anything else on which it depends, such as a digest of its configuration files.
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    revision: str = ""

    def digest(self) -> str:
        """Return what changes when a running process would have to be started again."""
        text = json.dumps([self.argv, dict(self.env), str(self.cwd), self.revision], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class ProcessStatus:
    """How a process is; `pid` is None unless it runs."""

    name: str
    state: State
    pid: int | None
    log: Path


@dataclass(frozen=True)
class Orphan:
    """A process of a sandbox that no pid file knows."""

    pid: int
    command: str


class StartError(Exception):
    """A process did not come up: names it, says why, and ends with the last lines of its log."""

    def __init__(self, name: str, reason: str, log: Path, tail: str) -> None:
        """Put all of it into the message."""
        shown = "\n".join(f"  | {line}" for line in tail.splitlines()) or "  | (empty)"
        super().__init__(f"{name} {reason}. The end of its log:\n{shown}\nThe whole log: {log}")
        self.name = name
        self.reason = reason
        self.log = log
        self.tail = tail


@dataclass(frozen=True)
class _Record:
    """A pid file. A foreground process registered itself: it is known, but never ended by us."""

    name: str
    pid: int
    created: float
    digest: str
    foreground: bool = False


class Processes:
    """The processes of the sandbox at `paths`."""

    def __init__(self, paths: SandboxPaths) -> None:
        """Read and write nothing yet."""
        self._paths = paths

    def start(self, spec: ProcessSpec) -> bool:
        """Start it, in a group of its own, its output in its log; return False if exactly that runs already.

        If it runs with other arguments it is stopped first. The log of the run before is kept as `.previous.log`.

        Raises:
            StartError: the program cannot be executed.
        """
        record = self._alive(spec.name)
        if record is not None:
            if record.digest == spec.digest():
                return False
            self.stop([spec.name])
        log = self.log(spec.name)
        if log.exists():
            log.replace(log.with_suffix(".previous.log"))
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            process = subprocess.Popen(
                spec.argv,
                env={**spec.env, MARKER: str(self._paths.root)},
                cwd=spec.cwd or self._paths.root,
                stdin=subprocess.DEVNULL,
                stdout=descriptor,
                stderr=descriptor,
                start_new_session=True,
                umask=0o077,
            )
        except OSError as error:
            raise StartError(spec.name, f"cannot be started: {error}", log, "") from None
        finally:
            os.close(descriptor)
        process.returncode = 0  # the process outlives us on purpose: no warning when this object goes
        self._write(_Record(spec.name, process.pid, _created(process.pid), spec.digest()))
        _await_marker(process.pid)
        return True

    @contextlib.contextmanager
    def foreground(self, name: str) -> Iterator[None]:
        """Make the current process known under `name` while the block runs, so that what it starts is no orphan."""
        self._write(_Record(name, os.getpid(), _created(os.getpid()), "", foreground=True))
        try:
            yield
        finally:
            self._file(name).unlink(missing_ok=True)

    def stop(self, names: Sequence[str], timeout: float = 10.0) -> None:
        """Ask all of `names` at once to end, kill what still runs after `timeout` seconds, and forget them."""
        alive = {name: record for name in names if (record := self._alive(name))}
        _end([record.pid for record in alive.values() if not record.foreground], timeout)
        for name in names:
            if not (name in alive and alive[name].foreground):
                self._file(name).unlink(missing_ok=True)

    def status(self, name: str) -> ProcessStatus:
        """Return how the process is."""
        record = self._alive(name)
        if record is not None:
            return ProcessStatus(name, State.RUNNING, record.pid, self.log(name))
        state = State.DIED if self._file(name).exists() else State.STOPPED
        return ProcessStatus(name, state, None, self.log(name))

    def known(self) -> list[ProcessStatus]:
        """Return how every process is that was started and not stopped."""
        return [self.status(file.stem) for file in sorted(self._paths.run.glob("*.pid"))]

    def log(self, name: str) -> Path:
        """Return the file with its output."""
        return self._paths.logs / f"{name}.log"

    def tail(self, name: str, lines: int = 15) -> str:
        """Return the last lines of its log."""
        try:
            text = self.log(name).read_text(errors="replace")
        except FileNotFoundError:
            return ""
        return "\n".join(text.splitlines()[-lines:])

    def orphans(self) -> list[Orphan]:
        """Return the processes that carry this sandbox's marker, but neither they nor a parent have a pid file.

        The current process and what it started are never orphans.
        """
        known = {os.getpid()}
        known |= {status.pid for status in self.known() if status.pid is not None}
        ancestors = {parent.pid for parent in psutil.Process().parents()}
        found: list[Orphan] = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.pid in ancestors or not _carries_marker(process, self._paths.root):
                    continue
                family = {process.pid, os.getpgid(process.pid), *(each.pid for each in process.parents())}
                if not family & known:
                    found.append(Orphan(process.pid, " ".join(process.cmdline()[:2])))
        return found

    def end_orphans(self, timeout: float = 5.0) -> list[Orphan]:
        """End the orphans and return them."""
        orphans = self.orphans()
        _end([orphan.pid for orphan in orphans], timeout)
        return orphans

    def _file(self, name: str) -> Path:
        return self._paths.run / f"{name}.pid"

    def _write(self, record: _Record) -> None:
        partial = self._file(record.name).with_suffix(".partial")
        partial.write_text(json.dumps(asdict(record)))
        partial.replace(self._file(record.name))

    def _alive(self, name: str) -> _Record | None:
        """Return the record if the process that it means still runs: same pid, same start, our marker."""
        try:
            record = _Record(**json.loads(self._file(name).read_text()))
            process = psutil.Process(record.pid)
            same = (
                not _reaped(process)
                and abs(process.create_time() - record.created) < _CLOCK_TOLERANCE
                and (record.foreground or _carries_marker(process, self._paths.root))
            )
        except (FileNotFoundError, ValueError, TypeError, psutil.Error):
            return None
        return record if same else None


def _created(pid: int) -> float:
    try:
        return psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:  # it died at once; whoever waits for it will say so
        return 0.0


def _await_marker(pid: int) -> None:
    """Wait until the new program's environment can be read: for an instant after exec the kernel shows none."""
    deadline = time.monotonic() + 1.0
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        while not process.environ() and not _reaped(process) and time.monotonic() < deadline:
            time.sleep(0.001)


def _carries_marker(process: psutil.Process, root: Path) -> bool:
    return process.environ().get(MARKER) == str(root)


def _reaped(process: psutil.Process) -> bool:
    """Whether it is only waiting to be collected, which we do at once if it is our own child."""
    if process.status() != psutil.STATUS_ZOMBIE:
        return False
    with contextlib.suppress(ChildProcessError):
        os.waitpid(process.pid, os.WNOHANG)
    return True


def _end(pids: Sequence[int], timeout: float) -> None:
    """End each process with its group: SIGTERM, and SIGKILL for those that remain."""
    members = [member for pid in pids for member in _group(pid)]
    _signal(members, signal.SIGTERM)
    deadline = time.monotonic() + timeout
    while (members := [member for member in members if _runs(member)]) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    _signal(members, signal.SIGKILL)
    deadline = time.monotonic() + timeout
    while (members := [member for member in members if _runs(member)]) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)


def _group(pid: int) -> list[psutil.Process]:
    """Return the process and, if it leads a group, that group's members; psutil guards against reused pids."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, ProcessLookupError):
            if process.pid == pid or os.getpgid(process.pid) == pid:
                found.append(process)
    return found


def _signal(processes: Sequence[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(number)


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and not _reaped(process)
    except psutil.NoSuchProcess:
        return False
