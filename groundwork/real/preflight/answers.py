"""One answer of AWS, as a person reads it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What an answer means for what is about to be done."""

    GOOD = "good"
    CARE = "care"
    """It can go on; somebody should know."""
    STOP = "stop"


@dataclass(frozen=True)
class Answer:
    """What was asked, what came of it, and what to do where it is not good."""

    subject: str
    told: str
    verdict: Verdict = Verdict.GOOD
    remedy: str = ""


def good(subject: str, told: str) -> Answer:
    """Return an answer with which all is well."""
    return Answer(subject, told)


def care(subject: str, told: str, remedy: str) -> Answer:
    """Return an answer that somebody should know of."""
    return Answer(subject, told, Verdict.CARE, remedy)


def stop(subject: str, told: str, remedy: str) -> Answer:
    """Return an answer with which an up would fail."""
    return Answer(subject, told, Verdict.STOP, remedy)
