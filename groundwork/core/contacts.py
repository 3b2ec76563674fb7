"""Whom to tell of what is wrong, and how: the same words for a team and for the platform itself."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, model_validator

from groundwork.core.config import Config
from groundwork.core.forms import ObjectName

Severity = Literal["info", "warning", "critical"]
Kind = Literal["email", "pagerduty", "slack", "webhook"]

KEYS: dict[Kind, str | None] = {"email": None, "pagerduty": "routing-key", "slack": "url", "webhook": "url"}
"""Each kind -> the key of its Secret that opens the channel, None for a kind that needs none of its own."""

_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_TO: dict[Kind, tuple[str, re.Pattern[str]]] = {
    "email": ("an address, such as team@example.com", _ADDRESS),
    "slack": ("a channel, such as #alerts", re.compile(r"[#@][^\s]+")),
}


class Contact(Config):
    """One channel, and what is worth telling there.

    What opens it is a secret: somebody puts it into a Secret of the namespace, and only its name is said here.
    """

    kind: Kind = Field(description="what kind of channel")
    to: str | None = Field(default=None, description="a channel of slack (#alerts), or an e-mail address")
    secret: ObjectName | None = Field(
        default=None,
        description="name of the Secret with what opens the channel: url (slack, webhook) or routing-key (pagerduty)",
    )
    severities: tuple[Severity, ...] = Field(default=("critical", "warning"), description="what is told here")

    @model_validator(mode="after")
    def _whole(self) -> Contact:
        if not self.severities:
            raise ValueError("severities: must name at least one of critical, warning, info")
        key = KEYS[self.kind]
        if key is not None and self.secret is None:
            raise ValueError(f"{self.kind} needs secret: the name of a Secret with the key {key}")
        if key is None and self.secret is not None:
            raise ValueError(f"{self.kind} takes no secret: leave it out")
        if self.kind not in _TO:
            if self.to is not None:
                raise ValueError(f"{self.kind} takes no to: its Secret says where; leave it out")
            return self
        example, pattern = _TO[self.kind]
        if self.to is None:
            raise ValueError(f"{self.kind} needs to: {example}")
        if not pattern.fullmatch(self.to):
            raise ValueError(f"to: {self.to!r} is not {example}")
        return self
