"""What components refuse while they are built is told all at once, before anything is registered."""

from __future__ import annotations

import pulumi
import pytest

from groundwork.core.component import Component, Former
from groundwork.core.errors import StackError
from groundwork.core.registry import Registry
from groundwork.testing import record
from tests.core.conftest import Nothing, Power


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
