"""The one error that a user of stack files sees."""

from __future__ import annotations

from collections.abc import Iterable


class StackError(Exception):
    """Everything that is wrong with what the user wrote, in one go.

    Attributes:
        problems: one sentence each, naming the thing, the value and the valid values.
    """

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems: tuple[str, ...] = tuple(dict.fromkeys(problems))
        super().__init__("\n".join(f"- {problem}" for problem in self.problems))


def closest(word: str, valid: Iterable[str]) -> str:
    """Return `valid` as a phrase for an error, the likely intended word first."""
    from difflib import get_close_matches

    names = sorted(valid)
    if not names:
        return "there are none"
    near = get_close_matches(word, names, n=1, cutoff=0.65)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return f"{hint}valid: {', '.join(names)}"
