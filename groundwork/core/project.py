"""A project: its stack files together, in environments, and in the order of their imports."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from groundwork.core import yamlfile
from groundwork.core.errors import StackError, closest
from groundwork.core.stacks import FrameError, StackFile, read_stack

_EXISTING = "existing-"
# Of a file that cannot be read: which environment it means to be of.
_MEANT = re.compile(r"^\s*[\"']?groundwork:environment[\"']?\s*:\s*[\"']?([\w.-]+)", re.MULTILINE)


@dataclass(frozen=True)
class Project:
    """The project's stacks, each read once, when asked for: one broken file does not hide the others."""

    name: str
    root: Path
    _found: dict[str, StackFile | StackError] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def stack_names(self) -> tuple[str, ...]:
        """The names of all stack files, sorted."""
        files = (self.root / "stacks").glob("Pulumi.*.yaml")
        return tuple(sorted(f.name.removeprefix("Pulumi.").removesuffix(".yaml") for f in files))

    def stack(self, name: str) -> StackFile:
        """Read one stack.

        Raises:
            StackError: where there is no such stack, or its file is wrong.
        """
        if name not in self.stack_names:
            raise StackError([f"no stack {name!r} (stacks/Pulumi.{name}.yaml); {closest(name, self.stack_names)}"])
        if name not in self._found:
            try:
                self._found[name] = read_stack(self._path(name))
            except StackError as error:
                self._found[name] = error
        found = self._found[name]
        if isinstance(found, StackError):
            raise found
        return found

    def _path(self, name: str) -> Path:
        return self.root / "stacks" / f"Pulumi.{name}.yaml"

    def imports_of(self, stack: StackFile) -> dict[str, StackFile]:
        """Read the stacks that `stack` imports, and theirs.

        Raises:
            StackError: where one does not exist, is wrong, is of another environment, or they go in a circle.
        """
        found: dict[str, StackFile] = {}
        problems: list[str] = []
        todo = [(stack, name) for name in stack.imports]
        others = [name for name in self.stack_names if name != stack.name]
        while todo:
            importer, name = todo.pop()
            where = importer.document.at("config", "groundwork:imports")
            if name == stack.name:
                problems.append(f"{where}: stacks import each other in a circle: {stack.name}, {importer.name}")
            elif name not in self.stack_names:
                problems.append(f"{where}: imports {name!r}: no such stack; {closest(name, others)}")
            elif name not in found:
                found[name] = self.stack(name)
                if found[name].profile_name != stack.profile_name and found[name].environment == stack.environment:
                    problems.append(
                        f"{where}: imports {name}, which has the profile {found[name].profile_name}, "
                        f"not {stack.profile_name}"
                    )
                if found[name].environment != stack.environment:
                    problems.append(
                        f"{where}: imports {name}, which is of the environment {found[name].environment}, "
                        f"not {stack.environment}"
                    )
                todo += [(found[name], inner) for inner in found[name].imports]
        if problems:
            raise StackError(problems)
        return found

    def importers(self, name: str) -> list[str]:
        """Return the stacks that import the one of this name, of the files that can be read."""
        found = []
        for other in self.stack_names:
            try:
                if name in self.stack(other).imports:
                    found.append(other)
            except StackError:
                continue
        return found

    def ordered(self, stacks: Mapping[str, StackFile]) -> list[StackFile]:
        """Sort stacks so that each comes after those it imports."""
        edges = {name: [i for i in stack.imports if i in stacks] for name, stack in sorted(stacks.items())}
        try:
            return [stacks[name] for name in TopologicalSorter(edges).static_order()]
        except CycleError as error:
            raise StackError([f"stacks import each other in a circle: {' -> '.join(error.args[1])}"]) from None

    @property
    def environments(self) -> dict[str, list[str]]:
        """Environment -> its stacks' names, of the files that can be read."""
        table: dict[str, list[str]] = {}
        for name in self.stack_names:
            try:
                table.setdefault(self.stack(name).environment, []).append(name)
            except StackError:
                continue
        return table

    def environment(self, name: str) -> list[StackFile]:
        """Return the stacks of an environment, or one stack with those it imports, in the order to bring them up.

        Raises:
            StackError: where neither is known, or a file is wrong.
        """
        if name in self.stack_names:
            stack = self.stack(name)
            _check_apart(map(self.stack, self.environments[stack.environment]))
            return self.ordered({name: stack, **self.imports_of(stack)})
        self._check_readable(name)
        members = [self.stack(stack) for stack in self.environments.get(name, [])]
        if not members:
            valid = {*self.environments, *self.stack_names}
            raise StackError([f"no environment or stack {name!r}; {closest(name, valid)}"])
        _check_apart(members)
        table = {stack.name: stack for stack in members}
        for stack in members:
            table |= self.imports_of(stack)
        return self.ordered(table)

    def whole(self, name: str, purpose: str) -> list[StackFile]:
        """Return the stacks of an environment, for what is done to all of it or not at all.

        Args:
            purpose: what that is: "destroy".

        Raises:
            StackError: there is no such environment, or a file that is or may be of it is wrong.
        """
        if name in self.stack_names:
            self.stack(name)
        self._check_readable(name)
        if name not in self.environments:
            raise StackError([f"no environment {name!r} to {purpose} as a whole; {closest(name, self.environments)}"])
        return self.environment(name)

    def _check_readable(self, environment: str) -> None:
        """Refuse an environment of which a file cannot be read: without it, the rest would pass for the whole."""
        problems: list[str] = []
        stacks: list[StackFile] = []
        for stack in self.stack_names:
            try:
                self.stack(stack)
            except StackError as error:
                if _means(self._path(stack), stack, environment):
                    problems += error.problems
                    stacks += error.stacks if isinstance(error, FrameError) else ()
        if problems:
            raise FrameError(problems, stacks)


def _means(path: Path, stack: str, environment: str) -> bool:
    """Return whether a file that cannot be read is, by its words or else by its name, of an environment."""
    said = environment_said(path)
    return said == environment if said else stack == environment or stack.startswith(f"{environment}-")


def environment_said(path: Path) -> str | None:
    """Return the environment that a stack file's words name, whether it can be read as YAML or not."""
    try:
        said = _MEANT.search(path.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return None
    return said[1] if said else None


def _check_apart(stacks: Iterable[StackFile]) -> None:
    """Refuse a key that two stacks of one environment have: both would give what they make the same names.

    What was there before, and is only named, every stack may name.
    """
    first: dict[str, StackFile] = {}
    problems = []
    for stack in stacks:
        for instance, given in stack.components.items():
            other = first.setdefault(instance, stack)
            if other is not stack and not str(given.get("component", instance)).startswith(_EXISTING):
                problems.append(
                    f"{stack.at(instance)}: {instance} is in {other.at(instance)} too, of the same environment "
                    f"{stack.environment}: keep one, and import its stack; or give one of them another key"
                )
    if problems:
        raise StackError(problems)


def load_project(root: Path) -> Project:
    """Read `Pulumi.yaml`.

    Raises:
        StackError: where there is none, or it has no name.
    """
    path = root / "Pulumi.yaml"
    if not path.is_file():
        raise StackError([f"{root} is no Groundwork project: it has no Pulumi.yaml; go to a checkout of one"])
    data = yamlfile.read(path).data
    if not isinstance(data, dict) or not isinstance(data.get("name"), str):
        raise StackError([f"{path.name}: `name:` is required"])
    return Project(data["name"], root)
