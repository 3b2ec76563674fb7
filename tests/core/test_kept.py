"""What holds data cannot be lost by a line that is taken out of a stack file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
import pytest

from groundwork.core.component import Component
from groundwork.core.errors import StackError
from groundwork.core.registry import Registry
from groundwork.testing import Graph, record
from tests.core.conftest import Nothing


class Safe(Component[Nothing]):
    """Holds something."""

    def build(self) -> None:
        """Hold it."""
        Thing(f"{self.name}-gold", self.stateful())
        Thing(f"{self.name}-door", self.child())


class Chair(Component[Nothing]):
    """Holds nothing."""

    def build(self) -> None:
        """Stand there."""
        Thing(f"{self.name}-legs", self.child())


class Thing(pulumi.CustomResource):
    """Some resource."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions) -> None:
        super().__init__("test:index:Thing", name, {}, opts)


def built(components: Mapping[str, Any], kept: Mapping[str, str] | None = None, environment: str = "prod") -> Graph:
    return record(
        components,
        environment=environment,
        registry=Registry({"safe": Safe, "chair": Chair}),
        calls={"pulumi:pulumi:readStackOutputs": lambda _: {"outputs": {"kept": dict(kept)} if kept else {}}},
    )


def test_a_stack_says_what_it_keeps() -> None:
    """Who holds nothing can go at any time, and so can all of an environment that protects nothing."""
    assert built({"safe": {}, "other": {"component": "safe"}, "chair": {}}).outputs == {
        "kept": {"other": "safe", "safe": "safe"}
    }
    assert built({"safe": {}, "chair": {}}, environment="dev").outputs == {}


def test_what_holds_data_is_not_taken_out_by_mistake() -> None:
    """Told with what is wrong besides, and before anything is registered."""
    with pytest.raises(StackError) as error:
        built({"safe": {"component": "chair"}}, {"safe": "safe", "other": "safe"})
    how = (
        "bring test up, and take it out then; or let another stack have it with `groundwork move {0} --from test --to "
        "STACK`"
    )
    assert list(error.value.problems) == [
        "other holds data, and the stack test no longer has it: write `other: {component: safe, retire: true}`, "
        + how.format("other"),
        "safe holds data, and the stack test has it as a chair now, no longer as a safe: "
        "write `safe: {component: safe, retire: true}`, " + how.format("safe"),
    ]


def test_a_retired_component_is_protected_no_longer_and_can_go_next_time() -> None:
    """The first up lifts the protection of everything that is its own; of others' it lifts nothing."""
    graph = built({"safe": {"retire": True}, "other": {"component": "safe"}}, {"safe": "safe", "other": "safe"})
    protected = {r.name: r.protect for r in graph.of("test:index:Thing")}
    assert protected == {"safe-gold": False, "safe-door": False, "other-gold": True, "other-door": False}
    assert graph.outputs == {"kept": {"other": "safe"}}


def test_retire_is_yes_or_no() -> None:
    """A word would retire by mistake."""
    with pytest.raises(StackError, match=r"safe\.retire must be true or false \(got 'later'\)"):
        built({"safe": {"retire": "later"}})


def test_who_renames_what_holds_data_is_told_that_the_new_name_would_begin_empty() -> None:
    with pytest.raises(StackError) as error:
        built({"vault": {"component": "safe"}}, {"safe": "safe"})
    (problem,) = error.value.problems
    assert problem.endswith(
        "--from test --to STACK`. If it was to be renamed: vault would begin empty, so leave its name `safe`"
    )
