"""What is wrong with a user's input, found without an engine, a server or an account: in a second."""

from __future__ import annotations

from collections.abc import Sequence

from groundwork.core.compose import compose, settings_problems
from groundwork.core.errors import StackError
from groundwork.core.project import Project
from groundwork.core.registry import discover
from groundwork.core.stacks import FrameError, StackFile
from groundwork.policy.planned import judge_of

_OURS = "from groundwork.core.program import main"


def read_environment(project: Project, name: str) -> list[StackFile]:
    """Return the stacks of an environment, or one with those it imports, composed once to see that they can be.

    Raises:
        StackError: with everything that is wrong in the stack files and in the file of exemptions. What only building
            a component shows is told with it; where nothing else is wrong, the engine's program tells that.
    """
    try:
        stacks = project.environment(name)
    except FrameError as error:
        raise StackError([*error.problems, *_within(project, error.stacks)]) from None
    if _composes(project):
        problems: list[str] = []
        try:
            _compose(project, stacks)
        except StackError as error:
            problems += [*error.problems, *_refused(project, name)]
        try:
            judge_of(project.root, stacks[-1])
        except StackError as error:
            problems += error.problems
        if problems:
            raise StackError(problems)
    return stacks


def _refused(project: Project, name: str) -> list[str]:
    """Return what only building shows, of all in an environment that uses nothing of what is wrong.

    It takes seconds, which whoever has to mend something anyway would need for a second round.
    """
    from groundwork.testing.record import refusals
    from groundwork.testing.whole import merged

    if not (project.root / "platform" / "catalogue.yaml").is_file():
        return []
    return list(refusals(merged(project, name), root=project.root))


def _within(project: Project, stacks: Sequence[StackFile]) -> list[str]:
    """Return what is wrong with components of files of which the frame is wrong too."""
    return (
        [problem for stack in stacks for problem in settings_problems(stack, discover())] if _composes(project) else []
    )


def _compose(project: Project, stacks: Sequence[StackFile]) -> None:
    problems: list[str] = []
    broken: set[str] = set()
    for stack in stacks:
        if broken.intersection(stack.imports):
            # That it lacks what the import would provide is no mistake of its own.
            broken.add(stack.name)
            problems += settings_problems(stack, discover())
            continue
        try:
            compose(project, stack, discover())
        except StackError as error:
            broken.add(stack.name)
            problems += error.problems
    if problems:
        raise StackError(problems)


def _composes(project: Project) -> bool:
    """Return whether the project's program is the one that composes: another may have components of its own."""
    program = project.root / "stacks" / "__main__.py"
    return program.is_file() and _OURS in program.read_text(encoding="utf-8")
