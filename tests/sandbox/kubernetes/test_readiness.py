"""When an object is ready: the rules, on objects as the API server writes them."""

from __future__ import annotations

from typing import Any

import pytest

from groundwork.sandbox.standins.kubernetes.conditions import unmet
from groundwork.sandbox.standins.kubernetes.readiness import Surroundings, verdict
from groundwork.sandbox.standins.kubernetes.values import prune, same
from groundwork.sandbox.standins.protocol import ProviderError


def obj(api_version: str, kind: str, spec: dict[str, Any], status: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"generation": 2}, "spec": spec, "status": status}


def condition(name: str, status: str, reason: str = "R", message: str = "M") -> dict[str, str]:
    return {"type": name, "status": status, "reason": reason, "message": message}


def deployment(spec: dict[str, Any] | None = None, **status: Any) -> dict[str, Any]:
    return obj("apps/v1", "Deployment", {"replicas": 2, **(spec or {})}, {"observedGeneration": 2, **status})


GOOD: dict[str, Any] = {"replicas": 2, "updatedReplicas": 2, "availableReplicas": 2}


@pytest.mark.parametrize(
    ("live", "waiting_for"),
    [
        (deployment(**GOOD), ()),
        (deployment(**{**GOOD, "observedGeneration": 1}), ("the controller has not seen it yet",)),
        (deployment(**{**GOOD, "availableReplicas": 1}), ("1 of 2 Pods are available",)),
        (deployment(**{**GOOD, "replicas": 3}), ("1 Pods of the old version have not ended yet",)),
        (deployment({"replicas": 0}), ()),
        (deployment({"paused": True}), ()),
        (
            deployment(
                **{**GOOD, "availableReplicas": 0, "conditions": [condition("ReplicaFailure", "True", "Quota")]}
            ),
            ("[Quota] M", "0 of 2 Pods are available"),
        ),
        (
            obj("apps/v1", "StatefulSet", {"replicas": 1}, {"observedGeneration": 2, "readyReplicas": 0}),
            ("0 of 1 Pods are ready",),
        ),
        (
            obj(
                "apps/v1",
                "StatefulSet",
                {"replicas": 1},
                {"observedGeneration": 2, "readyReplicas": 1, "currentRevision": "a", "updateRevision": "b"},
            ),
            ("its Pods are at revision a, not yet at b",),
        ),
        (
            obj(
                "apps/v1",
                "DaemonSet",
                {},
                {
                    "observedGeneration": 2,
                    "desiredNumberScheduled": 2,
                    "updatedNumberScheduled": 2,
                    "numberAvailable": 1,
                },
            ),
            ("its Pods are available on 1 of 2 nodes",),
        ),
        (obj("apps/v1", "DaemonSet", {}, {"observedGeneration": 2, "desiredNumberScheduled": 0}), ()),
        (obj("batch/v1", "Job", {}, {"conditions": [condition("Complete", "True")]}), ()),
        (obj("batch/v1", "Job", {"suspend": True}, {}), ()),
        (obj("batch/v1", "Job", {"completions": 3}, {"succeeded": 1}), ("1 of 3 completions",)),
        (obj("v1", "Pod", {}, {"phase": "Succeeded"}), ()),
        (obj("v1", "Pod", {}, {"phase": "Pending"}), ("the Pod is Pending",)),
        (obj("v1", "Service", {"type": "ExternalName", "selector": {"a": "b"}}, {}), ()),
        (obj("v1", "Service", {"clusterIP": "None", "selector": {"a": "b"}}, {}), ()),
        (obj("v1", "Namespace", {}, {"phase": "Terminating"}), ("the namespace is Terminating",)),
        (obj("v1", "ConfigMap", {}, {}), ()),
        (obj("v1", "ResourceQuota", {"hard": {"cpu": "1000m"}}, {"hard": {"cpu": "1"}}), ()),
    ],
)
def test_each_kind_waits_for_what_the_real_provider_waits_for(
    live: dict[str, Any], waiting_for: tuple[str, ...]
) -> None:
    judged = verdict(live, Surroundings())
    assert judged.waiting_for == waiting_for
    assert judged.ready is (waiting_for == ())


def test_a_failed_job_is_not_waited_for() -> None:
    failed = obj("batch/v1", "Job", {}, {"conditions": [condition("Failed", "True", "DeadlineExceeded")]})
    assert verdict(failed, Surroundings()).failed


def test_a_load_balancer_needs_an_address_and_a_pod() -> None:
    service = obj("v1", "Service", {"type": "LoadBalancer", "selector": {"a": "b"}}, {})
    assert len(verdict(service, Surroundings()).waiting_for) == 2
    service["status"] = {"loadBalancer": {"ingress": [{"hostname": "x"}]}}
    assert verdict(service, Surroundings(ready_endpoints=1)).ready


@pytest.mark.parametrize(
    ("expression", "lacks"),
    [
        ("condition=Ready", None),
        ("condition=ready=True", None),
        ("condition=Synced", "Resource has condition Synced=False (want True) no network"),
        ("condition=Other", "Resource has condition Other=missing (want True)"),
        ("jsonpath={.status.phase}=Running", None),
        ("jsonpath={.status.phase}", None),
        ("jsonpath={.status.ports[0].port}=80", None),
        ("jsonpath={.status.ports[*].port}=81", None),
        ('jsonpath={.status.conditions[?(@.type=="Ready")].status}=True', None),
        ("jsonpath={.status.nothing}", "Waiting for jsonpath={.status.nothing}"),
        ("jsonpath={.status.phase}=Gone", "Waiting for jsonpath={.status.phase}=Gone (found Running)"),
    ],
)
def test_wait_for_understands_conditions_and_paths(expression: str, lacks: str | None) -> None:
    conditions = [condition("Ready", "True"), condition("Synced", "False", message="no network")]
    live = {"status": {"phase": "Running", "ports": [{"port": 80}, {"port": 81}], "conditions": conditions}}
    assert unmet(live, expression) == lacks


def test_a_path_that_is_not_understood_is_refused() -> None:
    with pytest.raises(ProviderError, match="is not understood at"):
        unmet({}, "jsonpath={.a[?(@.b)]}=1")


@pytest.mark.parametrize(
    ("live", "wanted", "equal"),
    [
        ("1", "1000m", True),
        ("1Gi", "1024Mi", True),
        ("500m", 0.5, True),
        ("1", 1, True),
        ("1", "2", False),
        ("1G", "1Gi", False),
        (None, {}, True),
        (None, False, False),
        (True, 1, False),
        ("abc", "abd", False),
    ],
)
def test_values_are_the_same_if_they_mean_the_same(live: Any, wanted: Any, equal: bool) -> None:
    assert same(live, wanted) is equal


def test_drift_is_what_the_program_manages_in_the_form_in_which_it_wrote_it() -> None:
    live = {"spec": {"replicas": 3, "cpu": "1", "added": "by the server", "list": [{"a": "1", "b": 2}, {"c": 3}]}}
    inputs = {"spec": {"replicas": 1, "cpu": "1000m", "empty": {}, "gone": "x", "list": [{"a": "1"}]}}
    assert prune(live, inputs) == {"spec": {"replicas": 3, "cpu": "1000m", "empty": {}, "list": [{"a": "1"}]}}
