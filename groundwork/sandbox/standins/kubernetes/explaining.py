"""Why an object is not ready: its pods, the scheduler's words, its events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from groundwork.sandbox.controlplane.client import KubeClient, KubeError
from groundwork.sandbox.standins.kubernetes.readiness import condition
from groundwork.sandbox.standins.kubernetes.values import get_path

_MOST_PODS = 5
_MOST_EVENTS = 3


def explain(client: KubeClient, obj: Mapping[str, Any]) -> list[str]:
    """Return what the cluster says about an object that does not become ready; nothing if it says nothing."""
    try:
        return [*_pods(client, obj), *_events(client, obj)]
    except KubeError:
        return []  # the explanation of a failure must not hide the failure


def _pods(client: KubeClient, obj: Mapping[str, Any]) -> Iterator[str]:
    selector = _selector(obj)
    if not selector:
        return
    namespace = get_path(obj, "metadata", "namespace")
    unready: dict[str, list[str]] = {}
    for pod in client.list("v1", "Pod", namespace, label_selector=selector):
        why = pod_problem(pod)
        if why:
            unready.setdefault(why, []).append(pod["metadata"]["name"])
    for why, names in unready.items():
        shown = ", ".join(names[:_MOST_PODS]) + (f" and {len(names) - _MOST_PODS} more" if names[_MOST_PODS:] else "")
        yield f"{'Pod' if len(names) == 1 else 'Pods'} {shown}: {why}"


def _selector(obj: Mapping[str, Any]) -> str:
    labels = get_path(obj, "spec", "selector", "matchLabels", default=None)
    if obj.get("kind") == "Service":
        labels = get_path(obj, "spec", "selector")
    if not isinstance(labels, dict):
        return ""
    return ",".join(f"{key}={value}" for key, value in sorted(labels.items()) if isinstance(value, str))


def pod_problem(pod: Mapping[str, Any]) -> str:
    """Return why a pod is not ready, empty if it is: the scheduler's sentence, or a container's."""
    phase = get_path(pod, "status", "phase")
    if phase == "Succeeded" or condition(pod, "Ready").get("status") == "True":
        return ""
    scheduled = condition(pod, "PodScheduled")
    if scheduled.get("status") == "False":
        return str(scheduled.get("message") or scheduled.get("reason") or "not scheduled")
    if not scheduled and phase == "Pending":
        return "the scheduler has not looked at it yet"
    for kind in ("initContainerStatuses", "containerStatuses"):
        for status in get_path(pod, "status", kind, default=None) or []:
            state = get_path(status, "state", "waiting") or get_path(status, "state", "terminated") or {}
            if state.get("reason") not in (None, "Completed"):
                return f"container {status.get('name')}: {state['reason']} {state.get('message', '')}".strip()
    return str(get_path(pod, "status", "message", default="") or f"the Pod is {phase} and not ready")


def _events(client: KubeClient, obj: Mapping[str, Any]) -> Iterator[str]:
    metadata = obj.get("metadata") or {}
    events = client.list(
        "v1", "Event", metadata.get("namespace"), field_selector=f"involvedObject.uid={metadata.get('uid')}"
    )
    warnings = [event for event in events if event.get("type") == "Warning"]
    seen: dict[str, None] = {}
    for event in sorted(warnings, key=lambda event: str(event.get("lastTimestamp") or "")):
        seen[f"[{event.get('reason')}] {event.get('message')}"] = None
    yield from list(seen)[-_MOST_EVENTS:]
