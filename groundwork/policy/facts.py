"""What rules may know besides the resource that they judge."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from groundwork.core.catalogue import Catalogue
from groundwork.core.config import Config
from groundwork.policy.subject import Subject

Action = Literal["replace", "delete"]
_WORD = re.compile(r"[^\W\d_]{2}")


def _words(text: str) -> str:
    if not _WORD.search(text):
        raise ValueError(f"must be words (got {text!r})")
    return text


Reason = Annotated[str, Field(min_length=3), AfterValidator(_words)]
"""What somebody says, and not only a mark, such as the dots of a line that a plan wrote out."""


class Approval(Config):
    """Somebody's word that one protected resource may be replaced or deleted, up to a day.

    Attributes:
        resource: the resource's label: "Instance rds". No pattern: an approval names one thing.
        environment: in which.
        owner: who answers for it.
        until: the last day on which it counts.
    """

    resource: str
    action: Action
    environment: str
    owner: Reason
    reason: Reason
    until: datetime.date

    @property
    def called(self) -> str:
        """How messages call it."""
        return f"the approval of {self.owner} to {self.action} {self.resource} until {self.until}"

    def counts(self, environment: str, today: datetime.date) -> bool:
        """Return whether it is of this environment, and its last day is not over."""
        return self.environment == environment and self.until >= today

    def covers(self, change: Change, environment: str) -> bool:
        """Return whether it is about this change here, whatever the day."""
        label = Subject(change.type, change.name, change.old).label
        return (self.resource, self.action, self.environment) == (label, change.action, environment)


@dataclass(frozen=True)
class Change:
    """A planned replacement or deletion.

    Attributes:
        keys: the properties that make the engine replace it.
        old: its properties as they are now.
    """

    action: Action
    type: str
    name: str
    urn: str
    protected: bool
    keys: tuple[str, ...] = ()
    old: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What does not change from one resource to the next.

    Attributes:
        environment: its name, of `groundwork:environment`.
        profile: the name of its profile of defaults: "prod".
        stack: the stack that is judged; empty where several are.
        today: exemptions and approvals end by it.
        ceiling: what the environment may cost a month, USD; None where nobody has said.
        approvals: of the exemptions file.
        expired: of its exemptions and approvals those whose last day is over, a sentence each.
        ending: of its exemptions those that end soon, a sentence each.
        settings: the stack's configuration: "groundwork:environment" -> "prod".
    """

    environment: str
    profile: str
    catalogue: Catalogue
    today: datetime.date
    stack: str = ""
    ceiling: float | None = None
    approvals: Sequence[Approval] = ()
    expired: Sequence[str] = ()
    ending: Sequence[str] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
