"""What a rehearsal proves of a resource, by its type alone: the mark that its stand-in gives it."""

from __future__ import annotations

from collections.abc import Iterable

from groundwork.sandbox.standins.aws import types
from groundwork.sandbox.standins.aws.coverage import coverage_of
from groundwork.sandbox.standins.aws.declare import RESOURCES
from groundwork.sandbox.standins.kubernetes.kinds import RELEASE
from groundwork.sandbox.urns import short_type

_RELEASES = "executed with the chart in a mirror, else double"


def proofs(tokens: Iterable[str]) -> list[tuple[str, str, str]]:
    """Return what kinds of resources, their mark, and by what: one row for all that have both in common."""
    rows: dict[tuple[str, str], list[str]] = {}
    for token in sorted(tokens):
        if not token.startswith("pulumi:"):
            rows.setdefault(_proof(token), []).append(_kind(token))
    return [(", ".join(kinds), mark, how) for (mark, how), kinds in sorted(rows.items())]


def _proof(token: str) -> tuple[str, str]:
    if token == RELEASE:
        return _RELEASES, "real Helm installs it; a double has the real chart's objects by name and shape"
    if token.startswith("kubernetes:"):
        return "executed", "a real API server: schema, admission, Pod Security, quota"
    if token.startswith("random:"):
        return "executed", "made once, and kept in the state"
    if token.startswith("aws:"):
        types.load()
        if token in RESOURCES:
            coverage = coverage_of(RESOURCES[token])
            return coverage.mark, coverage.reason
    return "unknown", "the sandbox does not know this type"


def _kind(token: str) -> str:
    package, _, rest = token.partition(":")
    kind = short_type(token)
    if package == "kubernetes":
        group = rest.partition("/")[0]
        return f"{kind} ({group})" if "." in group and not group.endswith("k8s.io") else kind
    return f"{rest.partition('/')[0]} {kind}" if package == "aws" else kind
