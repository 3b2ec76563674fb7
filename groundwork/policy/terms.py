"""Terms: what a rule demands of a Kubernetes object, said once and judged twice.

A term is judged here over plain data, and translated to CEL for the API server (`cel`). So the pack in an engine's
plan and the ValidatingAdmissionPolicy in the cluster cannot come to say different things.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from groundwork.policy.subject import Subject, dig, mapping, objects
from groundwork.policy.values import UndecidableError

Plain = str | int | float | bool


@dataclass(frozen=True)
class Scope:
    """What a demand is made of: the object, its pod's spec, or each item of lists in one of them.

    Attributes:
        root: "object" or "pod".
        lists: the lists whose items are meant; empty for the root itself.
        noun: what messages call an item, before its name.
    """

    root: str
    lists: tuple[str, ...] = ()
    noun: str = ""


OBJECT = Scope("object")
POD = Scope("pod")
CONTAINER = Scope("pod", ("initContainers", "containers"), "the container")
ANY_CONTAINER = Scope("pod", ("initContainers", "containers", "ephemeralContainers"), "the container")
"""One that somebody adds to a pod that runs, by `kubectl debug`, too: it can have no resources and no probes."""
MAIN_CONTAINER = Scope("pod", ("containers",), "the container")
VOLUME = Scope("pod", ("volumes",), "the volume")


@dataclass(frozen=True)
class At:
    """A value at a path inside the item that is judged, or, with `root`, inside the pod's spec or the whole object.

    Path parts with dots or slashes are given as a tuple: ("resources", "limits", "nvidia.com/gpu").
    """

    path: tuple[str, ...]
    root: str = ""

    def present(self) -> Term:
        """It is there."""
        return Present(self)

    def is_(self, value: Plain, *, default: Plain | None = None) -> Term:
        """It is this value; where it is missing, `default` counts."""
        return OneOf(self, (value,), default)

    def one_of(self, *values: Plain, default: Plain | None = None) -> Term:
        """It is one of these; where it is missing, `default` counts."""
        return OneOf(self, values, default)

    def matches(self, pattern: str, *, default: str = "") -> Term:
        """Its text has this pattern (RE2) somewhere."""
        return Matches(self, pattern, default)

    def has(self, value: Plain) -> Term:
        """The list there has this item."""
        return Has(self, value)

    def every(self, term: Term) -> Term:
        """Each item of the list there meets the term, whose paths begin at the item."""
        return Every(self, term)

    def any_entry(self, pattern: str, term: Term) -> Term:
        """An entry of the object there, whose key has this pattern (RE2) somewhere, meets the term.

        The term's paths begin at the entry's value.
        """
        return AnyEntry(self, pattern, term)


def at(path: str | Sequence[str]) -> At:
    """Return the value at a path of what is judged."""
    return At(tuple(path.split(".") if isinstance(path, str) else path))


ITSELF = At(())
"""The item itself, where a list or an object has plain ones."""


def pod_at(path: str) -> At:
    """Return the value at a path of the pod's spec, whatever item is judged."""
    return At(tuple(path.split(".")), "pod")


def object_at(path: str) -> At:
    """Return the value at a path of the whole object, whatever item is judged."""
    return At(tuple(path.split(".")), "object")


@dataclass(frozen=True)
class Present:
    """A value is there. An empty list is not: the API server leaves it out."""

    at: At


@dataclass(frozen=True)
class OneOf:
    """A value is one of several."""

    at: At
    values: tuple[Plain, ...]
    default: Plain | None


@dataclass(frozen=True)
class Matches:
    """A text has a pattern."""

    at: At
    pattern: str
    default: str


@dataclass(frozen=True)
class Has:
    """A list has an item."""

    at: At
    value: Plain


@dataclass(frozen=True)
class Every:
    """Each item of a list meets a term."""

    at: At
    term: Term


@dataclass(frozen=True)
class AnyEntry:
    """An object has an entry like this."""

    at: At
    pattern: str
    term: Term


@dataclass(frozen=True)
class AllOf:
    """All of several terms."""

    terms: tuple[Term, ...]


@dataclass(frozen=True)
class AnyOf:
    """One of several terms at least."""

    terms: tuple[Term, ...]


@dataclass(frozen=True)
class Not:
    """The opposite of a term."""

    term: Term


Term = Present | OneOf | Matches | Has | Every | AnyEntry | AllOf | AnyOf | Not


def all_of(*terms: Term) -> Term:
    """All of these."""
    return AllOf(terms)


def any_of(*terms: Term) -> Term:
    """One of these at least."""
    return AnyOf(terms)


def not_(term: Term) -> Term:
    """The opposite."""
    return Not(term)


def if_(condition: Term, then: Term) -> Term:
    """Where the condition holds, so must the term."""
    return AnyOf((Not(condition), then))


@dataclass(frozen=True)
class Demand:
    """One demand of a rule.

    Attributes:
        of: what it is made of.
        term: what has to hold.
        otherwise: what is said of an item for which it does not hold, with the remedy: "is privileged: remove
            securityContext.privileged". "{value}" in it is what lies at `value`.
        value: the path of the value that is shown.
    """

    of: Scope
    term: Term
    otherwise: str
    value: At | None = None


def demand(of: Scope, term: Term, otherwise: str, value: str | Sequence[str] | None = None) -> Demand:
    """Return a demand."""
    return Demand(of, term, otherwise, at(value) if value else None)


def broken(demands: Sequence[Demand], subject: Subject) -> Iterator[str]:
    """Return a sentence for each demand that an object does not meet.

    Raises:
        UndecidableError: after all that could be decided was, where a demand hangs on an unknown value.
    """
    undecidable: UndecidableError | None = None
    for wanted in demands:
        try:
            for item in found(wanted.of, subject):
                if not holds(wanted.term, Place(item, subject)):
                    yield _sentence(wanted, item, subject)
        except UndecidableError as unknown:
            undecidable = undecidable or unknown
    if undecidable:
        raise undecidable


@dataclass(frozen=True)
class Place:
    """Where a term is judged: an item of an object."""

    item: Any
    subject: Subject

    def value(self, at: At) -> Any:
        """Return what lies at a path; None for nothing."""
        base = {"": self.item, "pod": pod_spec(self.subject), "object": self.subject.props}[at.root]
        for part in at.path:
            base = base.get(part) if isinstance(base, Mapping) else None
        return base


def found(scope: Scope, subject: Subject) -> Iterator[Any]:
    """Return the items of an object that a scope means."""
    root = pod_spec(subject) if scope.root == "pod" else subject.props
    if not scope.lists:
        yield root
    for name in scope.lists:
        yield from objects(root.get(name))


def pod_spec(subject: Subject) -> Mapping[str, Any]:
    """Return the spec of the pods that an object makes; empty where it makes none."""
    return mapping(dig(subject.props, PLACES.get(subject.kind, "spec.template.spec")))


PLACES: Mapping[str, str] = {
    "CronJob": "spec.jobTemplate.spec.template.spec",
    "InferenceService": "spec.predictor",
    "Pod": "spec",
    "PodTemplate": "template.spec",
}
"""Kinds whose pods' spec does not lie under spec.template.spec, and where it does."""


def holds(term: Term, place: Place) -> bool:
    """Return whether a term holds, whatever the order in which its parts become known.

    Raises:
        UndecidableError: it hangs on an unknown value.
    """
    match term:
        case AllOf(terms):
            return not _some(terms, place, wanted=False)
        case AnyOf(terms):
            return _some(terms, place, wanted=True)
        case Not(inner):
            return not holds(inner, place)
        case Every(at, inner):
            listed = place.value(at)
            return not isinstance(listed, list) or all(holds(inner, Place(item, place.subject)) for item in listed)
        case Present(at):
            value = place.value(at)
            return value is not None and not (isinstance(value, list) and not value)
        case OneOf(at, values, default):
            value = place.value(at)
            return any(_same(v, value) for v in values) if value is not None else default in values
        case Matches(at, pattern, default):
            value = place.value(at)
            return re.search(pattern, default if value is None else str(value)) is not None
        case Has(at, wanted):
            value = place.value(at)
            return isinstance(value, list) and wanted in value
        case AnyEntry(at, pattern, inner):
            entries = mapping(place.value(at))
            found = [entries[key] for key in entries if re.search(pattern, str(key))]
            return any(holds(inner, Place(value, place.subject)) for value in found)


def _same(wanted: Plain, value: Any) -> bool:
    """Return whether values are equal as CEL sees it: 1 is 1.0, but not true."""
    return isinstance(wanted, bool) is isinstance(value, bool) and bool(wanted == value)


def _some(terms: Sequence[Term], place: Place, *, wanted: bool) -> bool:
    """Return whether a term comes out as wanted: one that does decides, though others are unknown."""
    undecidable: UndecidableError | None = None
    for term in terms:
        try:
            if holds(term, place) is wanted:
                return True
        except UndecidableError as unknown:
            undecidable = unknown
    if undecidable:
        raise undecidable
    return False


def _sentence(wanted: Demand, item: Any, subject: Subject) -> str:
    said = wanted.otherwise
    if wanted.value:
        said = said.replace("{value}", str(Place(item, subject).value(wanted.value)))
    of = f"{wanted.of.noun} {item.get('name')} " if wanted.of.noun else ""
    return f"{subject.label}: {of}{said}"
