"""Telling what takes long: a live line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import Event, Thread
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

_SECONDS_BETWEEN_LINES = 30


class Step(Protocol):
    """One thing that takes long, while it runs."""

    def update(self, doing: str, done: int = 0, total: int | None = None) -> None:
        """Say what it is doing, and how much of it is done where that is known."""


class Reporter(Protocol):
    """Where steps are told."""

    def note(self, text: str) -> None:
        """Tell something that stays on the screen."""

    def step(self, label: str) -> AbstractContextManager[Step]:
        """Begin a step; its end is told with the time it took, unless an error ended it."""


def elapsed(seconds: float) -> str:
    """Return a duration as a person reads it."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def reporter(console: Console) -> Reporter:
    """Return the way of telling that suits where `console` writes to."""
    return LiveReporter(console) if console.is_terminal and not console.is_dumb_terminal else PlainReporter(console)


class PlainReporter:
    """Lines for logs: a beginning, a sign of life now and then, an end."""

    def __init__(self, console: Console, seconds_between_lines: float = _SECONDS_BETWEEN_LINES) -> None:
        """Write to `console`."""
        self._console = console
        self._pause = seconds_between_lines

    def note(self, text: str) -> None:
        """Print one line."""
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    @contextmanager
    def step(self, label: str) -> Iterator[Step]:
        """Print the beginning, the signs of life and the end of a step."""
        self.note(f"{label} ...")
        began = time.monotonic()
        step = _PlainStep()
        over = Event()

        def tell() -> None:
            # By the clock, not by updates: a linker is silent for minutes.
            while not over.wait(self._pause):
                self.note(f"{label}: {step.state}, {elapsed(time.monotonic() - began)}")

        teller = Thread(target=tell, daemon=True)
        teller.start()
        try:
            yield step
        finally:
            over.set()
            teller.join()
        self.note(f"{label}: done in {elapsed(time.monotonic() - began)}")


class _PlainStep:
    def __init__(self) -> None:
        self.state = "running"

    def update(self, doing: str, done: int = 0, total: int | None = None) -> None:
        self.state = _amount(doing, done, total)


class LiveReporter:
    """One moving line while a step runs, one line that stays when it is done."""

    def __init__(self, console: Console) -> None:
        """Draw on `console`, a terminal."""
        self._console = console

    def note(self, text: str) -> None:
        """Print one line."""
        self._console.print(text, markup=False, highlight=False)

    @contextmanager
    def step(self, label: str) -> Iterator[Step]:
        """Draw the step until it ends, then leave its name and time."""
        began = time.monotonic()
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[doing]}", markup=False),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=self._console, transient=True) as progress:
            yield _LiveStep(progress, progress.add_task(label, total=None, doing=""))
        self._console.print(f"[green]✓[/] {label}  [dim]{elapsed(time.monotonic() - began)}[/]", highlight=False)


class _LiveStep:
    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress, self._task = progress, task

    def update(self, doing: str, done: int = 0, total: int | None = None) -> None:
        self._progress.update(self._task, doing=_amount(doing, done, total), completed=done, total=total)


def _amount(doing: str, done: int, total: int | None) -> str:
    return f"{doing} {done:,} of {total:,}" if total else doing
