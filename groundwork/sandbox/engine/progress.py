"""What the engine is working on right now, by component."""

from __future__ import annotations

import time
from collections.abc import Callable

from groundwork.sandbox.engine.events import STACK_TYPE, Event, Moment, Step
from groundwork.sandbox.engine.outcome import UNCHANGED
from groundwork.sandbox.urns import name_of, short_type, type_of

_MOST_COMPONENTS = 8
_MOST_RESOURCES = 3


class Progress:
    """Counts resources and remembers which are under way, under the component that they belong to."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Nothing has been reached yet."""
        self._clock = clock
        self._parents: dict[str, str] = {}
        self._running: dict[str, tuple[Step, float]] = {}
        self._done: set[str] = set()
        self._unchanged: set[str] = set()
        self.failed = 0

    def add(self, event: Event) -> None:
        """Take in what the engine told."""
        if not isinstance(event, Step):
            return
        self._parents[event.urn] = event.parent
        if not event.custom:
            return
        if event.op in UNCHANGED and event.moment is Moment.STARTED:
            self._unchanged.add(event.urn)
        elif event.moment is Moment.STARTED:
            self._running[event.urn] = (event, self._clock())
        else:
            self._running.pop(event.urn, None)
            self.failed += event.moment is Moment.FAILED
            if event.moment is Moment.DONE and event.op not in UNCHANGED:
                self._done.add(event.urn)

    def component_of(self, urn: str) -> str:
        """Return the name of the topmost component above a resource, its own name where there is none."""
        # A destroy reaches children before their parents: so a parent's type is read from its own URN.
        while (parent := self._parents.get(urn)) and type_of(parent) != STACK_TYPE:
            urn = parent
        return name_of(urn)

    def counts(self) -> str:
        """Return the counts in a few words."""
        parts = [f"{len(self._done)} done"]
        if self._unchanged:
            parts.append(f"{len(self._unchanged)} unchanged")
        if self._running:
            parts.append(f"{len(self._running)} under way")
        if self.failed:
            parts.append(f"{self.failed} failed")
        return ", ".join(parts)

    def lines(self) -> list[str]:
        """Return a line for each component that is worked on: those that have waited longest first."""
        by_component: dict[str, list[tuple[float, Step]]] = {}
        for step, since in sorted(self._running.values(), key=lambda item: item[1]):
            by_component.setdefault(self.component_of(step.urn), []).append((since, step))
        now = self._clock()
        lines = []
        for component, steps in list(by_component.items())[:_MOST_COMPONENTS]:
            shown = [
                f"{short_type(step.type)} {step.name} {now - since:.0f} s" for since, step in steps[:_MOST_RESOURCES]
            ]
            more = len(steps) - len(shown)
            lines.append(f"{component}: {', '.join(shown)}{f' and {more} more' if more else ''}")
        if len(by_component) > _MOST_COMPONENTS:
            lines.append(f"and {len(by_component) - _MOST_COMPONENTS} more components")
        return lines

    def words(self) -> str:
        """Return the components that are worked on, in one line."""
        names = list(dict.fromkeys(self.component_of(urn) for urn in self._running))
        if not names:
            return self.counts()
        shown = ", ".join(names[:_MOST_COMPONENTS])
        return f"{self.counts()}: {shown}{', …' if len(names) > _MOST_COMPONENTS else ''}"
