"""Providers that two stacks both have: the engine moves a resource only where they are equal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from groundwork.real.errors import RealError

_PROVIDER = "pulumi:providers:"
# What says of which stack a resource is: it differs between any two, and the next update writes it anew.
_OF_THE_STACK = frozenset({"defaultTags"})

Inputs = dict[str, Any]


def lend(source: Iterable[Mapping[str, Any]], destination: Iterable[dict[str, Any]]) -> dict[str, Inputs]:
    """Give providers of the destination the inputs of the source's, where only the stack's tags differ.

    Args:
        source: resources of a stack, as the engine exports them.
        destination: those of the other, which are changed.

    Returns:
        URN -> inputs before, of those that were changed.

    Raises:
        RealError: with every provider that differs in more: what is moved would be asked for elsewhere.
    """
    theirs = {_without_stack(each["urn"]): each for each in destination if each["type"].startswith(_PROVIDER)}
    before: dict[str, Inputs] = {}
    problems = []
    for each in source:
        mine, other = each.get("inputs") or {}, theirs.get(_without_stack(each["urn"]))
        if not each["type"].startswith(_PROVIDER) or other is None or mine == (other.get("inputs") or {}):
            continue
        held = other.get("inputs") or {}
        differing = sorted(key for key in {*mine, *held} if mine.get(key) != held.get(key))
        if set(differing) <= _OF_THE_STACK:
            before[other["urn"]] = held
            other["inputs"] = dict(mine)
        elif each["type"] == f"{_PROVIDER}aws":
            problems.append(f"{each['urn']} and {other['urn']} differ in {', '.join(differing)}")
    if problems:
        raise RealError("\n".join(["Nothing was moved: the stacks' providers are not the same.", *problems]))
    return before


def give_back(resources: Iterable[dict[str, Any]], before: Mapping[str, Inputs]) -> None:
    """Give providers the inputs that they had before `lend`."""
    for each in resources:
        if each["urn"] in before:
            each["inputs"] = before[each["urn"]]


def _without_stack(urn: str) -> str:
    return urn.split("::", 1)[1]
