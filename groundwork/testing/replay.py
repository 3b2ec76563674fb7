"""What a new program would do to what holds data in a stack that an older one brought up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from groundwork.sandbox.standins.aws.changes import changes
from groundwork.sandbox.standins.aws.replace import Question, replaces
from groundwork.sandbox.standins.kubernetes.diffing import differences
from groundwork.sandbox.standins.kubernetes.forcenew import force_new
from groundwork.sandbox.standins.kubernetes.kinds import kind_of
from groundwork.testing.graph import Graph, Registered


def surprises(before: Graph, after: Graph) -> list[str]:
    """Return a sentence for each protected resource that the new program would delete or replace.

    A resource that was renamed is the same where an alias has its old URN.
    """
    now = {urn: resource for resource in after for urn in (resource.urn, *resource.aliases)}
    found = []
    for old in before:
        if not old.protect or not old.custom:
            continue
        new = now.get(old.urn)
        if new is None:
            found.append(f"{old.type} {old.name} holds data, and would be deleted: keep it, or give it an alias")
            continue
        found += [
            f"{old.type} {old.name} holds data, and would be replaced, since {path} changes"
            for path in _replacing(old, new)
        ]
    return found


def _replacing(old: Registered, new: Registered) -> Iterator[str]:
    before, after = dict(old.inputs), dict(new.inputs)
    package = old.type.partition(":")[0]
    if package == "aws":
        yield from _replacing_aws(old.type, before, after)
    elif package == "kubernetes":
        # As the platform's provider is set: see `Cluster.provider`.
        fixed = force_new(kind_of(old.urn, before.get("kind")), before, mutable_config_maps=True, mutable_secrets=True)
        yield from (d.name for d in differences(before, after, fixed) if d.replace)
    elif package == "random":
        yield from (d.name for d in differences(before, after, ()))


def _replacing_aws(token: str, before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    for change in changes(before, after):
        question = Question(change.before, change.after, before, after, state=before)
        replacing, _ = replaces(token, change.dotted, question)
        if replacing:
            yield change.path
