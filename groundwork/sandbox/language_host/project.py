"""What a zygote has imported of the project itself, for as long as the project's files stay what they were.

Standard library only: loaded by path. Composing a stack imports every component there is, which is a third of what a
program takes. Only programs and policy packs that run through Groundwork are learned from: their modules declare
components and rules. A module of anybody else's program may register resources while it is imported, and a fork that
finds it imported would register none.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Iterable, Mapping

_PACKAGES = frozenset({"groundwork", "infra", "addons", "policies"})
_DECLARES = frozenset({"groundwork.core.program", "groundwork.policy.analyzer"})
_State = dict[str, tuple[int, int]] | None


class Project:
    """The project's modules in this process."""

    def __init__(self, load: Callable[[list[str]], None]) -> None:
        """Take what imports modules of these names and leaves out those that fail."""
        self._load = load
        self._path = ""
        self._added: list[str] = []
        self._files: dict[str, str] = {}
        self._states: dict[str, _State] = {}

    @staticmethod
    def used(new: Iterable[str]) -> dict[str, str]:
        """Return the project's modules among `new` ones, and their files; none where this is no run of Groundwork."""
        if not _DECLARES & sys.modules.keys():
            return {}
        found = {name: _file(name) for name in new if _ours(name)}
        return {name: file for name, file in found.items() if file}

    def learn(self, path: str, used: Mapping[str, str]) -> None:
        """Import what a program with this PYTHONPATH used."""
        if not used.keys() - self._files.keys():
            return
        self.keep_up(path)
        new = {name: file for name, file in used.items() if name not in self._files}
        if not self._files:
            self._path = path
            self._added = [entry for entry in path.split(os.pathsep) if entry and entry not in sys.path]
            sys.path[:0] = self._added
        self._files |= new
        # Before they are imported: a file that changes meanwhile is newer than its state here, and found so.
        for folder in {os.path.dirname(file) for file in new.values()} - self._states.keys():  # noqa: PTH120
            self._states[folder] = _state(folder)
        self._load(sorted(new))
        if any(_file(name) not in (None, file) for name, file in self._files.items()):
            self._forget()

    def keep_up(self, path: str) -> None:
        """Forget everything where a file was changed, added or removed, or a program looks elsewhere for modules."""
        if not self._files:
            return
        if self._path != path or any(_state(folder) != state for folder, state in self._states.items()):
            self._forget()

    def _forget(self) -> None:
        sys.path[:] = [entry for entry in sys.path if entry not in self._added]
        self._path, self._added, self._files, self._states = "", [], {}, {}
        for name in [name for name in sys.modules if _ours(name)]:
            del sys.modules[name]
        importlib.invalidate_caches()


def _state(folder: str) -> _State:
    """Return the state of every file beside a module: of data too, which a module may read while it is imported."""
    try:
        with os.scandir(folder) as entries:
            states = [(entry.name, entry.stat()) for entry in entries if entry.is_file()]
    except OSError:
        return None
    return {name: (state.st_mtime_ns, state.st_size) for name, state in states}


def _file(name: str) -> str | None:
    return getattr(sys.modules.get(name), "__file__", None)


def _ours(name: str) -> bool:
    return name.partition(".")[0] in _PACKAGES
