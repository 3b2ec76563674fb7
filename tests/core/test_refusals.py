"""What components refuse while they are built is told all at once, before anything is registered."""

from __future__ import annotations

import pytest

from groundwork.core.component import Component
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
