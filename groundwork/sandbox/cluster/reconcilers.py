"""The steps of one round: each looks at the world and writes what is missing."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from groundwork.sandbox.cluster import accelerators, addons, load_balancers, marks, node_groups, volumes
from groundwork.sandbox.cluster.hands import Hands
from groundwork.sandbox.cluster.marks import Object, annotations_of, full_name, labels_of, leaving, owner_kind
from groundwork.sandbox.cluster.nodes import EXISTING_POOL
from groundwork.sandbox.cluster.pools import ExistingCluster
from groundwork.sandbox.cluster.record import PoolSize
from groundwork.sandbox.cluster.settings import Inputs
from groundwork.sandbox.cluster.world import (
    CLAIM,
    CONFIG_MAP,
    CSI_DRIVER,
    DAEMON_SET,
    DEPLOYMENT,
    NODE,
    POD,
    SERVICE,
    SERVICE_ACCOUNT,
    STORAGE_CLASS,
    VOLUME,
    Controller,
    World,
    is_finished,
    working,
)


def nodes(
    world: World, hands: Hands, inputs: Inputs, wanted: Mapping[str, PoolSize], doomed: Collection[str]
) -> dict[str, str]:
    """Make, change and remove nodes; return by pool what is wrong with it."""
    changes = node_groups.changes(world, inputs.pools, wanted, inputs.existing, doomed)
    for node in changes.create:
        hands.create(node)
    for node, patch in changes.patch:
        hands.patch(node, patch)
    for node in changes.remove:
        drain(world, hands, node)
    _collect_orphans(world, hands)
    refused = {
        labels_of(node)[marks.POOL]: f"the API server refuses its nodes: {hands.refused[key]}"
        for node in changes.create
        if (key := ("Node", node["metadata"]["name"])) in hands.refused
    }
    hidden = {pool.name: accelerators.why_hidden(pool) for pool in inputs.pools or ()}
    return {pool: why for pool, why in hidden.items() if why} | changes.problems | dict(inputs.faults) | refused


def drain(world: World, hands: Hands, node: Object) -> None:
    """Take a node out: its pods first, then the node, then its daemons."""
    if leaving(node):
        return
    name = node["metadata"]["name"]
    there = [pod for pod in world.all(POD) if pod["spec"].get("nodeName") == name]
    moving = [pod for pod in there if owner_kind(pod) != "DaemonSet" and not is_finished(pod)]
    if moving:
        if not (node.get("spec") or {}).get("unschedulable"):
            hands.patch(node, {"spec": {"unschedulable": True}})
        for pod in moving:
            if not leaving(pod):
                hands.delete(pod)
        return
    hands.delete(node)
    for pod in there:
        hands.delete(pod, grace_seconds=0)


def _collect_orphans(world: World, hands: Hands) -> None:
    """Delete pods of nodes that are gone: the pod garbage collector would take a minute."""
    for pod in world.all(POD):
        node = pod["spec"].get("nodeName")
        if node and world.get(NODE, node) is None and hands.find(NODE, node) is None:
            hands.delete(pod, grace_seconds=0)


def devices(world: World, hands: Hands, inputs: Inputs) -> None:
    """Let each node show the accelerators that it has earned, and no others."""
    pools = {pool.name: pool for pool in inputs.pools or ()}
    operator = working(world, "gpu-operator", "GPU operator", None)
    bound = world.pods_by_node()
    for node in world.all(NODE):
        pool_name = labels_of(node).get(marks.POOL, "")
        pods = bound.get(node["metadata"]["name"], [])
        if not marks.is_simulated(node) or leaving(node):
            continue
        if pool_name in pools:
            by_operator = isinstance(operator, Controller)
            near = {pod["metadata"]["namespace"] for pod in pods if owner_kind(pod) == "DaemonSet"}
            near |= {operator.namespace} if isinstance(operator, Controller) else set()
            shown = accelerators.of_pool(
                pools[pool_name],
                pods,
                gpu_operator=by_operator,
                labels=labels_of(node),
                config_maps=[found for found in world.all(CONFIG_MAP) if found["metadata"]["namespace"] in near],
            )
        elif pool_name == EXISTING_POOL and inputs.existing:
            shown = accelerators.of_existing(inputs.existing, pods)
        else:
            continue
        _show(hands, node, shown, pools[pool_name].labels if pool_name in pools else {})


def _show(hands: Hands, node: Object, shown: accelerators.Shown, given: Mapping[str, str]) -> None:
    have = node["status"].get("allocatable") or {}
    wanted = {name: str(count) for name, count in shown.resources.items()}
    names = sorted({name for name in have if accelerators.is_accelerator(name)} | set(wanted))
    amounts = {name: wanted.get(name) for name in names if have.get(name) != wanted.get(name)}
    if amounts:
        hands.patch(node, {"status": {"capacity": amounts, "allocatable": amounts}}, "status")
    found = {
        name: shown.labels.get(name)
        for name in accelerators.DISCOVERED_LABELS
        if name not in given and labels_of(node).get(name) != shown.labels.get(name)
    }
    if found:
        hands.patch(node, {"metadata": {"labels": found}})


def managed_addons(world: World, hands: Hands, inputs: Inputs) -> None:
    """Bring what managed add-ons and an existing cluster bring; take it back when they go."""
    wanted = inputs.wanted_addons
    if wanted is None:
        return
    desired = addons.manifests(wanted)
    if inputs.existing and inputs.existing.storage_class:
        desired.append(_storage_class(inputs.existing, inputs.existing.storage_class))
    keys = {(obj["kind"], obj["metadata"]["name"]) for obj in desired}
    for obj in desired:
        kind = next((kind for kind in _ADDON_KINDS if kind.kind == obj["kind"]), None)
        if kind is None:
            continue
        there = world.get(kind, obj["metadata"]["name"], obj["metadata"].get("namespace", ""))
        ours = there is not None and marks.is_simulated(there)
        if there is None or (ours and _hash(there) != _hash(obj)):
            for account in desired:  # pods cannot be made before their service account
                if account["kind"] == "ServiceAccount" and _addon(account) == _addon(obj):
                    hands.create(account)
            hands.apply(obj)
    for kind in _ADDON_KINDS:
        for obj in world.all(kind):
            known = (kind.kind, obj["metadata"]["name"]) in keys
            if marks.is_simulated(obj) and not known and not leaving(obj):
                hands.delete(obj)
                _release_account(hands, obj, keys)


_ADDON_KINDS = (DEPLOYMENT, DAEMON_SET, CSI_DRIVER, STORAGE_CLASS)


def _release_account(hands: Hands, workload: Object, keys: Collection[tuple[str, str]]) -> None:
    pod = (workload.get("spec") or {}).get("template", {}).get("spec", {})
    name = pod.get("serviceAccountName", "default")
    if name == "default" or ("ServiceAccount", name) in keys:
        return
    account = hands.find(SERVICE_ACCOUNT, name, addons.NAMESPACE)
    if account is not None and marks.is_simulated(account):
        hands.delete(account)


def _addon(obj: Object) -> str | None:
    return labels_of(obj).get(marks.ADDON)


def _hash(obj: Object) -> str | None:
    return annotations_of(obj).get(addons.HASH)


def _storage_class(existing: ExistingCluster, name: str) -> Object:
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {
            "name": name,
            "labels": {marks.SIMULATED: "true"},
            "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
        },
        "provisioner": existing.provisioner,
        "reclaimPolicy": "Delete",
        "volumeBindingMode": "WaitForFirstConsumer",
    }


def claims(world: World, hands: Hands, inputs: Inputs) -> tuple[dict[str, str], dict[str, str]]:
    """Make, grow and delete volumes; return why claims wait and volumes stay."""
    waiting: dict[str, str] = {}
    for claim in world.all(CLAIM):
        match volumes.next_step(world, claim, inputs.existing, inputs.identity):
            case volumes.Waits(reason):
                waiting[full_name(claim)] = reason
            case volumes.Provision(volume) if world.get(VOLUME, volume["metadata"]["name"]) is None:
                hands.create(volume)
            case volumes.Expand(name, size):
                size_now = {"capacity": {"storage": size}}
                bound = world.get(VOLUME, name)
                if bound is not None and bound["spec"]["capacity"]["storage"] != size:
                    hands.patch(bound, {"spec": size_now})
                hands.patch(claim, {"status": size_now}, "status")
    left: dict[str, str] = {}
    for volume in world.all(VOLUME):
        answer = volumes.may_delete(world, volume, inputs.existing, inputs.identity)
        if isinstance(answer, str):
            left[full_name(volume)] = answer
        elif answer:
            hands.delete(volume)
    return waiting, left


def services(world: World, hands: Hands, inputs: Inputs) -> dict[str, str]:
    """Name load balancers; return why Services wait."""
    waiting: dict[str, str] = {}
    for service in world.all(SERVICE):
        step = load_balancers.next_step(
            world,
            service,
            existing=inputs.existing,
            cluster=inputs.cluster,
            region=inputs.region,
            identity=inputs.identity,
        )
        match step:
            case load_balancers.Pending(reason):
                waiting[full_name(service)] = reason
            case load_balancers.Named(ingress, finalizers):
                kept = service["metadata"].get("finalizers") or []
                metadata = {
                    "annotations": {marks.SERVED: "true"},
                    "finalizers": [*kept, *(name for name in finalizers if name not in kept)],
                }
                hands.patch(service, {"metadata": metadata})
                hands.patch(service, {"status": {"loadBalancer": {"ingress": [ingress]}}}, "status")
            case load_balancers.Released():
                release(hands, service)
    return waiting


def release(hands: Hands, service: Object) -> None:
    """Take name, mark and finalizer from a Service, as its controller does at the end."""
    kept = [name for name in service["metadata"].get("finalizers") or () if name != load_balancers.FINALIZER]
    if not leaving(service):
        hands.patch(service, {"status": {"loadBalancer": None}}, "status")
    hands.patch(service, {"metadata": {"annotations": {marks.SERVED: None}, "finalizers": kept}})
