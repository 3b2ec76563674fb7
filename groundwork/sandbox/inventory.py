"""Inventories: what a chart makes with its defaults, as facts without content.

An inventory is a list of objects, taken from a chart rendered as release `release` in namespace `namespace`: kinds,
names, workloads with containers, images, ports and resources, the keys of Secrets and ConfigMaps, RBAC references. It
has no templates, no configuration and no value of a Secret. A double is made from it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel

RELEASE = "release"
NAMESPACE = "namespace"
ELEMENT = "element"
"""The name of the one element that a list was rendered with, where a chart makes an object for each of a list."""
CLUSTER_SCOPED = frozenset(
    {
        "APIService",
        "CSIDriver",
        "ClusterRole",
        "ClusterRoleBinding",
        "GatewayClass",
        "IngressClass",
        "MutatingWebhookConfiguration",
        "Namespace",
        "PersistentVolume",
        "PriorityClass",
        "RuntimeClass",
        "StorageClass",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "ValidatingWebhookConfiguration",
    }
)
"""Kinds without a namespace that charts make; a custom one carries a namespace to no harm."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, populate_by_name=True)


class Container(_Model):
    """A container: `init` if it runs before the others, `probes` the names of those that it has."""

    name: str
    image: str
    init: bool = False
    ports: tuple[dict[str, Any], ...] = ()
    probes: tuple[str, ...] = ()
    resources: dict[str, Any] | None = None
    security_context: dict[str, Any] | None = None


class VolumeClaim(_Model):
    """A claim that a StatefulSet makes for each of its Pods."""

    name: str
    size: str


class Webhook(_Model):
    """One webhook of a configuration; `service` has the name and namespace of what answers it."""

    name: str
    failure_policy: str | None = None
    service: dict[str, str] | None = None


class InventoryObject(_Model):
    """One object; only the fields that its kind has are set.

    `selector` of a NetworkPolicy or a budget is that of its Pods, `target` of a scaler what it scales, `Kind/name`.
    """

    api_version: str
    kind: str
    name: str
    namespace: str | None = None
    hook: str | None = None
    keys: tuple[str, ...] = ()
    role_ref: str | None = None
    subjects: tuple[str, ...] = ()
    type: str | None = None
    ports: tuple[dict[str, Any], ...] = ()
    selector: dict[str, str] | None = None
    replicas: int | None = None
    pod_labels: dict[str, str] | None = None
    service_account_name: str | None = None
    pod_security_context: dict[str, Any] | None = None
    containers: tuple[Container, ...] = ()
    volume_claims: tuple[VolumeClaim, ...] = ()
    node_selector: dict[str, str] | None = None
    secret_volumes: tuple[str, ...] = ()
    priority_class_name: str | None = None
    value: int | None = None
    tolerations: tuple[dict[str, Any], ...] = ()
    host_network: bool | None = None
    webhooks: tuple[Webhook, ...] = ()
    service: dict[str, Any] | None = None
    target: str | None = None

    @property
    def reference(self) -> str:
        """`Kind/name`, as the tables beside an inventory name an object."""
        return f"{self.kind}/{self.name}"


Inventory = tuple[InventoryObject, ...]

_ADAPTER: TypeAdapter[Inventory] = TypeAdapter(tuple[InventoryObject, ...])


class InventoryError(Exception):
    """An inventory that cannot be read; the message names the file and every problem in it."""


def read_inventory(path: Path) -> Inventory:
    """Read `<chart>-<version>.json`."""
    return parse_inventory(path.read_text(encoding="utf-8"), str(path))


def parse_inventory(text: str, source: str) -> Inventory:
    """Read an inventory; `source` is named in the error."""
    try:
        return _ADAPTER.validate_json(text)
    except ValidationError as error:
        problems = [f"  {'.'.join(map(str, e['loc'])) or 'file'}: {e['msg']}" for e in error.errors()]
        raise InventoryError("\n".join([f"{source} is not an inventory:", *problems])) from None


def to_json(inventory: Inventory) -> str:
    """Write an inventory as it is kept in a file."""
    plain = _ADAPTER.dump_python(inventory, mode="json", by_alias=True, exclude_defaults=True)
    return json.dumps(plain, indent=1) + "\n"


def from_rendered(documents: Iterable[Mapping[str, Any] | None]) -> Inventory:
    """Make an inventory from what `helm template release --namespace namespace` or `kustomize build` printed.

    Only names and shapes are taken; CustomResourceDefinitions are left out, since API components install them. For
    maintainers: the only place where a chart's content is looked at.
    """
    found: list[InventoryObject] = []
    for document in documents:
        if document and document.get("kind") and document["kind"] != "CustomResourceDefinition":
            found.append(_object(document))
    return tuple(found)


def _object(document: Mapping[str, Any]) -> InventoryObject:
    metadata, spec = document.get("metadata") or {}, document.get("spec") or {}
    kind = str(document["kind"])
    facts: dict[str, Any] = {
        "apiVersion": document["apiVersion"],
        "kind": kind,
        "name": metadata.get("name") or "",
        "namespace": metadata.get("namespace"),
        "hook": (metadata.get("annotations") or {}).get("helm.sh/hook"),
    }
    if kind in ("Secret", "ConfigMap"):
        names = {key for part in ("data", "stringData", "binaryData") for key in document.get(part) or {}}
        facts["keys"] = sorted(names)
    elif kind in ("RoleBinding", "ClusterRoleBinding"):
        role = document.get("roleRef") or {}
        facts["roleRef"] = f"{role.get('kind')}/{role.get('name')}"
        facts["subjects"] = [f"{s.get('kind')}/{s.get('name')}" for s in document.get("subjects") or ()]
    elif kind == "Service":
        facts |= {"type": spec.get("type", "ClusterIP"), "ports": spec.get("ports") or []}
        facts["selector"] = spec.get("selector")
    elif kind == "APIService":
        facts["service"] = spec.get("service")
    elif kind in ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"):
        facts["webhooks"] = [_webhook(webhook) for webhook in document.get("webhooks") or ()]
    elif kind == "PodDisruptionBudget":
        facts["selector"] = (spec.get("selector") or {}).get("matchLabels")
    elif kind == "NetworkPolicy":
        facts["selector"] = (spec.get("podSelector") or {}).get("matchLabels")
        facts["ports"] = [port for rule in spec.get("ingress") or () for port in rule.get("ports") or ()]
    elif "scaleTargetRef" in spec:
        target = spec["scaleTargetRef"]
        facts["target"] = f"{target.get('kind', 'Deployment')}/{target['name']}"
    elif kind == "PriorityClass":
        facts["value"] = document.get("value")
    elif _pod_template(document):
        facts |= _workload(spec, _pod_template(document) or {})
    return InventoryObject.model_validate({key: value for key, value in facts.items() if value is not None})


def _webhook(webhook: Mapping[str, Any]) -> dict[str, Any]:
    service = (webhook.get("clientConfig") or {}).get("service")
    facts = {"name": webhook["name"], "failurePolicy": webhook.get("failurePolicy")}
    return facts | ({"service": {key: service[key] for key in ("name", "namespace")}} if service else {})


def _pod_template(document: Mapping[str, Any]) -> Mapping[str, Any] | None:
    spec = document.get("spec") or {}
    if document["kind"] == "CronJob":
        spec = (spec.get("jobTemplate") or {}).get("spec") or {}
    template = spec.get("template") if isinstance(spec, Mapping) else None
    built_in = document["apiVersion"] in ("apps/v1", "batch/v1")
    return template if built_in and isinstance(template, Mapping) else None


def _workload(spec: Mapping[str, Any], template: Mapping[str, Any]) -> dict[str, Any]:
    pod = template.get("spec") or {}
    secrets = [(volume.get("secret") or {}).get("secretName") for volume in pod.get("volumes") or ()]
    claims = [
        {"name": claim["metadata"]["name"], "size": claim["spec"]["resources"]["requests"]["storage"]}
        for claim in spec.get("volumeClaimTemplates") or ()
    ]
    return {
        "replicas": spec.get("replicas"),
        "selector": (spec.get("selector") or {}).get("matchLabels"),
        "podLabels": (template.get("metadata") or {}).get("labels"),
        "serviceAccountName": pod.get("serviceAccountName"),
        "podSecurityContext": pod.get("securityContext") or None,
        "nodeSelector": pod.get("nodeSelector"),
        "tolerations": pod.get("tolerations") or [],
        "priorityClassName": pod.get("priorityClassName"),
        "hostNetwork": pod.get("hostNetwork"),
        "secretVolumes": sorted({name for name in secrets if name}),
        "volumeClaims": claims,
        "containers": [
            *(_container(container, init=True) for container in pod.get("initContainers") or ()),
            *(_container(container, init=False) for container in pod.get("containers") or ()),
        ],
    }


def _container(container: Mapping[str, Any], *, init: bool) -> dict[str, Any]:
    facts = {
        "name": container["name"],
        "image": container.get("image", ""),
        "ports": container.get("ports") or [],
        "probes": [probe for probe in ("readinessProbe", "livenessProbe", "startupProbe") if container.get(probe)],
        "resources": container.get("resources") or None,
        "securityContext": container.get("securityContext") or None,
    }
    return facts | ({"init": True} if init else {})
