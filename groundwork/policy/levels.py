"""What a violation does in an environment: it is told, or the deployment is refused."""

from __future__ import annotations

from typing import Literal

from groundwork.policy.rule import Rule, Severity

Level = Literal["advise", "refuse"]

_ADVISED = frozenset({"local", "dev"})
_REFUSED_EVERYWHERE: frozenset[Severity] = frozenset({"critical"})
_ADVISED_EVERYWHERE: frozenset[Severity] = frozenset({"low"})


def level(rule: Rule, profile: str) -> Level:
    """Return what a violation of a rule does in environments of a profile.

    Where people try things out, a rule advises, and elsewhere it refuses. A critical one refuses everywhere: what is
    public or in plain text in dev is so for everybody, too. A low one advises everywhere.
    """
    if rule.severity in _REFUSED_EVERYWHERE:
        return "refuse"
    return "advise" if profile in _ADVISED or rule.severity in _ADVISED_EVERYWHERE else "refuse"
