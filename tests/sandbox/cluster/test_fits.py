"""A pod is judged as the scheduler would judge it."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from groundwork.sandbox.cluster.fits import free, label_selector_matches, obstacles, requests_of

Make = Callable[..., dict[str, Any]]
_GIB = Fraction(1024**3)


def _node(labels: dict[str, str] | None = None, taints: list[dict[str, str]] | None = None) -> dict[str, Any]:
    return {
        "metadata": {"name": "node", "labels": labels or {}},
        "spec": {"taints": taints or []},
        "status": {"allocatable": {"cpu": "2", "memory": "4Gi", "pods": "10"}},
    }


def _why(pod: dict[str, Any], node: dict[str, Any]) -> list[str]:
    return obstacles(pod, node, free(node, ()))


def test_the_largest_init_container_counts_if_it_is_larger_than_all_the_rest() -> None:
    spec = {
        "containers": [{"name": "a", "resources": {"requests": {"cpu": "1"}}}],
        "initContainers": [{"name": "i", "resources": {"requests": {"cpu": "3", "memory": "1Gi"}}}],
    }
    assert requests_of(spec) == {"cpu": 3, "memory": _GIB, "pods": 1}


def test_a_sidecar_counts_beside_containers_and_later_init_containers() -> None:
    spec = {
        "containers": [{"name": "a", "resources": {"requests": {"cpu": "1"}}}],
        "initContainers": [
            {"name": "s", "restartPolicy": "Always", "resources": {"requests": {"cpu": "500m"}}},
            {"name": "i", "resources": {"requests": {"cpu": "2"}}},
        ],
    }
    assert requests_of(spec)["cpu"] == Fraction(5, 2)


def test_a_limit_alone_is_a_request_and_overhead_is_added() -> None:
    spec = {
        "containers": [{"name": "a", "resources": {"limits": {"nvidia.com/gpu": "1", "cpu": "1"}}}],
        "overhead": {"cpu": "250m"},
    }
    assert requests_of(spec) == {"nvidia.com/gpu": 1, "cpu": Fraction(5, 4), "pods": 1}


def test_requests_of_the_whole_pod_take_the_place_of_the_sum() -> None:
    spec = {
        "containers": [{"name": "a", "resources": {"requests": {"cpu": "1"}}}],
        "resources": {"requests": {"cpu": "3"}},
    }
    assert requests_of(spec)["cpu"] == 3


def test_what_other_pods_hold_is_not_free(make_pod: Make) -> None:
    left = free(_node(), [make_pod(requests={"cpu": "1500m"}), make_pod(requests={"memory": "1Gi"})])
    assert (left["cpu"], left["memory"], left["pods"]) == (Fraction(1, 2), 3 * _GIB, Fraction(8))


def test_every_resource_that_is_short_is_named(make_pod: Make) -> None:
    pod = make_pod(requests={"cpu": "3", "memory": "5Gi", "nvidia.com/gpu": "1"})
    assert _why(pod, _node()) == ["Insufficient cpu", "Insufficient memory", "Insufficient nvidia.com/gpu"]


@pytest.mark.parametrize(
    ("tolerations", "fits"),
    [
        ([], False),
        ([{"operator": "Exists"}], True),
        ([{"key": "team", "operator": "Exists"}], True),
        ([{"key": "team", "value": "ml"}], True),
        ([{"key": "team", "value": "web"}], False),
        ([{"key": "team", "value": "ml", "effect": "NoExecute"}], False),
        ([{"key": "other", "operator": "Exists"}], False),
    ],
)
def test_a_taint_keeps_away_all_that_do_not_tolerate_it(
    make_pod: Make, tolerations: list[dict[str, str]], fits: bool
) -> None:
    node = _node(taints=[{"key": "team", "value": "ml", "effect": "NoSchedule"}])
    assert _why(make_pod(tolerations=tolerations), node) == ([] if fits else ["untolerated taint {team: ml}"])


def test_a_preference_keeps_nobody_away(make_pod: Make) -> None:
    assert _why(make_pod(), _node(taints=[{"key": "team", "effect": "PreferNoSchedule"}])) == []


@pytest.mark.parametrize(
    ("expression", "fits"),
    [
        ({"key": "zone", "operator": "In", "values": ["a", "b"]}, True),
        ({"key": "zone", "operator": "In", "values": ["b"]}, False),
        ({"key": "zone", "operator": "NotIn", "values": ["b"]}, True),
        ({"key": "gone", "operator": "NotIn", "values": ["b"]}, True),
        ({"key": "zone", "operator": "Exists"}, True),
        ({"key": "zone", "operator": "DoesNotExist"}, False),
        ({"key": "cores", "operator": "Gt", "values": ["7"]}, True),
        ({"key": "cores", "operator": "Lt", "values": ["8"]}, False),
        ({"key": "zone", "operator": "Gt", "values": ["1"]}, False),
    ],
)
def test_node_affinity_follows_each_operator(make_pod: Make, expression: dict[str, Any], fits: bool) -> None:
    required = {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}
    found = _why(make_pod(affinity=affinity), _node(labels={"zone": "a", "cores": "8"}))
    assert (found == []) is fits


def test_terms_are_alternatives_and_an_empty_one_matches_nothing(make_pod: Make) -> None:
    def pod(terms: list[dict[str, Any]]) -> dict[str, Any]:
        required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
        return make_pod(affinity={"nodeAffinity": required})

    here = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["node"]}]}
    assert _why(pod([{}, here]), _node()) == []
    assert _why(pod([{}]), _node()) == ["didn't match Pod's node affinity/selector"]


def test_a_node_selector_must_match_exactly(make_pod: Make) -> None:
    assert _why(make_pod(nodeSelector={"zone": "b"}), _node(labels={"zone": "a"})) == [
        "didn't match Pod's node affinity/selector"
    ]


def test_no_label_selector_matches_nothing_and_an_empty_one_all() -> None:
    assert not label_selector_matches(None, {"a": "b"})
    assert label_selector_matches({}, {"a": "b"})
    assert label_selector_matches({"matchExpressions": [{"key": "a", "operator": "Exists"}]}, {"a": "b"})
