"""What the README and the hand-written guides show is what there is: commands, options, files and examples."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from groundwork.cli import app
from groundwork.core.compose import compose
from groundwork.core.project import load_project
from groundwork.core.registry import discover
from groundwork.core.stacks import read_stack
from groundwork.core.teams import Team

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
GUIDES = ["README.md", "docs/mirror.md", "docs/rehearsal.md", "docs/teams.md"]
PROJECT = load_project(ROOT)


@cache
def _commands() -> dict[str, set[str]]:
    """Return each command of the tool with its options."""
    group: Any = typer.main.get_command(app)
    return {
        name: {option for parameter in command.params for option in [*parameter.opts, *parameter.secondary_opts]}
        for name, command in group.commands.items()
    }


def _blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def _table(header: str) -> list[list[str]]:
    """Return the rows of the table under this header."""
    _, _, below = README.partition(f"{header}\n")
    assert below, f"the README has no table {header}"
    rows = below.split("\n\n")[0].splitlines()[1:]
    return [[cell.strip() for cell in row.strip("|").split(" | ")] for row in rows]


def _called(text: str) -> Iterator[list[str]]:
    """Yield the words of each `groundwork ...` in code, up to where another program's begin."""
    for found in re.findall(r"(?:`|\$ )groundwork ([^`\n]+)", text):
        yield found.partition(" -- ")[0].partition("#")[0].split()


def test_the_table_of_commands_is_that_of_the_tool() -> None:
    listed = [re.findall(r"`groundwork ([a-z]+)", command)[0] for command, _ in _table("| command | what it does |")]
    assert sorted(listed) == sorted(_commands())


@pytest.mark.parametrize("guide", GUIDES)
def test_every_command_and_option_that_a_guide_shows_is_there(guide: str) -> None:
    wrong = []
    for verb, *words in _called((ROOT / guide).read_text(encoding="utf-8")):
        options = {word.strip("[]").partition("=")[0] for word in words if word.strip("[]").startswith("--")}
        if verb not in _commands() or options - _commands()[verb]:
            wrong.append(" ".join([verb, *words]))
    assert wrong == []


@pytest.mark.parametrize("guide", GUIDES)
def test_every_target_of_make_that_a_guide_shows_is_there(guide: str) -> None:
    shown = set(re.findall(r"(?:`|\$ )make ([a-z-]+)", (ROOT / guide).read_text(encoding="utf-8")))
    assert shown - set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)) == set()


@pytest.mark.parametrize("guide", GUIDES)
def test_every_file_that_a_guide_links_to_is_there(guide: str) -> None:
    file = ROOT / guide
    links = re.findall(r"\]\(([^):#]+)(?:#[^)]*)?\)", file.read_text(encoding="utf-8"))
    assert [link for link in links if not (file.parent / link).exists()] == []


def test_the_table_of_environments_is_that_of_the_stack_files() -> None:
    rows = _table("| environment | stacks | what is in it |")
    shown = {row[0].strip("`"): re.findall(r"`([a-z-]+)`", row[1]) for row in rows}
    assert len(shown) == len(rows)
    assert shown == {name: PROJECT.environments[name] for name in shown}
    assert set(shown) == set(PROJECT.environments)


def test_the_table_of_rooms_is_that_of_the_folders() -> None:
    listed = {row[0].strip("`/") for row in _table("| room | what lives there |")}
    rooms = {f"groundwork/{path.parent.name}" for path in (ROOT / "groundwork").glob("*/__init__.py")}
    assert listed >= rooms - {"groundwork/data"}
    assert [room for room in sorted(listed) if not (ROOT / room).is_dir()] == []


def test_the_stack_file_that_is_shown_composes(tmp_path: Path) -> None:
    (text,) = (block for block in _blocks("yaml") if block.startswith("config:"))
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text(text)
    stack = read_stack(file)
    assert [step.instance for step in compose(PROJECT, stack, discover()).steps if step.instance == "mlflow"]


def test_the_components_that_are_shown_compose_in_prod() -> None:
    (text,) = (block for block in _blocks("yaml") if "connectors:" in block)
    given = yaml.safe_load(text)
    stack = PROJECT.stack("prod-platform")
    without = {name: config for name, config in stack.components.items() if name not in ("login", "istio-api")}
    steps = compose(PROJECT, dataclasses.replace(stack, components={**without, **given}), discover()).steps
    assert {step.instance for step in steps} >= set(given)


def test_the_teams_file_that_is_shown_is_right() -> None:
    (text,) = (block for block in _blocks("yaml") if block.startswith("name:"))
    assert Team.model_validate(yaml.safe_load(text)).name == "vision"


def test_the_component_that_is_shown_reads_as_the_real_one_does() -> None:
    (text,) = _blocks("python")
    ((parameters, result),) = re.findall(r"def build\(self, (.*?)\) -> (\w+)", text)
    real = discover()["mlflow"]
    needs = inspect.signature(real.cls.build).parameters
    shown = dict(parameter.split(": ") for parameter in parameters.split(", "))
    assert {name: needs[name].annotation for name in shown} == shown
    assert inspect.signature(real.cls.build).return_annotation == result
