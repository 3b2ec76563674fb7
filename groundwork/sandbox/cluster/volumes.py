"""PersistentVolumes that a driver would make, as its external provisioner, resizer and deleter do."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from groundwork.sandbox.cluster.drivers import Driver, serving
from groundwork.sandbox.cluster.marks import SIMULATED, Object, annotations_of, is_simulated, labels_of, leaving
from groundwork.sandbox.cluster.pools import ExistingCluster
from groundwork.sandbox.cluster.quantity import quantity
from groundwork.sandbox.cluster.world import NODE, STORAGE_CLASS, VOLUME, HasIdentity, World, is_ready

SELECTED_NODE = "volume.kubernetes.io/selected-node"
PROVISIONED_BY = "pv.kubernetes.io/provisioned-by"
_DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"


@dataclass(frozen=True)
class Waits:
    """A claim that gets no volume now."""

    reason: str


@dataclass(frozen=True)
class Provision:
    """The volume to make for a claim."""

    volume: Object


@dataclass(frozen=True)
class Expand:
    """A bound claim that asks for more than it has, and may have it."""

    volume: str
    size: str


def next_step(
    world: World, claim: Object, existing: ExistingCluster | None, identity: HasIdentity
) -> Provision | Expand | Waits | None:
    """Return what a driver would do for a claim; None: nothing is to be done."""
    if leaving(claim):
        return None
    phase = (claim.get("status") or {}).get("phase", "Pending")
    if phase == "Bound":
        return _expansion(world, claim, existing, identity)
    if phase != "Pending" or claim["spec"].get("volumeName"):
        return None
    return _provision(world, claim, existing, identity)


def may_delete(world: World, volume: Object, existing: ExistingCluster | None, identity: HasIdentity) -> bool | str:
    """Return whether a released volume is deleted now; a sentence if it should be, but nobody does it."""
    by = annotations_of(volume).get(PROVISIONED_BY)
    spec, phase = volume["spec"], (volume.get("status") or {}).get("phase")
    gone = phase == "Released" and spec.get("persistentVolumeReclaimPolicy") == "Delete"
    if not gone or by is None or not is_simulated(volume) or leaving(volume):
        return False
    driver = serving(world, by, existing, identity)
    return f"its volume is left behind: {driver}" if isinstance(driver, str) else True


def _provision(
    world: World, claim: Object, existing: ExistingCluster | None, identity: HasIdentity
) -> Provision | Waits:
    name = claim["spec"].get("storageClassName")
    if not name:
        return Waits(_without_class(world, claim))
    found = world.get(STORAGE_CLASS, name)
    if found is None:
        valid = ", ".join(c["metadata"]["name"] for c in world.all(STORAGE_CLASS)) or "none"
        return Waits(f"StorageClass {name!r} does not exist (there: {valid})")
    node = annotations_of(claim).get(SELECTED_NODE)
    if found.get("volumeBindingMode") == "WaitForFirstConsumer" and not node:
        return Waits("waits for the first pod that uses it")
    driver = serving(world, found["provisioner"], existing, identity)
    if isinstance(driver, str):
        return Waits(driver)
    if refused := _refused_modes(driver, claim["spec"]):
        return Waits(refused)
    place = _place(world, driver, found, node)
    if isinstance(place, Waits):
        return place
    return Provision(_volume(claim, found, driver, place))


def _without_class(world: World, claim: Object) -> str:
    if claim["spec"].get("storageClassName") == "":
        return "it asks for no StorageClass, and no volume that fits was made by hand"
    defaults = [c for c in world.all(STORAGE_CLASS) if annotations_of(c).get(_DEFAULT_CLASS) == "true"]
    if defaults:  # the claim is older than the default: the controller manager gives it the class by and by
        return f"waits for the default StorageClass {defaults[0]['metadata']['name']!r}"
    return "it names no StorageClass, and none is the default"


def _refused_modes(driver: Driver, spec: Mapping[str, Any]) -> str:
    if spec.get("volumeMode") == "Block":
        return ""
    refused = [mode for mode in spec["accessModes"] if mode not in driver.filesystem_modes]
    if not refused:
        return ""
    valid = ", ".join(sorted(driver.filesystem_modes))
    return f"{driver.name} offers no {', '.join(refused)} for a file system (valid: {valid})"


def _place(world: World, driver: Driver, storage_class: Object, selected: str | None) -> tuple[str, str] | Waits | None:
    """Return the label and value of the nodes that reach the volume; None: all do."""
    if driver.topology is None:
        return None
    if selected is not None:
        node = world.get(NODE, selected)
        value = labels_of(node).get(driver.topology) if node else None
        if value is None:
            return Waits(f"node {selected!r}, selected for it, has no label {driver.topology}")
        return driver.topology, value
    allowed = {
        value
        for term in storage_class.get("allowedTopologies") or ()
        for expression in term.get("matchLabelExpressions") or ()
        if expression["key"] == driver.topology
        for value in expression["values"]
    }
    zones = {labels_of(node).get(driver.topology) for node in world.all(NODE) if is_ready(node)}
    fitting = sorted(zone for zone in zones if zone and (not allowed or zone in allowed))
    if not fitting:
        return Waits(f"no node in {', '.join(sorted(allowed)) or 'any zone'} could use it")
    return driver.topology, fitting[0]


def _volume(claim: Object, storage_class: Object, driver: Driver, place: tuple[str, str] | None) -> Object:
    metadata, wanted = claim["metadata"], claim["spec"]
    name = f"pvc-{metadata['uid']}"
    handle = hashlib.sha256(metadata["uid"].encode()).hexdigest()[:17]
    spec: Object = {
        "capacity": {"storage": wanted["resources"]["requests"]["storage"]},
        "accessModes": wanted["accessModes"],
        "volumeMode": wanted.get("volumeMode", "Filesystem"),
        "persistentVolumeReclaimPolicy": storage_class.get("reclaimPolicy", "Delete"),
        "storageClassName": storage_class["metadata"]["name"],
        "claimRef": {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "namespace": metadata["namespace"],
            "name": metadata["name"],
            "uid": metadata["uid"],
        },
    }
    if driver.host_path:
        spec["hostPath"] = {"path": f"/var/lib/volumes/{name}", "type": "DirectoryOrCreate"}
    else:
        spec["csi"] = {"driver": driver.name, "volumeHandle": f"{driver.volume_id}{handle}"}
    if storage_class.get("mountOptions"):
        spec["mountOptions"] = storage_class["mountOptions"]
    if place is not None:
        expression = {"key": place[0], "operator": "In", "values": [place[1]]}
        spec["nodeAffinity"] = {"required": {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {
            "name": name,
            "labels": {SIMULATED: "true"},
            "annotations": {PROVISIONED_BY: storage_class["provisioner"]},
        },
        "spec": spec,
    }


def _expansion(
    world: World, claim: Object, existing: ExistingCluster | None, identity: HasIdentity
) -> Expand | Waits | None:
    wanted = claim["spec"]["resources"]["requests"]["storage"]
    have = ((claim.get("status") or {}).get("capacity") or {}).get("storage", "0")
    volume = world.get(VOLUME, claim["spec"].get("volumeName", ""))
    if volume is None or not is_simulated(volume) or quantity(wanted) <= quantity(have):
        return None
    driver = serving(world, annotations_of(volume).get(PROVISIONED_BY, ""), existing, identity)
    if isinstance(driver, str):
        return Waits(f"cannot grow from {have} to {wanted}: {driver}")
    return Expand(volume["metadata"]["name"], wanted)
