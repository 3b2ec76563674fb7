"""Running the engine: its events are followed while it works."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from groundwork.core import refusal
from groundwork.sandbox.engine.events import Event
from groundwork.sandbox.engine.outcome import Outcome
from groundwork.sandbox.engine.stream import EventStream

# Tells the language host that nobody will read the SDK's debug messages.
QUIET = "GROUNDWORK_QUIET"
_POLL_SECONDS = 0.05
_TAIL_LINES = 40
# Seconds that an interrupted engine has to finish what is under way and to release its lock.
_GRACE = 30.0


def refused_file(log: Path) -> Path:
    """Return where the program of a run writes down that it refuses what it was given."""
    return log.with_suffix(".refused.json")


Listener = Callable[[Event], None]


@dataclass(frozen=True)
class Task:
    """One run of the engine: up, preview, refresh or destroy of a stack; each event is told to `listen`."""

    verb: str
    stack: str
    flags: Sequence[str] = ()
    listen: Listener = lambda event: None


class _Run:
    """A run that was started, and what came of it so far."""

    def __init__(self, process: subprocess.Popen[bytes], stream: EventStream, listen: Listener, log: Path) -> None:
        self.process = process
        self.outcome = Outcome()
        self._stream = stream
        self._listen = listen
        self._log = log
        self._began = time.monotonic()
        self._interrupted = False

    def interrupt(self) -> None:
        """Tell it once to end in order: a second time it would end at once, and its state would not be written."""
        if not self._interrupted:
            self._interrupted = True
            self.process.send_signal(signal.SIGINT)

    def ended(self) -> bool:
        """Take in what was told since the last time, and say whether that was all."""
        code = self.process.poll()
        for event in self._stream.new():
            self.outcome.add(event, time.monotonic() - self._began)
            self._listen(event)
        if code is None:
            return False
        self.outcome.code = code
        self.outcome.seconds = time.monotonic() - self._began
        self.outcome.refused = refusal.told(refused_file(self._log))
        self.outcome.output = "\n".join(self._log.read_text(errors="replace").splitlines()[-_TAIL_LINES:])
        return True


@dataclass(frozen=True)
class Engine:
    """The plain CLI, in one project and one environment.

    Attributes:
        pulumi: the executable.
        project: the folder of Pulumi.yaml.
        environ: its whole environment.
        logs: folder for what it prints, a file a stack and verb.
    """

    pulumi: Path
    project: Path
    environ: Mapping[str, str]
    logs: Path

    def log(self, verb: str, stack: str) -> Path:
        """Return the file with what a run printed."""
        return self.logs / f"pulumi-{verb}-{stack}.log"

    def run(
        self,
        verb: str,
        stack: str,
        flags: Sequence[str] = (),
        listen: Listener = lambda event: None,
        tick: Callable[[], None] = lambda: None,
    ) -> Outcome:
        """Run up, preview, refresh or destroy, telling each event to `listen` and calling `tick` in between."""
        return self.side_by_side([Task(verb, stack, flags, listen)], tick)[0]

    def side_by_side(
        self, tasks: Sequence[Task], tick: Callable[[], None] = lambda: None, at_once: int = 1
    ) -> list[Outcome]:
        """Run several, `at_once` of them at a time in their order, calling `tick` in between.

        An interrupt ends all that run, and the others are not begun.
        """
        waiting, runs, running = list(tasks), list[_Run](), list[_Run]()
        with contextlib.ExitStack() as ends, _interruptions(running, waiting) as interrupted:
            while waiting or running:
                while waiting and len(running) < at_once:
                    runs.append(ends.enter_context(self._started(waiting.pop(0))))
                    running.append(runs[-1])
                    if interrupted:  # while it was being started
                        runs[-1].interrupt()
                running[:] = [run for run in running if not run.ended()]
                if running:
                    tick()
                    time.sleep(_POLL_SECONDS)
        return [run.outcome for run in runs]

    @contextlib.contextmanager
    def _started(self, task: Task) -> Iterator[_Run]:
        log = self.log(task.verb, task.stack)
        refused_file(log).unlink(missing_ok=True)
        # The event log belongs to the commands for debugging the engine itself. Checkpoints: the engine would write
        # its whole state, megabytes, twice for each resource. It still does so at its end, after a failure or an
        # interrupt too; after a kill the stand-ins' journals know what was made, and the next run adopts it.
        environ = {
            **self.environ,
            "PULUMI_DEBUG_COMMANDS": "true",
            "PULUMI_EXPERIMENTAL": "true",
            "PULUMI_SKIP_CHECKPOINTS": "true",
            QUIET: "true",
            refusal.FILE: str(refused_file(log)),
        }
        with log.open("wb") as output, EventStream() as stream:
            log.chmod(0o600)
            target = ("--stack", task.stack, "--event-log", stream.address)
            # A session of its own: an interrupt at the terminal reaches the engine once, from us.
            process = subprocess.Popen(
                [str(self.pulumi), task.verb, *target, *_QUIET, *task.flags],
                cwd=self.project,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                yield _Run(process, stream, task.listen, log)
            finally:
                if process.poll() is None:
                    process.kill()
                    process.wait()

    def call(self, *arguments: str, input: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run any other command of the CLI and return what it answered."""
        return subprocess.run(
            [str(self.pulumi), *arguments, "--non-interactive", "--color=never"],
            cwd=self.project,
            env=self.environ,
            input=input,
            stdin=subprocess.DEVNULL if input is None else None,
            capture_output=True,
            text=True,
            check=False,
        )


_QUIET = ("--non-interactive", "--color=never", "--suppress-progress", "--suppress-permalink")


@contextlib.contextmanager
def _interruptions(running: Sequence[_Run], waiting: list[Task]) -> Iterator[Sequence[float]]:
    """Pass the first interrupt on, so that engines end in order; a second one, or impatience, kills them.

    Yields when there were interrupts.
    """
    first: list[float] = []

    def handle(number: int, frame: object) -> None:
        waiting.clear()
        again = bool(first)
        first.append(time.monotonic())
        for run in running:
            if again:
                run.process.kill()
            else:
                run.interrupt()
        if not again:
            signal.setitimer(signal.ITIMER_REAL, _GRACE)

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)
    try:
        before = {number: signal.signal(number, handle) for number in numbers}
    except ValueError:  # not in the main thread: whoever started it sees to interrupts
        yield first
        return
    try:
        yield first
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in before.items():
            signal.signal(number, handler)
    if first:
        raise KeyboardInterrupt
