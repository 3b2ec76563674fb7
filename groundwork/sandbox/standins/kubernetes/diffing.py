"""Property by property, what changes between the inputs in the state and the new ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pulumi.runtime.proto import provider_pb2

from groundwork.sandbox.standins.kubernetes.forcenew import replaces

Path = tuple[str | int, ...]
Change = Literal["add", "delete", "update"]

_KINDS = {
    ("add", False): provider_pb2.PropertyDiff.ADD,
    ("add", True): provider_pb2.PropertyDiff.ADD_REPLACE,
    ("delete", False): provider_pb2.PropertyDiff.DELETE,
    ("delete", True): provider_pb2.PropertyDiff.DELETE_REPLACE,
    ("update", False): provider_pb2.PropertyDiff.UPDATE,
    ("update", True): provider_pb2.PropertyDiff.UPDATE_REPLACE,
}


@dataclass(frozen=True)
class Difference:
    """One changed property; `replace` if it cannot be changed in place."""

    path: Path
    change: Change
    replace: bool

    @property
    def name(self) -> str:
        """The path as the engine writes it: `spec.containers[0].image`, `metadata.labels["a.b"]`."""
        return path_name(self.path)

    def to_proto(self) -> provider_pb2.PropertyDiff:
        """Return it as the engine's message."""
        return provider_pb2.PropertyDiff(kind=_KINDS[self.change, self.replace], inputDiff=self.change == "delete")


def path_name(path: Path) -> str:
    """Write a path as the engine does."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif any(character in step for character in '."[]'):
            text += '["' + step.replace('"', '\\"') + '"]'
        else:
            text += f".{step}" if text else step
    return text


def parse_path(text: str) -> Path:
    """Read a path as the engine writes it; the opposite of `path_name`."""
    steps: list[str | int] = []
    position = 0
    while position < len(text):
        if text.startswith('["', position):
            end = position + 2
            while end < len(text) and not (text[end] == '"' and text[end - 1] != "\\"):
                end += 1
            steps.append(text[position + 2 : end].replace('\\"', '"'))
            position = end + 2
        elif text[position] == "[":
            end = text.index("]", position)
            index = text[position + 1 : end]
            steps.append(int(index) if index.isdigit() else index)
            position = end + 1
        else:
            start = position + (text[position] == ".")
            end = min((at for at in (text.find(".", start), text.find("[", start)) if at >= 0), default=len(text))
            steps.append(text[start:end])
            position = end
    return tuple(steps)


def differences(
    old: Mapping[str, Any], new: Mapping[str, Any], force_new: tuple[str, ...], ignore: Sequence[str] = ()
) -> list[Difference]:
    """Return what changes from `old` to `new`, sorted by path; None counts as absent, as for the API server.

    `ignore` are the paths of the option `ignoreChanges`; `*` in them stands for any step.
    """
    found: list[Difference] = []
    _compare((), dict(old), dict(new), force_new, found)
    ignored = [parse_path(path) for path in ignore]
    kept = [d for d in found if not any(_within(d.path, path) for path in ignored)]
    return sorted(kept, key=lambda difference: difference.name)


def _within(path: Path, outer: Path) -> bool:
    return len(path) >= len(outer) and all(wanted in ("*", step) for step, wanted in zip(path, outer, strict=False))


def _compare(path: Path, old: Any, new: Any, force_new: tuple[str, ...], found: list[Difference]) -> None:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in old.keys() | new.keys():
            _compare((*path, key), old.get(key), new.get(key), force_new, found)
        return
    if isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            before = old[index] if index < len(old) else None
            after = new[index] if index < len(new) else None
            _compare((*path, index), before, after, force_new, found)
        return
    if type(old) is type(new) and old == new:
        return
    if isinstance(old, int | float) and isinstance(new, int | float) and _same_number(old, new):
        return
    change: Change = "add" if old is None else "delete" if new is None else "update"
    found.append(Difference(path, change, replaces(path, new, force_new)))


def _same_number(old: float, new: float) -> bool:
    return not isinstance(old, bool) and not isinstance(new, bool) and old == new
