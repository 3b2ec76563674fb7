"""The vocabulary of the table: how a resource type is made of API calls.

An argument of a call is a template: text with `{name}` is filled from the inputs, the outputs so far and the built-in
names (`id`, `account`, `region`, `partition`, `arn`, `random`, `item`); a template that is one name alone keeps the
value's type; a dict or list of templates is filled inside; a function marked by `uses` computes the value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from groundwork.sandbox.standins.aws.session import Session

NO_PARAMETER = ""
"""As the API's name of a property: the API has no parameter for it."""

Environment = Mapping[str, Any]
Function = TypeVar("Function", bound=Callable[..., Any])


def uses(*names: str, passes: tuple[str, ...] = ()) -> Callable[[Function], Function]:
    """Mark a function of the environment with the inputs that it reads.

    It is not called while one is unknown, but for those of `passes`, which it only passes on.
    """

    def mark(function: Function) -> Function:
        function.uses = names  # type: ignore[attr-defined]  # functions take attributes; their type does not say so
        function.passes = passes  # type: ignore[attr-defined]  # as above
        return function

    return mark


@dataclass(frozen=True)
class Path:
    """A JMESPath expression over what the API answered."""

    expression: str


@dataclass(frozen=True, eq=False)
class Call:
    """One API call.

    `spread` passes every input for which the operation has a parameter of the same name; `whole` passes all of
    them in an update too, where otherwise only the changed ones go. `each` names a list input: one call an element,
    and `undo` is called for elements that went away. `wrap` names the parameter that takes inputs which are not
    parameters themselves. `on` adds inputs that start the call when they change; `unless_missing`
    holds error codes that do not matter.
    """

    operation: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    spread: bool = False
    whole: bool = False
    each: str = ""
    undo: Call | None = None
    wrap: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    on: tuple[str, ...] = ()
    unless_missing: tuple[str, ...] = ()
    service: str = ""


@dataclass(frozen=True, eq=False)
class Do:
    """A step that one call cannot say; `on` are the inputs that start it when they change."""

    function: Callable[[Session, dict[str, Any]], None]
    on: tuple[str, ...] = ()


Step = Call | Do


@dataclass(frozen=True)
class Read:
    """The call that shows a resource; `path` (JMESPath) finds it in the answer, and null means it is gone."""

    operation: str
    arguments: Mapping[str, Any]
    path: str = "@"


@dataclass(frozen=True)
class Tagging:
    """How tags are changed and listed, where the description of the resource does not hold them.

    `add` and `remove` name operations that take `target` and the tags, or their keys; without `remove`, `add` sets all.
    """

    add: str
    remove: str
    target: Mapping[str, str]
    listing: Read | None = None


Reader = Callable[["Session", dict[str, Any]], "dict[str, Any] | None"]
Output = str | Path | Callable[["Session", dict[str, Any], dict[str, Any]], Any]


@dataclass(frozen=True, eq=False)
class Resource:
    """One resource type.

    - `answer`: JMESPath to the resource in the answer of `create`; `id`: a JMESPath in it, a template, or a function
      of it.
    - `after`: steps after the create, and again when an input of theirs changes; `update`: steps for changes only.
    - `names`: Pulumi's name (dotted where nested) to the API's, where they are not the same but for case.
    - `autoname`: the input that gets a generated name, `autoname_limit` its greatest length.
    - `outputs`: properties (dotted where nested) that are not in the description under their own name: a template, a
      `Path`, or a function of the session, the environment and the description.
    - `steers`: inputs that steer the provider and are no parameter of the API.
    - `requires`: calls that must succeed first, for types that are only recorded.
    - `volatile`: outputs that an update may change.
    - `checks`: functions of the inputs that return (property, reason) for rules outside the API's model.
    - `imports`: a regular expression for ids, whose named groups are inputs that the id holds.
    - `event`: what `on_change` is told of.
    - `only_recorded`: why the type is recorded although moto has its operations.
    """

    token: str
    service: str
    create: Call
    id: str | Callable[[dict[str, Any]], str]
    answer: str = "@"
    read: Read | Reader | None = None
    delete: tuple[Step, ...] = ()
    after: tuple[Step, ...] = ()
    update: tuple[Step, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    autoname: str = ""
    autoname_limit: int = 255
    lower: bool = False
    arn: str = ""
    outputs: Mapping[str, Output] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    steers: tuple[str, ...] = ()
    requires: tuple[Call, ...] = ()
    volatile: tuple[str, ...] = ()
    checks: tuple[Callable[[dict[str, Any]], list[tuple[str, str]]], ...] = ()
    tagging: Tagging | None = None
    tag_type: str = ""
    imports: str = ""
    event: str = ""
    only_recorded: str = ""

    def steps(self) -> tuple[Step, ...]:
        """Return the steps that a change of an input may start."""
        return self.after + self.update


RESOURCES: dict[str, Resource] = {}
"""Every declared type by its token; filled by importing `groundwork.sandbox.standins.aws.types`."""


def declare(resource: Resource) -> Resource:
    """Add `resource` to the table."""
    if resource.token in RESOURCES:
        raise ValueError(f"{resource.token} is declared twice")
    RESOURCES[resource.token] = resource
    return resource


def put(resource: Resource) -> Resource:
    """Add a type whose create call also updates it (put_*): with all inputs each time."""
    again = replace(resource.create, whole=True)
    return declare(replace(resource, update=(*resource.update, again)))
