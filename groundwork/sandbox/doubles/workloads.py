"""Pods and workloads of a double."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from groundwork.sandbox.doubles.readings import Read, Readings, container_fields, pod_fields
from groundwork.sandbox.doubles.templating import Naming, raw, read, value_of
from groundwork.sandbox.inventory import Container, InventoryObject

_CLAIM_PATH = "/var/lib/double"
_SECRET_PATH = "/etc/double"  # noqa: S105 - a folder, not a secret


@dataclass(frozen=True)
class Knobs:
    """The values that act on one workload: paths into the program's values, None where nothing does."""

    replicas: str | None = None
    readings: Readings = field(default_factory=Readings)
    account_names: Mapping[str, str] = field(default_factory=dict)


def workload_spec(
    entry: InventoryObject, naming: Naming, label: Mapping[str, str], knobs: Knobs, services: Sequence[InventoryObject]
) -> dict[str, Any]:
    """Return the `spec` of a Deployment, StatefulSet, DaemonSet or Job."""
    labels = {**naming.texts(entry.pod_labels or {}), **label}
    template = {"metadata": {"labels": labels}, "spec": pod_spec(entry, naming, knobs)}
    if entry.kind == "Job":
        template["spec"] = {**template["spec"], "restartPolicy": "Never"}
        return {"backoffLimit": 2, "template": template}
    selector = naming.texts(entry.selector or entry.pod_labels or {})
    spec: dict[str, Any] = {"selector": {"matchLabels": selector}, "template": template}
    if entry.kind != "DaemonSet":
        count = 1 if entry.replicas is None else entry.replicas
        spec["replicas"] = raw(f"int (default {count} {value_of(knobs.replicas)})") if knobs.replicas else count
    if entry.kind == "StatefulSet":
        spec["serviceName"] = naming.text(_governing_service(entry, services))
        spec["volumeClaimTemplates"] = [
            {
                "metadata": {"name": claim.name},
                "spec": {
                    "accessModes": ["ReadWriteOnce"],
                    "resources": {"requests": {"storage": claim.size}},
                },
            }
            for claim in entry.volume_claims
        ]
    return spec


def pod_spec(entry: InventoryObject, naming: Naming, knobs: Knobs) -> dict[str, Any]:
    """Return the spec of a workload's Pods."""
    mounts: list[dict[str, Any]] = [
        {"name": claim.name, "mountPath": f"{_CLAIM_PATH}/{claim.name}"} for claim in entry.volume_claims
    ]
    mounts += [
        {"name": f"secret-{index}", "mountPath": f"{_SECRET_PATH}/{index}", "readOnly": True}
        for index, _ in enumerate(entry.secret_volumes)
    ]
    claim = knobs.readings.claim
    if claim is not None:
        mounts.append({"name": "claim", "mountPath": f"{_CLAIM_PATH}/claim"})
    plain = [container for container in entry.containers if not container.init]
    first = plain[0] if plain else None
    spec: dict[str, Any] = {
        "containers": [_container(c, naming, mounts if c is first else [], knobs.readings) for c in plain],
    }
    inits = [_container(c, naming, [], knobs.readings) for c in entry.containers if c.init]
    optional = {
        "initContainers": inits,
        "volumes": [
            {"name": f"secret-{index}", "secret": {"secretName": naming.text(name), "optional": True}}
            for index, name in enumerate(entry.secret_volumes)
        ]
        + ([] if claim is None else [_claimed(claim)]),
        "hostNetwork": entry.host_network,
    }
    spec |= {key: value for key, value in optional.items() if value} | _written(pod_fields(entry, knobs.readings))
    if "priorityClassName" not in knobs.readings.pod and entry.priority_class_name:
        spec["priorityClassName"] = naming.text(entry.priority_class_name)
    account = entry.service_account_name
    if account:
        spec["serviceAccountName"] = knobs.account_names.get(account) or naming.text(account)
    return spec


def _claimed(path: str) -> dict[str, Any]:
    return {"name": "claim", "persistentVolumeClaim": {"claimName": raw(f"toJson {value_of(path)}")}}


def _container(container: Container, naming: Naming, mounts: list[Any], readings: Readings) -> dict[str, Any]:
    ports = [{key: value for key, value in port.items() if value is not None} for port in container.ports]
    made: dict[str, Any] = {"name": naming.text(container.name), "image": container.image}
    optional = {"ports": ports, "volumeMounts": mounts}
    made |= {key: value for key, value in optional.items() if value} | _written(container_fields(container, readings))
    if not container.init:
        made |= {probe: _probe(ports) for probe in container.probes}
    return made


def _written(fields: Mapping[str, Read]) -> dict[str, Any]:
    """Return the fields as values say; one that no value acts on is the inventory's, left out where it has none."""
    acted = {name: f for name, f in fields.items() if f.source is not None or f.parts}
    plain = {name: f.fact for name, f in fields.items() if name not in acted and f.fact}
    return plain | {
        name: read(f.fact, (), f.parts) if f.source is None else read(f.fact, f.source, f.parts)
        for name, f in acted.items()
    }


def _probe(ports: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return a probe of the first port: the inventory tells that there is one, not how it asks."""
    if not ports:
        return {"exec": {"command": ["true"]}}
    return {"tcpSocket": {"port": ports[0]["containerPort"]}}


def _governing_service(entry: InventoryObject, services: Sequence[InventoryObject]) -> str:
    selects = [s.name for s in services if s.selector and s.selector.items() <= (entry.pod_labels or {}).items()]
    headless = [name for name in selects if name.endswith(("-hl", "-headless", "-svc"))]
    return (headless or [name for name in selects if name == entry.name] or selects or [entry.name])[0]
