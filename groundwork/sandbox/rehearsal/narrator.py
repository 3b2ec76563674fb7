"""Telling what happens while it happens: live on a terminal, in plain lines with times elsewhere."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from groundwork.lines import warning

_PLAIN_SECONDS = 10.0


@dataclass(frozen=True)
class Phase:
    """A named part of the work, and what it took; `inner` are parts of it, some of them side by side."""

    name: str
    seconds: float
    inner: tuple[tuple[str, float], ...] = ()


class Activity:
    """What a phase tells of itself while it runs."""

    def __init__(self) -> None:
        """Tell nothing yet."""
        self.words: Callable[[], str] = str
        self.lines: Callable[[], list[str]] = list
        self.inner: list[tuple[str, float]] = []

    def took(self, name: str, seconds: float) -> None:
        """Say what a part of the phase took."""
        self.inner.append((name, seconds))


@dataclass
class Narrator:
    """Times phases and tells of them on `console`.

    Attributes:
        live: whether to redraw in place; by default on a terminal, but not in CI.
    """

    console: Console
    live: bool | None = None
    phases: list[Phase] = field(default_factory=list)
    _last: float = 0.0
    _started: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        """Find out what the console can do."""
        if self.live is None:
            self.live = self.console.is_terminal and not os.environ.get("CI")

    @property
    def seconds(self) -> float:
        """Since the narrator began."""
        return time.monotonic() - self._started

    def note(self, text: str, style: str = "") -> None:
        """Tell something once."""
        self.console.print(Text(text, style=style))

    def warn(self, text: str) -> None:
        """Tell something that does not stop the work, once."""
        self.console.print(warning(text))

    @contextmanager
    def phase(self, name: str) -> Iterator[Activity]:
        """Run a block as a phase: tell that it begins, what it does, and what it took."""
        activity = Activity()
        started = self._last = time.monotonic()
        if self.live:
            view = _View(name, activity, started)
            with Live(view, console=self.console, refresh_per_second=8, transient=True):
                yield activity
        else:
            self.console.print(f"[{self.seconds:6.1f} s] {name} ...", markup=False, highlight=False)
            yield activity
        seconds = time.monotonic() - started
        self.phases.append(Phase(name, seconds, tuple(activity.inner)))
        words = activity.words()
        line = Text.assemble(
            ("✓ ", "green"), name, (f"  {seconds:.1f} s", "cyan"), (f"  {words}" if words else "", "dim")
        )
        if self.live:
            self.console.print(line)
        else:
            told = f": {words}" if words else ""
            self.console.print(
                f"[{self.seconds:6.1f} s] {name} took {seconds:.1f} s{told}", markup=False, highlight=False
            )

    def tick(self, activity: Activity) -> None:
        """Where nothing is redrawn, tell now and then that work goes on."""
        now = time.monotonic()
        if not self.live and now - self._last >= _PLAIN_SECONDS:
            self._last = now
            line = Text(f"[{self.seconds:6.1f} s]   {activity.words()}", no_wrap=True, overflow="ellipsis")
            self.console.print(line)


class _View:
    """The redrawn lines of a running phase."""

    def __init__(self, name: str, activity: Activity, started: float) -> None:
        self._spinner = Spinner("dots", style="cyan")
        self._name = name
        self._activity = activity
        self._started = started

    def __rich__(self) -> RenderableType:
        words = self._activity.words()
        self._spinner.update(
            text=Text.assemble(
                self._name,
                (f"  {time.monotonic() - self._started:.0f} s", "cyan"),
                (f"  {words.partition(':')[0]}" if words else "", "dim"),
            )
        )
        lines = [Text(f"    {line}", style="dim", no_wrap=True, overflow="ellipsis") for line in self._activity.lines()]
        return Group(self._spinner, *lines)
