"""Kubernetes quantities as exact numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import lru_cache

Resources = dict[str, Fraction]

_SUFFIXES: dict[str, Fraction] = {
    "n": Fraction(1, 10**9),
    "u": Fraction(1, 10**6),
    "m": Fraction(1, 1000),
    "": Fraction(1),
    **{suffix: Fraction(1000**power) for power, suffix in enumerate("kMGTPE", start=1)},
    **{f"{suffix}i": Fraction(1024**power) for power, suffix in enumerate("KMGTPE", start=1)},
}
_QUANTITY = re.compile(r"^([+-]?[0-9]*\.?[0-9]+|[+-]?[0-9]+\.)(?:([eE][+-]?[0-9]+)|([numkMGTPE]i?|Ki)?)$")


def quantity(text: object) -> Fraction:
    """Return `500m`, `1Gi`, `2e3` or a plain number as an exact number.

    Raises:
        ValueError: it is no quantity; the message has the text.
    """
    return _parsed(str(text).strip())


@lru_cache(maxsize=4096)  # the same few amounts are read over and over
def _parsed(text: str) -> Fraction:
    match = _QUANTITY.match(text)
    suffix = (match.group(3) or "") if match else ""
    if not match or suffix not in _SUFFIXES:
        raise ValueError(f"{text!r} is not a Kubernetes quantity")
    return Fraction(match.group(1) + (match.group(2) or "")) * _SUFFIXES[suffix]


def resources(amounts: Mapping[str, object] | None) -> Resources:
    """Return a resource list (`{"cpu": "500m"}`) as numbers."""
    return {name: quantity(amount) for name, amount in (amounts or {}).items()}


def total(parts: Iterable[Mapping[str, Fraction]]) -> Resources:
    """Return the sum, resource by resource."""
    result: Resources = {}
    for part in parts:
        for name, amount in part.items():
            result[name] = result.get(name, Fraction(0)) + amount
    return result


def greatest(parts: Iterable[Mapping[str, Fraction]]) -> Resources:
    """Return the largest amount of each resource."""
    result: Resources = {}
    for part in parts:
        for name, amount in part.items():
            result[name] = max(result.get(name, amount), amount)
    return result
