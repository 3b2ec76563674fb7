"""Whether the pods that are there already let another one onto a node.

Affinity to other pods and host ports are left to the real scheduler: they hardly ever decide whether one
more node helps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from groundwork.sandbox.cluster.fits import label_selector_matches, selected
from groundwork.sandbox.cluster.marks import Object, labels_of, leaving
from groundwork.sandbox.cluster.quantity import Resources


@dataclass
class Place:
    """A node, there or to come: what is free on it, and its pods."""

    node: Object
    left: Resources
    pods: list[Object]


def kept_away(pod: Object, node: Object, places: Sequence[Place]) -> str:
    """Return which rule between pods forbids the node, in the scheduler's words; empty if none does."""
    if any(_repelled(pod, term, node, places) for term in _repelling(pod)):
        return "didn't match pod anti-affinity rules"
    spread = pod["spec"].get("topologySpreadConstraints") or ()
    if any(_uneven(pod, rule, node, places) for rule in spread if rule["whenUnsatisfiable"] == "DoNotSchedule"):
        return "didn't match pod topology spread constraints"
    return ""


def _repelling(pod: Object) -> Sequence[Mapping[str, Any]]:
    affinity = (pod["spec"].get("affinity") or {}).get("podAntiAffinity") or {}
    terms: Sequence[Mapping[str, Any]] = affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or []
    return terms


def _repelled(pod: Object, term: Mapping[str, Any], node: Object, places: Sequence[Place]) -> bool:
    key = term["topologyKey"]
    domain = labels_of(node).get(key)
    spaces = term.get("namespaces") or (pod["metadata"]["namespace"],)
    return domain is not None and any(
        other["metadata"]["namespace"] in spaces and label_selector_matches(term.get("labelSelector"), labels_of(other))
        for place in places
        if labels_of(place.node).get(key) == domain
        for other in place.pods
    )


def _uneven(pod: Object, rule: Mapping[str, Any], node: Object, places: Sequence[Place]) -> bool:
    key = rule["topologyKey"]
    domain = labels_of(node).get(key)
    if domain is None:
        return True
    counts = {domain: 0}
    for place in places:
        there = labels_of(place.node).get(key)
        if there is None or not selected(pod["spec"], place.node):
            continue
        counts[there] = counts.get(there, 0) + sum(
            other["metadata"]["namespace"] == pod["metadata"]["namespace"]
            and not leaving(other)
            and label_selector_matches(rule.get("labelSelector"), labels_of(other))
            for other in place.pods
        )
    # With fewer domains than asked for, the smallest count is taken as none.
    least = 0 if len(counts) < (rule.get("minDomains") or 1) else min(counts.values())
    return counts[domain] + 1 - least > int(rule["maxSkew"])
