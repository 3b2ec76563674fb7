"""The one error that a user of stack files sees."""

from __future__ import annotations

from collections.abc import Iterable

# Characters: beside a suggestion a list of more is noise; without one it is the only help, up to some length.
_SHORT, _LONG = 80, 400


class StackError(Exception):
    """Everything that is wrong with what the user wrote, in one go.

    Attributes:
        problems: one sentence each, naming the thing, the value and the valid values.
    """

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems: tuple[str, ...] = tuple(dict.fromkeys(problems))
        super().__init__("\n".join(f"- {problem}" for problem in self.problems))


def nearest(word: str, valid: Iterable[str]) -> str | None:
    """Return the one of `valid` that was likely meant by `word`, None where none is like it."""
    from difflib import get_close_matches

    names = sorted(valid)
    # `disk_gib` is `diskGib` in other habits, however little the two have in common by letters.
    same = [name for name in names if _plain(name) == _plain(word)]
    return next(iter(same or get_close_matches(word, names, n=1, cutoff=0.65)), None)


def closest(word: str, valid: Iterable[str], *, see: str = "") -> str:
    """Return `valid` as a phrase for an error: what was likely meant, else all there is.

    Args:
        see: a command or file that shows all of `valid`, for lists that are too long for a sentence.
    """
    names = sorted(valid)
    if not names:
        return "there are none"
    near = nearest(word, names)
    listed = f"valid: {', '.join(names)}"
    if near is not None:
        others = listed if len(listed) <= _SHORT else f"({see} shows all)" if see else f"({len(names) - 1} others)"
        return f"did you mean {near!r}? {others}"
    return f"{see} shows all {len(names)}" if see and len(listed) > _LONG else listed


def article(noun: str) -> str:
    """Return a noun with "a" or "an"."""
    return f"{'an' if noun[0] in 'AEIOaeio' else 'a'} {noun}"


def listing(names: Iterable[str], most: int = 3) -> str:
    """Return names as a person lists them: `a, b and c`, or `a, b and 12 more`."""
    given = list(names)
    if len(given) > most:
        given = [*given[: most - 1], f"{len(given) - most + 1} more"]
    return " and ".join(filter(None, [", ".join(given[:-1]), *given[-1:]]))


def _plain(word: str) -> str:
    return word.replace("_", "").replace("-", "").lower()
