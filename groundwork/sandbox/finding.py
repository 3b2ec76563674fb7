"""What `groundwork doctor` reports, one at a time, from every part of the sandbox."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding matters."""

    ERROR = "error"
    """A rehearsal cannot work until it is mended."""
    WARNING = "warning"
    """A rehearsal works, with something lost, stale or left over."""
    NOTE = "note"
    """Worth knowing, nothing to do."""


@dataclass(frozen=True)
class Finding:
    """One thing that is missing, broken, stuck or left running.

    Attributes:
        subject: what it is about, as the user knows it: `kubernetes 1.36.3`, `sandbox dev`.
        problem: what is wrong with it, one sentence without a full stop.
        remedy: the command that mends it.
        severity: how much it matters.
    """

    subject: str
    problem: str
    remedy: str
    severity: Severity = Severity.ERROR
