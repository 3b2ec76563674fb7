"""Wait until an object is ready or gone, and say why if it does not come to that."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from groundwork.sandbox.controlplane.client import KubeClient
from groundwork.sandbox.standins.kubernetes import readiness
from groundwork.sandbox.standins.kubernetes.conditions import unmet
from groundwork.sandbox.standins.kubernetes.explaining import explain
from groundwork.sandbox.standins.kubernetes.metadata import SKIP_AWAIT, ObjectId, is_true, wait_for
from groundwork.sandbox.standins.kubernetes.readiness import READY, Surroundings, Verdict
from groundwork.sandbox.standins.kubernetes.values import get_path

_FIRST_PAUSE = 0.05
_LONGEST_PAUSE = 0.5

# skipAwait also skips waiting for the deletion of these: an old behaviour that the real provider keeps.
_SKIPS_DELETION = {
    *(("v1", kind) for kind in ("Namespace", "Pod", "ReplicationController")),
    *(("apps/v1", kind) for kind in ("DaemonSet", "Deployment", "StatefulSet")),
    ("batch/v1", "Job"),
}


class NotReadyError(Exception):
    """An object exists, but did not become what was waited for; `live` is what was last seen of it."""

    def __init__(self, message: str, live: dict[str, Any]) -> None:
        """Keep what was last seen beside the message."""
        super().__init__(message)
        self.live = live


class Waiter:
    """Waits for objects; `stopped` tells that nobody waits for the answer any more."""

    def __init__(self, client: KubeClient, stopped: Callable[[], bool] = lambda: False) -> None:
        """Look at the cluster through `client`."""
        self._client = client
        self._stopped = stopped

    def until_ready(self, live: dict[str, Any], inputs: Mapping[str, Any], timeout: float) -> dict[str, Any]:
        """Return the object once it is ready, by its kind's rule or its own `pulumi.com/waitFor`.

        Raises:
            NotReadyError: it failed, vanished, or `timeout` seconds passed.
        """
        if is_true(inputs, SKIP_AWAIT):
            return live
        expressions = wait_for(inputs)
        if not expressions and not readiness.waits(live["apiVersion"], live["kind"]):
            return live
        name = ObjectId.of(live)
        deadline, pause = time.monotonic() + timeout, _FIRST_PAUSE
        while True:
            judged = self.judge(live, expressions)
            if judged.ready:
                return live
            if judged.failed:
                raise NotReadyError(_failed(live, judged, explain(self._client, live)), live)
            if time.monotonic() >= deadline:
                raise NotReadyError(_timed_out(live, judged, explain(self._client, live), timeout), live)
            if self._stopped():
                raise NotReadyError(f"Resource operation was cancelled for {str(name)!r}", live)
            time.sleep(pause)
            pause = min(pause * 1.5, _LONGEST_PAUSE)
            found = self._client.find(live["apiVersion"], live["kind"], name.name, name.namespace)
            if found is None:
                raise NotReadyError(f"{str(name)!r} was deleted by somebody else while it was waited for", live)
            live = found

    def judge(self, live: dict[str, Any], expressions: list[str]) -> Verdict:
        """Judge an object once, without waiting."""
        if expressions:
            missing = tuple(filter(None, (unmet(live, expression) for expression in expressions)))
            return Verdict(False, missing) if missing else READY
        return readiness.verdict(live, self._surroundings(live))

    def problems(self, document: Mapping[str, Any], namespace: str | None) -> list[str]:
        """Return what an object of a manifest waits for and why, each line with its kind and name."""
        api_version, kind = str(document.get("apiVersion")), str(document.get("kind"))
        if not readiness.waits(api_version, kind):
            return []
        metadata = document.get("metadata") or {}
        live = self._client.find(api_version, kind, metadata["name"], metadata.get("namespace") or namespace)
        if live is None:
            return []
        judged = self.judge(live, [])
        if judged.ready:
            return []
        return [
            f"{kind} {metadata['name']}: {reason}" for reason in (*judged.waiting_for, *explain(self._client, live))
        ]

    def until_gone(self, live: Mapping[str, Any], inputs: Mapping[str, Any], timeout: float) -> None:
        """Return once the object does not exist any more, or another one of its name does.

        Raises:
            NotReadyError: `timeout` seconds passed; the message names the finalizers.
        """
        if is_true(inputs, SKIP_AWAIT) and (live["apiVersion"], live["kind"]) in _SKIPS_DELETION:
            return
        name = ObjectId.of(live)
        deadline, pause = time.monotonic() + timeout, _FIRST_PAUSE
        while True:
            found = self._client.find(live["apiVersion"], live["kind"], name.name, name.namespace)
            if found is None or get_path(found, "metadata", "uid") != get_path(live, "metadata", "uid"):
                return
            if time.monotonic() >= deadline:
                raise NotReadyError(_undeleted(found, timeout), found)
            if self._stopped():
                raise NotReadyError(f"Resource operation was cancelled for {str(name)!r}", found)
            time.sleep(pause)
            pause = min(pause * 1.5, _LONGEST_PAUSE)

    def _surroundings(self, live: Mapping[str, Any]) -> Surroundings:
        namespace = get_path(live, "metadata", "namespace")
        if live["kind"] == "Service":
            return Surroundings(self._endpoints(live["metadata"]["name"], namespace))
        if live["kind"] == "PersistentVolumeClaim":
            name = get_path(live, "spec", "storageClassName")
            found = self._client.find("storage.k8s.io/v1", "StorageClass", name) if name else None
            mode = str((found or {}).get("volumeBindingMode") or "Immediate")
            return Surroundings(binding_mode=mode)
        if live["kind"] == "Ingress":
            missing = tuple(sorted(s for s in _backends(live) if not self._endpoints(s, namespace)))
            return Surroundings(missing_services=missing)
        return Surroundings()

    def _endpoints(self, service: str, namespace: str | None) -> int:
        slices = self._client.list(
            "discovery.k8s.io/v1",
            "EndpointSlice",
            namespace,
            label_selector=f"kubernetes.io/service-name={service}",
        )
        endpoints = [endpoint for entry in slices for endpoint in entry.get("endpoints") or []]
        return sum(1 for e in endpoints if get_path(e, "conditions", "ready", default=True) is not False)


def _backends(ingress: Mapping[str, Any]) -> set[str]:
    found = {get_path(ingress, "spec", "defaultBackend", "service", "name")}
    for rule in get_path(ingress, "spec", "rules") or []:
        for path in get_path(rule, "http", "paths") or []:
            found.add(get_path(path, "backend", "service", "name"))
    return {name for name in found if isinstance(name, str)}


def _lines(first: str, reasons: list[str]) -> str:
    return "\n".join([first, *(f"  - {reason}" for reason in reasons)])


def _timed_out(live: Mapping[str, Any], judged: Verdict, why: list[str], timeout: float) -> str:
    first = f"'{live['metadata']['name']}' timed out waiting to be Ready after {timeout:g} s"
    return _lines(first, [*judged.waiting_for, *why])


def _failed(live: Mapping[str, Any], judged: Verdict, why: list[str]) -> str:
    return _lines(
        f"Resource '{live['metadata']['name']}' was created but failed to initialize", [*judged.waiting_for, *why]
    )


def _undeleted(found: Mapping[str, Any], timeout: float) -> str:
    name = ObjectId.of(found)
    reasons = []
    finalizers = get_path(found, "metadata", "finalizers", default=None) or []
    if finalizers:
        reasons.append(f"finalizers might be preventing deletion ({', '.join(finalizers)})")
    for entry in get_path(found, "status", "conditions", default=None) or []:
        if found.get("kind") == "Namespace" and entry.get("status") == "True":
            reasons.append(f"[{entry.get('reason')}] {entry.get('message')}")
    return _lines(f"{found['kind']} {str(name)!r} was not deleted within {timeout:g} s", reasons)
