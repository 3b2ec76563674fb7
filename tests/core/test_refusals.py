"""What components refuse while they are built is told all at once, before anything is registered."""

from __future__ import annotations

from collections.abc import Callable

import pulumi
import pytest

from groundwork.core.component import Component, Former
from groundwork.core.errors import StackError
from groundwork.core.project import Project
from groundwork.core.registry import Registry
from groundwork.testing import record
from tests.core.conftest import Grid, GridConfig, Nothing, Power


class Picky(Component[Nothing]):
    """Wants to be the only default, and refuses its name otherwise."""

    def build(self) -> Power:
        """Claim it."""
        self.claim("the default power", f"set {self.name}.default: false")
        raise StackError([f"{self.name} refuses"])


class User(Component[Nothing]):
    """Is not even asked where what it needs was refused."""

    def build(self, power: Power) -> None:
        """Never runs."""
        raise NotImplementedError


def test_every_refusal_is_told_at_once() -> None:
    """One by one a person would run the program as often as there are mistakes in his file."""
    stack = {"one": {"component": "picky"}, "two": {"component": "picky"}, "user": {"use": {"power": "one"}}}
    with pytest.raises(StackError) as error:
        record(stack, registry=Registry({"picky": Picky, "user": User}))
    assert list(error.value.problems) == [
        "one refuses",
        "one and two would both be the default power; set two.default: false",
    ]


class Either(Component[Nothing]):
    """Leaves what it claims to another where that is written, and says how."""

    def build(self) -> None:
        """Claim it."""
        self.claim("the default chair", f"set {self.name}.default: false", either=True)


def test_whoever_comes_second_learns_both_ways_out() -> None:
    """Which of the two is to have it is the user's choice, not the order of building's."""
    stack = {"one": {"component": "either"}, "two": {"component": "either"}}
    with pytest.raises(StackError) as error:
        record(stack, registry=Registry({"either": Either}))
    assert list(error.value.problems) == [
        "one and two would both be the default chair; set two.default: false, or set one.default: false"
    ]


class Wrong(Component[GridConfig]):
    """Refuses one of its settings when it is built."""

    def build(self) -> None:
        """Refuse, by raising and by saying so, for this and for another file."""
        self.refuse([f"{self.name} is on fire"])
        raise StackError([f"{self.name}.name: is taken", "teams/a.yaml:3: a.quota is too large"])


def test_what_is_refused_while_building_has_its_line_too(project: Callable[..., Project]) -> None:
    """The one of the key that is named, else the component's; another file's stays as it is."""
    made = project(dev={"grid": {}, "here": {"component": "wrong", "volts": 3, "name": "x"}})
    with pytest.raises(StackError) as error:
        record(made.stack("dev"), registry=Registry({"grid": Grid, "wrong": Wrong}), root=made.root)
    assert list(error.value.problems) == [
        "Pulumi.dev.yaml:8: here.name: is taken",
        "teams/a.yaml:3: a.quota is too large",
        "Pulumi.dev.yaml:5: here is on fire",
    ]


class Desk(Component[Nothing]):
    """Has a lamp that the room had before, and wants a chair in the end."""

    def build(self) -> Power:
        """Put the lamp where it is now."""
        self.claim(f"the desk {self.name}", "put one elsewhere")
        Lamp(f"{self.name}-lamp", self.child())
        Lamp(f"{self.name}-book", self.child())
        return Power(name=self.name, token=pulumi.Output.from_input(""))

    def former(self, child: str) -> Former | None:
        """Name the lamp as the room did."""
        return Former("Room", "parlour", "parlour-light") if child == f"{self.name}-lamp" else None

    def complete(self) -> None:
        """Ask for it."""
        raise StackError([f"the desks {' and '.join(self.claimed('the desk'))} have no chair"])


class Lamp(pulumi.CustomResource):
    """Some resource."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions) -> None:
        super().__init__("test:index:Lamp", name, {}, opts)


def test_what_only_the_whole_stack_shows_is_told_in_the_end() -> None:
    """Who is built last is known to all by then; the same is told once."""
    with pytest.raises(StackError) as error:
        record({"one": {"component": "desk"}, "two": {"component": "desk"}}, registry=Registry({"desk": Desk}))
    assert list(error.value.problems) == ["the desks one and two have no chair"]


def test_what_comes_to_another_component_is_not_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its old URN is among its aliases; its neighbours have none."""
    monkeypatch.setattr(Desk, "complete", Component.complete)
    graph = record({"desk": {}}, registry=Registry({"desk": Desk}))
    (alias,) = graph.one("test:index:Lamp", "desk-lamp").aliases
    assert alias.endswith("::groundwork:component:Room$test:index:Lamp::parlour-light")
    assert graph.one("test:index:Lamp", "desk-book").aliases == ()
