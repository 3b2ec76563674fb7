"""What goes wrong with a mirror through no fault of the program."""

from __future__ import annotations

from collections.abc import Iterable


class MirrorError(Exception):
    """A part of the mirror could not be filled, or is not what it should be.

    Attributes:
        problems: one sentence each.
    """

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems: tuple[str, ...] = tuple(problems)
        super().__init__("\n".join(self.problems))
