"""When an object is ready: pure rules over the object itself, as the real provider's awaiters have them.

Source: provider/pkg/await/*.go of pulumi-kubernetes 4.x. What a rule needs from other objects it gets as
`Surroundings`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from groundwork.sandbox.standins.kubernetes.values import get_path, same

Object = Mapping[str, Any]


@dataclass(frozen=True)
class Verdict:
    """Whether an object is ready; if not, what it waits for; `failed` if waiting longer is of no use."""

    ready: bool
    waiting_for: tuple[str, ...] = ()
    failed: bool = False


READY = Verdict(True)


@dataclass(frozen=True)
class Surroundings:
    """What readiness depends on beyond the object.

    Attributes:
        ready_endpoints: how many ready addresses the Service has.
        binding_mode: the volumeBindingMode of the claim's StorageClass.
        missing_services: the names of Services that an Ingress routes to and that have no ready endpoint.
    """

    ready_endpoints: int = 0
    binding_mode: str = "Immediate"
    missing_services: tuple[str, ...] = field(default=())


Rule = Callable[[Object, Surroundings], Verdict]


def verdict(obj: Object, around: Surroundings) -> Verdict:
    """Judge `obj`; a kind without a rule is ready as soon as it exists."""
    rule = _RULES.get((str(obj.get("apiVersion")), str(obj.get("kind"))))
    return READY if rule is None else rule(obj, around)


def waits(api_version: str, kind: str) -> bool:
    """Tell whether objects of this kind are waited for."""
    return (api_version, kind) in _RULES


def condition(obj: Object, name: str) -> Mapping[str, Any]:
    """Return the status condition of that type, empty if there is none."""
    for entry in get_path(obj, "status", "conditions", default=None) or []:
        if str(entry.get("type", "")).lower() == name.lower():
            return dict(entry)
    return {}


def _observed(obj: Object) -> bool:
    generation = get_path(obj, "metadata", "generation", default=0)
    return int(get_path(obj, "status", "observedGeneration", default=0) or 0) >= int(generation or 0)


def _count(obj: Object, name: str) -> int:
    return int(get_path(obj, "status", name, default=0) or 0)


def _wanted(obj: Object) -> int:
    replicas = get_path(obj, "spec", "replicas", default=1)
    return 1 if replicas is None else int(replicas)


def _deployment(obj: Object, around: Surroundings) -> Verdict:
    if not _observed(obj):
        return Verdict(False, ("the controller has not seen it yet",))
    if get_path(obj, "spec", "paused") is True:
        return READY  # nothing will move until it is resumed
    progressing = condition(obj, "Progressing")
    wanted, updated, available = (
        _wanted(obj),
        _count(obj, "updatedReplicas"),
        _count(obj, "availableReplicas"),
    )
    old = _count(obj, "replicas") - updated
    problems = []
    if progressing.get("reason") == "ProgressDeadlineExceeded":
        problems.append(f"[ProgressDeadlineExceeded] {progressing.get('message', '')}")
    failure = condition(obj, "ReplicaFailure")
    if failure.get("status") == "True":
        problems.append(f"[{failure.get('reason')}] {failure.get('message')}")
    if updated < wanted or available < wanted:
        problems.append(f"{min(updated, available)} of {wanted} Pods are available")
    elif old > 0:
        problems.append(f"{old} Pods of the old version have not ended yet")
    return Verdict(not problems, tuple(problems))


def _stateful_set(obj: Object, around: Surroundings) -> Verdict:
    if not _observed(obj):
        return Verdict(False, ("the controller has not seen it yet",))
    wanted, ready = _wanted(obj), _count(obj, "readyReplicas")
    problems = [f"{ready} of {wanted} Pods are ready"] if ready < wanted else []
    strategy = get_path(obj, "spec", "updateStrategy", "type", default="RollingUpdate")
    partition = int(get_path(obj, "spec", "updateStrategy", "rollingUpdate", "partition", default=0) or 0)
    if strategy == "RollingUpdate" and partition == 0:
        current, target = (
            get_path(obj, "status", "currentRevision"),
            get_path(obj, "status", "updateRevision"),
        )
        if current != target:
            problems.append(f"its Pods are at revision {current}, not yet at {target}")
    return Verdict(not problems, tuple(problems))


def _daemon_set(obj: Object, around: Surroundings) -> Verdict:
    if not _observed(obj):
        return Verdict(False, ("the controller has not seen it yet",))
    wanted = _count(obj, "desiredNumberScheduled")
    problems = []
    if get_path(obj, "spec", "updateStrategy", "type", default="RollingUpdate") == "RollingUpdate":
        updated = _count(obj, "updatedNumberScheduled")
        if updated < wanted:
            problems.append(f"{updated} of {wanted} nodes run its newest version")
    available = _count(obj, "numberAvailable")
    if available < wanted:
        problems.append(f"its Pods are available on {available} of {wanted} nodes")
    return Verdict(not problems, tuple(problems))


def _job(obj: Object, around: Surroundings) -> Verdict:
    failed = condition(obj, "Failed")
    if failed.get("status") == "True":
        return Verdict(False, (f"[{failed.get('reason')}] {failed.get('message')}",), failed=True)
    if condition(obj, "Complete").get("status") == "True":
        return READY
    if get_path(obj, "spec", "suspend") is True:
        return READY
    done, wanted = _count(obj, "succeeded"), get_path(obj, "spec", "completions", default=1) or 1
    return Verdict(False, (f"{done} of {wanted} completions",))


def _pod(obj: Object, around: Surroundings) -> Verdict:
    phase = get_path(obj, "status", "phase")
    if phase == "Succeeded":
        return READY
    if phase == "Failed":
        return Verdict(
            False, (f"the Pod failed: {get_path(obj, 'status', 'message', default='no reason given')}",), True
        )
    if condition(obj, "Ready").get("status") == "True":
        return READY
    return Verdict(False, (f"the Pod is {phase}",))


def _claim(obj: Object, around: Surroundings) -> Verdict:
    phase = get_path(obj, "status", "phase")
    if phase == "Bound":
        return READY
    if around.binding_mode == "WaitForFirstConsumer" and phase == "Pending":
        return READY
    name = get_path(obj, "spec", "storageClassName", default=None)
    return Verdict(False, (f"the claim is {phase}; StorageClass {name or 'not set, and no default'}",))


def _volume(obj: Object, around: Surroundings) -> Verdict:
    phase = get_path(obj, "status", "phase")
    return READY if phase in ("Available", "Bound") else Verdict(False, (f"the volume is {phase}",))


def _service(obj: Object, around: Surroundings) -> Verdict:
    spec = obj.get("spec") or {}
    problems = []
    outward = spec.get("type") == "LoadBalancer"
    if outward and not get_path(obj, "status", "loadBalancer", "ingress"):
        problems.append("Service was not allocated an IP address; does your cloud provider support this?")
    selects = spec.get("type") != "ExternalName" and spec.get("clusterIP") != "None" and spec.get("selector")
    if selects and around.ready_endpoints == 0:
        problems.append(
            "Service does not target any Pods. Selected Pods may not be ready, or field '.spec.selector' may not "
            "match labels on any Pods"
        )
    return Verdict(not problems, tuple(problems))


def _ingress(obj: Object, around: Surroundings) -> Verdict:
    problems = [f"No matching service found for ingress rule: {name}" for name in around.missing_services]
    if not get_path(obj, "status", "loadBalancer", "ingress"):
        problems.append("Ingress .status.loadBalancer field was not updated with a hostname/IP address.")
    return Verdict(not problems, tuple(problems))


def _quota(obj: Object, around: Surroundings) -> Verdict:
    hard, seen = get_path(obj, "spec", "hard") or {}, get_path(obj, "status", "hard") or {}
    if hard.keys() == seen.keys() and all(same(seen[key], hard[key]) for key in hard):
        return READY
    return Verdict(False, ("the quota controller has not taken it up yet",))


def _service_account_token(obj: Object, around: Surroundings) -> Verdict:
    if obj.get("type") != "kubernetes.io/service-account-token" or obj.get("data"):
        return READY
    return Verdict(False, ("the token controller has not filled it yet",))


def _crd(obj: Object, around: Surroundings) -> Verdict:
    refused = condition(obj, "NamesAccepted")
    if refused.get("status") == "False":
        return Verdict(False, (f"[{refused.get('reason')}] {refused.get('message')}",), failed=True)
    return READY if condition(obj, "Established").get("status") == "True" else Verdict(False, ("not established",))


def _namespace(obj: Object, around: Surroundings) -> Verdict:
    phase = get_path(obj, "status", "phase")
    return READY if phase == "Active" else Verdict(False, (f"the namespace is {phase}",))


_RULES: Mapping[tuple[str, str], Rule] = {
    ("apps/v1", "Deployment"): _deployment,
    ("apps/v1", "StatefulSet"): _stateful_set,
    ("apps/v1", "DaemonSet"): _daemon_set,
    ("v1", "ReplicationController"): _stateful_set,
    ("batch/v1", "Job"): _job,
    ("v1", "Pod"): _pod,
    ("v1", "PersistentVolumeClaim"): _claim,
    ("v1", "PersistentVolume"): _volume,
    ("v1", "Service"): _service,
    ("networking.k8s.io/v1", "Ingress"): _ingress,
    ("v1", "ResourceQuota"): _quota,
    ("v1", "Secret"): _service_account_token,
    ("v1", "Namespace"): _namespace,
    # The real provider does not wait for a CRD and retries its custom resources instead, for up to a minute.
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition"): _crd,
}
