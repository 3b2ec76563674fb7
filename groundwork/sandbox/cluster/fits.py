"""Whether a pod fits a node by itself: resources, taints, node selectors and node affinity."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from groundwork.sandbox.cluster.marks import Object, labels_of
from groundwork.sandbox.cluster.quantity import Resources, greatest, quantity, resources, total


def requests_of(pod_spec: Mapping[str, Any]) -> Resources:
    """Return what the scheduler reckons for a pod: containers and sidecars, or the largest init container."""
    main = [_requests(container) for container in pod_spec.get("containers") or ()]
    sidecars: list[Resources] = []
    starting: list[Resources] = []
    for container in pod_spec.get("initContainers") or ():
        if container.get("restartPolicy") == "Always":
            sidecars.append(_requests(container))
        else:
            starting.append(total([*sidecars, _requests(container)]))
    needed = greatest([total([*main, *sidecars]), *starting])
    # Requests of the pod as a whole, where given, take the place of the sum.
    needed |= resources((pod_spec.get("resources") or {}).get("requests"))
    return total([needed, resources(pod_spec.get("overhead")), {"pods": quantity(1)}])


def free(node: Object, pods: Iterable[Object]) -> Resources:
    """Return what a node has left beside its pods."""
    left = resources((node.get("status") or {}).get("allocatable"))
    for name, amount in total(requests_of(pod["spec"]) for pod in pods).items():
        left[name] = left.get(name, quantity(0)) - amount
    return left


def obstacles(pod: Object, node: Object, left: Mapping[str, Any]) -> list[str]:
    """Return why a pod cannot stand on a node, in the scheduler's words; empty if it can."""
    spec = pod["spec"]
    found = []
    if (taint := untolerated(spec, (node.get("spec") or {}).get("taints") or ())) is not None:
        found.append(f"untolerated taint {{{taint['key']}: {taint.get('value', '')}}}")
    if not selected(spec, node):
        found.append("didn't match Pod's node affinity/selector")
    found += [
        f"Insufficient {name}"
        for name, amount in requests_of(spec).items()
        if amount > 0 and amount > left.get(name, 0)
    ]
    return found


def untolerated(pod_spec: Mapping[str, Any], taints: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Return the first taint that keeps the pod away."""
    tolerations = pod_spec.get("tolerations") or ()
    for taint in taints:
        hard = taint["effect"] in ("NoSchedule", "NoExecute")
        if hard and not any(_tolerates(toleration, taint) for toleration in tolerations):
            return taint
    return None


def selected(pod_spec: Mapping[str, Any], node: Object) -> bool:
    """Whether node selector and required node affinity allow the node."""
    have = labels_of(node)
    wanted = pod_spec.get("nodeSelector") or {}
    if any(have.get(key) != value for key, value in wanted.items()):
        return False
    affinity = (pod_spec.get("affinity") or {}).get("nodeAffinity") or {}
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution")
    return required is None or any_term_matches(required.get("nodeSelectorTerms") or (), node)


def any_term_matches(terms: Sequence[Mapping[str, Any]], node: Object) -> bool:
    """Whether one of the terms of a node selector matches a node."""
    return any(_term_matches(term, node) for term in terms)


def label_selector_matches(selector: Mapping[str, Any] | None, have: Mapping[str, str]) -> bool:
    """Whether labels match a label selector; none matches nothing, an empty one everything."""
    if selector is None:
        return False
    exact = (selector.get("matchLabels") or {}).items()
    return all(have.get(key) == value for key, value in exact) and all(
        _matches(expression, have) for expression in selector.get("matchExpressions") or ()
    )


def _term_matches(term: Mapping[str, Any], node: Object) -> bool:
    expressions = term.get("matchExpressions") or ()
    fields = term.get("matchFields") or ()
    if not expressions and not fields:
        return False  # an empty term matches nothing
    named = {"metadata.name": node["metadata"]["name"]}
    return all(_matches(e, labels_of(node)) for e in expressions) and all(_matches(f, named) for f in fields)


def _matches(requirement: Mapping[str, Any], have: Mapping[str, str]) -> bool:
    value = have.get(requirement["key"])
    values: Sequence[str] = requirement.get("values") or []
    match requirement["operator"]:
        case "In":
            return value in values
        case "NotIn":
            return value not in values
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
        case "Gt" | "Lt" as operator:
            if value is None or not value.lstrip("-").isdigit():
                return False
            return int(value) > int(values[0]) if operator == "Gt" else int(value) < int(values[0])
    return False


def _tolerates(toleration: Mapping[str, Any], taint: Mapping[str, Any]) -> bool:
    if toleration.get("effect") and toleration["effect"] != taint["effect"]:
        return False
    key = toleration.get("key")
    if toleration.get("operator", "Equal") == "Exists":
        return not key or key == taint["key"]
    return bool(key == taint["key"] and (toleration.get("value") or "") == (taint.get("value") or ""))


def _requests(container: Mapping[str, Any]) -> Resources:
    given = container.get("resources") or {}
    # A limit without a request is a request of the same amount.
    return resources({**(given.get("limits") or {}), **(given.get("requests") or {})})
