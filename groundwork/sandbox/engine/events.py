"""What the engine tells while it runs, one JSON object each, as typed events."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from groundwork.policy import EXEMPT, UNDECIDED
from groundwork.sandbox.urns import name_of

_MARKUP = re.compile(r"<\{%[^%]*%\}>")
STACK_TYPE = "pulumi:pulumi:Stack"


class Moment(StrEnum):
    """How far a step is."""

    STARTED = "started"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class Step:
    """Something that happens to one resource.

    Attributes:
        op: create, update, delete, replace, same, read, refresh, create-replacement ...
        parent: the parent's URN, empty for the stack itself.
        keys: what differs, for an update or a replacement.
        custom: whether a provider does it; False for components.
        inputs: what the program says of it, as the engine tells it: secrets and what is unknown are words.
        protected: whether the engine refused to delete it before.
        old: its inputs before.
        retained: whether a deletion leaves it where it is, and the engine only forgets it.
    """

    moment: Moment
    op: str
    urn: str
    type: str
    parent: str
    keys: tuple[str, ...] = ()
    custom: bool = True
    inputs: Mapping[str, Any] = field(default_factory=dict)
    protected: bool = False
    old: Mapping[str, Any] = field(default_factory=dict)
    retained: bool = False

    @property
    def name(self) -> str:
        """The resource's name."""
        return name_of(self.urn)


@dataclass(frozen=True)
class Diagnostic:
    """A message: `severity` is info, warning or error."""

    severity: str
    message: str
    urn: str = ""


@dataclass(frozen=True)
class Violation:
    """A policy that a resource breaks: `level` is advisory or mandatory."""

    pack: str
    policy: str
    level: str
    message: str
    urn: str

    @property
    def exempt(self) -> bool:
        """Whether somebody took it on."""
        return EXEMPT in self.message


@dataclass(frozen=True)
class Unjudged:
    """A policy that reads what is not known before an update; `path` is the property."""

    pack: str
    policy: str
    urn: str
    path: str = ""


@dataclass(frozen=True)
class Checked:
    """The policies that one resource, or the stack, was checked against."""

    pack: str
    passed: tuple[str, ...]
    failed: tuple[str, ...]


@dataclass(frozen=True)
class Summary:
    """The end of a run: how many resources each op concerned."""

    changes: dict[str, int]
    result: str


Event = Step | Diagnostic | Violation | Unjudged | Checked | Summary


def parse(text: str) -> Event | None:
    """Return the event that `text` holds; None for what nobody needs."""
    event: dict[str, Any] = json.loads(text)
    for key, moment in _MOMENTS.items():
        if key in event:
            return _step(event[key]["metadata"], moment)
    if found := event.get("diagnosticEvent"):
        if found["severity"] == "debug" or found.get("ephemeral"):
            return None
        return Diagnostic(found["severity"].removeprefix("info#"), _plain(found["message"]), found.get("urn", ""))
    if found := event.get("policyEvent"):
        level = found["enforcementLevel"]
        if UNDECIDED in found["message"]:
            path = _plain(found["message"]).partition(f"{UNDECIDED}: ")[2].partition(" ")[0]
            return Unjudged(found["policyPackName"], found["policyName"], found.get("resourceUrn", ""), path)
        return Violation(
            found["policyPackName"],
            found["policyName"],
            level,
            # The policy's description stands on the first line, and is the same for each resource.
            _plain(found["message"]).partition("\n")[2].strip() or _plain(found["message"]),
            found.get("resourceUrn", ""),
        )
    for key in ("policyAnalyzeSummaryEvent", "policyAnalyzeStackSummaryEvent"):
        if found := event.get(key):
            return Checked(found["policyPackName"], tuple(found.get("passed") or ()), tuple(found.get("failed") or ()))
    if found := event.get("summaryEvent"):
        return Summary(dict(found.get("resourceChanges") or {}), found.get("result", ""))
    if found := event.get("errorEvent"):
        return Diagnostic("error", _plain(found["error"]))
    return None


_MOMENTS = {
    "resourcePreEvent": Moment.STARTED,
    "resOutputsEvent": Moment.DONE,
    "resOpFailedEvent": Moment.FAILED,
}


def _step(metadata: dict[str, Any], moment: Moment) -> Step:
    old = metadata.get("old") or {}
    state = metadata.get("new") or old
    detailed = metadata.get("detailedDiff") or {}
    return Step(
        moment,
        metadata["op"],
        metadata["urn"],
        metadata["type"],
        state.get("parent", ""),
        tuple(sorted(detailed)) or tuple(metadata.get("diffs") or ()),
        bool(state.get("custom")),
        state.get("inputs") or {},
        bool(old.get("protect")),
        old.get("inputs") or {},
        bool(old.get("retainOnDelete")),
    )


def _plain(message: str) -> str:
    return _MARKUP.sub("", message).strip()
