"""Each object of an inventory as a manifest of the double."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from groundwork.sandbox.doubles.minimal import minimal
from groundwork.sandbox.doubles.templating import RELEASE_NAMESPACE, Naming
from groundwork.sandbox.doubles.workloads import Knobs, pod_spec, workload_spec
from groundwork.sandbox.inventory import CLUSTER_SCOPED, NAMESPACE, Inventory, InventoryObject

CONTENT = "double"
"""What stands in for each value of a Secret or ConfigMap: an inventory knows only the keys."""

Schemas = Callable[[str, str], Mapping[str, Any] | None]
"""The OpenAPI schema of a custom kind by apiVersion and kind, None where the cluster has no such CRD."""

_WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "Job")
_RBAC = "rbac.authorization.k8s.io"


class Builder:
    """Builds the manifests of one double."""

    def __init__(self, inventory: Inventory, naming: Naming, label: Mapping[str, str], schemas: Schemas) -> None:
        """Build from `inventory`, with `label` on every object and every Pod."""
        self._inventory = inventory
        self._naming = naming
        self._label = dict(label)
        self._schemas = schemas
        self._services = [entry for entry in inventory if entry.kind == "Service"]
        self._accounts = {
            entry.name: entry.namespace
            for entry in inventory
            if entry.kind == "ServiceAccount" and entry.namespace not in (None, NAMESPACE)
        }

    def manifest(self, entry: InventoryObject, knobs: Knobs) -> dict[str, Any] | None:
        """Return the manifest of an object; None where the inventory has not enough facts for a valid one."""
        body = self._body(entry, knobs)
        if body is None:
            return None
        return {
            "apiVersion": entry.api_version,
            "kind": entry.kind,
            "metadata": self._metadata(entry, knobs),
            **body,
        }

    def _metadata(self, entry: InventoryObject, knobs: Knobs) -> dict[str, Any]:
        cluster = entry.kind in CLUSTER_SCOPED
        name = self._naming.cluster_name(entry.name) if cluster else self._naming.text(entry.name)
        if entry.kind == "ServiceAccount":
            name = knobs.account_names.get(entry.name) or name
        metadata: dict[str, Any] = {"name": name}
        if not cluster:
            fixed = entry.namespace not in (None, NAMESPACE)
            metadata["namespace"] = entry.namespace if fixed else RELEASE_NAMESPACE
        metadata["labels"] = {"app.kubernetes.io/managed-by": "{{ .Release.Service }}", **self._label}
        if entry.hook:
            metadata["annotations"] = {"helm.sh/hook": entry.hook, "helm.sh/hook-delete-policy": "before-hook-creation"}
        return metadata

    def _body(self, entry: InventoryObject, knobs: Knobs) -> dict[str, Any] | None:
        if entry.kind in _WORKLOADS and entry.containers:
            return {"spec": workload_spec(entry, self._naming, self._label, knobs, self._services)}
        if entry.kind == "Pod" and entry.api_version == "v1":
            return self._pod(entry, knobs)
        if _is_custom(entry.api_version):
            schema = self._schemas(entry.api_version, entry.kind)
            return None if schema is None else self._custom(entry, minimal(schema))
        makers: dict[str, Callable[[], dict[str, Any] | None]] = {
            "ServiceAccount": dict,
            "Secret": lambda: {"stringData": dict.fromkeys(entry.keys, CONTENT)},
            "ConfigMap": lambda: {"data": dict.fromkeys(entry.keys, CONTENT)},
            "Role": lambda: {"rules": []},
            "ClusterRole": lambda: {"rules": []},
            "RoleBinding": lambda: self._binding(entry, knobs),
            "ClusterRoleBinding": lambda: self._binding(entry, knobs),
            "Service": lambda: self._service(entry),
            "HorizontalPodAutoscaler": lambda: self._autoscaler(entry),
            "PodDisruptionBudget": lambda: self._budget(entry),
            "NetworkPolicy": lambda: self._network_policy(entry),
            "ValidatingWebhookConfiguration": lambda: self._webhooks(entry),
            "MutatingWebhookConfiguration": lambda: self._webhooks(entry),
            "APIService": lambda: self._api_service(entry),
            "CSIDriver": lambda: {"spec": {}},
            "PriorityClass": lambda: None if entry.value is None else {"value": entry.value},
        }
        make = makers.get(entry.kind)
        return make() if make else None

    def _pod(self, entry: InventoryObject, knobs: Knobs) -> dict[str, Any] | None:
        return (
            {"spec": {**pod_spec(entry, self._naming, knobs), "restartPolicy": "Never"}} if entry.containers else None
        )

    def _binding(self, entry: InventoryObject, knobs: Knobs) -> dict[str, Any]:
        kind, _, name = (entry.role_ref or "ClusterRole/none").partition("/")
        named = self._naming.cluster_name(name) if kind == "ClusterRole" else self._naming.text(name)
        return {
            "roleRef": {"apiGroup": _RBAC, "kind": kind, "name": named},
            "subjects": [self._subject(subject, knobs) for subject in entry.subjects],
        }

    def _subject(self, subject: str, knobs: Knobs) -> dict[str, Any]:
        kind, _, name = subject.partition("/")
        if kind != "ServiceAccount":
            return {"apiGroup": _RBAC, "kind": kind, "name": name}
        named = knobs.account_names.get(name) or self._naming.text(name)
        return {"kind": kind, "name": named, "namespace": self._accounts.get(name) or RELEASE_NAMESPACE}

    def _service(self, entry: InventoryObject) -> dict[str, Any]:
        ports = [{key: value for key, value in port.items() if value is not None} for port in entry.ports]
        spec: dict[str, Any] = {"type": entry.type or "ClusterIP", "ports": ports}
        if entry.selector:
            spec["selector"] = self._naming.texts(entry.selector)
        return {"spec": spec}

    def _workload(self, entry: InventoryObject) -> InventoryObject | None:
        candidates = [e for e in self._inventory if e.kind in ("Deployment", "StatefulSet")]
        named = [e for e in candidates if e.name == entry.name]
        return named[0] if named else candidates[0] if len(candidates) == 1 else None

    def _autoscaler(self, entry: InventoryObject) -> dict[str, Any] | None:
        target = self._workload(entry)
        if target is None:
            return None
        name = self._naming.text(target.name)
        reference = {"apiVersion": target.api_version, "kind": target.kind, "name": name}
        low = target.replicas or 1
        return {"spec": {"scaleTargetRef": reference, "minReplicas": low, "maxReplicas": low + 4}}

    def _custom(self, entry: InventoryObject, body: dict[str, Any]) -> dict[str, Any]:
        if entry.target is None:
            return body
        kind, _, name = entry.target.partition("/")
        reference = {"apiVersion": "apps/v1", "kind": kind, "name": self._naming.text(name)}
        return {**body, "spec": {**body["spec"], "scaleTargetRef": reference}}

    def _budget(self, entry: InventoryObject) -> dict[str, Any] | None:
        target = self._workload(entry)
        selector = entry.selector or (target.selector if target else None)
        if not selector:
            return None
        return {"spec": {"maxUnavailable": 1, "selector": {"matchLabels": self._naming.texts(selector)}}}

    def _network_policy(self, entry: InventoryObject) -> dict[str, Any] | None:
        """Return the policy of these Pods and ports; from where they may be reached, the inventory does not tell."""
        if not entry.selector:
            return None
        rules = [{"ports": list(entry.ports)}] if entry.ports else []
        selector = {"matchLabels": self._naming.texts(entry.selector)}
        return {"spec": {"podSelector": selector, "policyTypes": ["Ingress"], "ingress": rules}}

    def _api_service(self, entry: InventoryObject) -> dict[str, Any] | None:
        if entry.service is None:
            return None
        version, _, group = entry.name.partition(".")
        backend = {"name": self._naming.text(str(entry.service["name"])), "namespace": RELEASE_NAMESPACE}
        return {
            "spec": {
                "group": group,
                "version": version,
                "groupPriorityMinimum": 100,
                "versionPriority": 100,
                "insecureSkipTLSVerify": True,
                "service": {**backend, "port": entry.service.get("port", 443)},
            }
        }

    def _webhooks(self, entry: InventoryObject) -> dict[str, Any] | None:
        """Return webhooks without rules: nothing answers them, so the API server must never call one."""
        services = [hook.service for hook in entry.webhooks if hook.service]
        if len(services) < len(entry.webhooks):
            return None
        return {
            "webhooks": [
                {
                    "name": hook.name,
                    "failurePolicy": hook.failure_policy or "Fail",
                    "sideEffects": "None",
                    "admissionReviewVersions": ["v1"],
                    "clientConfig": {"service": {**self._backend(service), "path": "/"}},
                    "rules": [],
                }
                for hook, service in zip(entry.webhooks, services, strict=True)
            ]
        }

    def _backend(self, service: Mapping[str, str]) -> dict[str, str]:
        """Return the Service of a webhook, which need not be one of this chart's own."""
        fixed = service["namespace"] != NAMESPACE
        namespace = service["namespace"] if fixed else RELEASE_NAMESPACE
        return {"name": self._naming.text(service["name"]), "namespace": namespace}


def _is_custom(api_version: str) -> bool:
    group = api_version.rpartition("/")[0]
    return "." in group and not group.endswith(".k8s.io")
