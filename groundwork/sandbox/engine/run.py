"""Running the engine: its events are followed while it works."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from groundwork.sandbox.engine.events import Event
from groundwork.sandbox.engine.outcome import Outcome
from groundwork.sandbox.engine.stream import EventStream

# Tells the language host that nobody will read the SDK's debug messages.
QUIET = "GROUNDWORK_QUIET"
_POLL_SECONDS = 0.05
_TAIL_LINES = 40
# Seconds that an interrupted engine has to finish what is under way and to release its lock.
_GRACE = 30.0

Listener = Callable[[Event], None]


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
        outcome = Outcome()
        started = time.monotonic()
        log = self.log(verb, stack)
        # The event log belongs to the commands for debugging the engine itself. Checkpoints: the engine would write
        # its whole state, megabytes, twice for each resource. It still does so at its end, after a failure or an
        # interrupt too; after a kill the stand-ins' journals know what was made, and the next run adopts it.
        environ = {
            **self.environ,
            "PULUMI_DEBUG_COMMANDS": "true",
            "PULUMI_EXPERIMENTAL": "true",
            "PULUMI_SKIP_CHECKPOINTS": "true",
            QUIET: "true",
        }
        with log.open("wb") as output, EventStream() as stream:
            log.chmod(0o600)
            target = ("--stack", stack, "--event-log", stream.address)
            # A session of its own: an interrupt at the terminal reaches the engine once, from us.
            process = subprocess.Popen(
                [str(self.pulumi), verb, *target, *_QUIET, *flags],
                cwd=self.project,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                with _interruptions(process):
                    while True:
                        code = process.poll()
                        for event in stream.new():
                            outcome.add(event, time.monotonic() - started)
                            listen(event)
                        if code is not None:
                            break
                        tick()
                        time.sleep(_POLL_SECONDS)
            finally:
                if process.poll() is None:
                    process.kill()
                    process.wait()
        outcome.code = code
        outcome.seconds = time.monotonic() - started
        outcome.output = "\n".join(log.read_text(errors="replace").splitlines()[-_TAIL_LINES:])
        return outcome

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
def _interruptions(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Pass the first interrupt on, so that the engine ends in order; a second one, or impatience, kills it."""
    first: list[float] = []

    def handle(number: int, frame: object) -> None:
        if first:
            process.kill()
            return
        first.append(time.monotonic())
        process.send_signal(signal.SIGINT)
        signal.setitimer(signal.ITIMER_REAL, _GRACE)

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)
    try:
        before = {number: signal.signal(number, handle) for number in numbers}
    except ValueError:  # not in the main thread: whoever started it sees to interrupts
        yield
        return
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in before.items():
            signal.signal(number, handler)
    if first:
        raise KeyboardInterrupt
