"""Diff: what changed, whether it replaces by the real provider's rules, and in which order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from groundwork.sandbox.standins.aws.calls import takes
from groundwork.sandbox.standins.aws.changes import Change, changes, same
from groundwork.sandbox.standins.aws.declare import Resource
from groundwork.sandbox.standins.aws.replace import Question, replaces, rule_of
from groundwork.sandbox.standins.aws.sdk import sdk_resource
from groundwork.sandbox.standins.aws.session import Session
from groundwork.sandbox.standins.values import UNKNOWN, has_unknown


@dataclass(frozen=True)
class Difference:
    """The changes of one resource, those paths among them that replace, and remarks for the report."""

    changes: tuple[Change, ...]
    replacing: frozenset[str] = frozenset()
    delete_first: bool = False
    notes: tuple[str, ...] = field(default=())

    @property
    def inputs(self) -> set[str]:
        """The inputs that changed."""
        return {change.top for change in self.changes}


def difference(
    session: Session, resource: Resource, state: dict[str, Any], old: dict[str, Any], new: dict[str, Any]
) -> Difference:
    """Compare the inputs `old` and `new` of a resource whose outputs are `state`.

    An input without a known rule is updated where AWS can do it in place, and replaces otherwise; either way it is
    reported as "may replace".
    """
    found = [change for change in changes(old, new) if not _means_nothing(resource, change)]
    kept: list[Change] = []
    replacing: set[str] = set()
    notes: list[str] = []
    for change in found:
        if change.top == "region":
            if (change.before or session.region) == (change.after or session.region):
                continue
            replacing.add(change.path)
        elif change.top != "tags" and change.top not in resource.steers:
            question = Question(change.before, change.after, old, new, state)
            answer, note = replaces(resource.token, change.dotted, question)
            if note and rule_of(resource.token, change.dotted) is None:
                answer = not any(change.top in takes(resource, step) for step in resource.steps())
            if note:
                notes.append(note)
            if answer:
                replacing.add(change.path)
        kept.append(change)
    kept += _tags(session, resource, state, new)
    first = bool(replacing) and _name_taken(resource, old, new)
    return Difference(tuple(kept), frozenset(replacing), first, tuple(notes))


def _means_nothing(resource: Resource, change: Change) -> bool:
    """Tell whether removing the input leaves what AWS filled in."""
    rule = rule_of(resource.token, change.dotted)
    return change.after is None and rule is not None and rule.computed


def _tags(session: Session, resource: Resource, state: dict[str, Any], new: dict[str, Any]) -> list[Change]:
    if "tagsAll" not in sdk_resource(resource.token).outputs:
        return []
    before, after = state.get("tagsAll") or {}, session.tags(new)
    if has_unknown(after):
        return [Change("tagsAll", before, UNKNOWN)]
    return [] if same(before, after) else [Change("tagsAll", before, after)]


def _name_taken(resource: Resource, old: dict[str, Any], new: dict[str, Any]) -> bool:
    """Tell whether the replacement would have the very name that the old one still holds."""
    name = resource.autoname
    if not name or name in (new.get("__defaults") or []):
        return False
    return new.get(name) is not None and old.get(name) == new.get(name)
