"""What is in a cluster and in no state, and would keep a destroy from ending, or outlive it and be paid for.

A namespace goes only when all in it is gone, and what has a finalizer goes only while the controller runs that takes it
away: the graph destroys that controller before or after, but knows nothing of what users and other controllers made.
So that goes first, while everything still runs: volumes are set to outlive their claims where data is protected, then
custom resources with finalizers, then what holds load balancers, then the nodes that Karpenter made.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from groundwork.real.kubectl import Kubectl, Object

Key = tuple[str, str, str, str]
"""API group, kind, namespace and name of an object."""

_POLL_SECONDS = 3.0
_NODE_POOL, _DO_NOT_DISRUPT = "karpenter.sh/nodepool", "karpenter.sh/do-not-disrupt"
_KARPENTER, _GATEWAYS, _BALANCING = "karpenter.sh", "gateway.networking.k8s.io", "elbv2.k8s.aws"
_SNAPSHOTS = "snapshot.storage.k8s.io"
# Their objects have a stage of their own, or go with the nodes and claims that they belong to.
_OTHER_STAGES = {_KARPENTER, "karpenter.k8s.aws", _GATEWAYS, _BALANCING, _SNAPSHOTS}
_BUILT_IN = ("services", "ingresses", "poddisruptionbudgets", "persistentvolumes", "nodes", "pods")


@dataclass(frozen=True)
class Stage:
    """What goes together.

    Attributes:
        does: in words, of all that is in it.
        goes: in the order of deletion.
        awaited: what has to be gone before the next stage, beside that.
    """

    does: str
    goes: tuple[Object, ...] = ()
    awaited: tuple[Object, ...] = ()


@dataclass(frozen=True)
class Drain:
    """What a drain would do, in this order.

    Attributes:
        keeps: volumes and snapshots, whose data would go with their claims: they are told to stay.
        stages: what is deleted.
    """

    keeps: tuple[Object, ...] = ()
    stages: tuple[Stage, ...] = ()


@dataclass
class Drained:
    """What came of it: `left` is still there, and holds up the destroy; `forced` lost its finalizers."""

    gone: int = 0
    left: list[Object] = field(default_factory=list)
    forced: list[Object] = field(default_factory=list)


def look(cluster: Kubectl, known: frozenset[Key], *, keep_volumes: bool) -> Drain:
    """Return what a drain would do, and change nothing.

    Args:
        known: what the stacks' states have: the graph destroys it in its order.
        keep_volumes: volumes stay when their claims go.

    Raises:
        RealError: the cluster does not answer.
    """
    return plan(cluster.list([*_BUILT_IN, *cluster.custom_kinds()]), known, keep_volumes=keep_volumes)


def plan(objects: Iterable[Object], known: frozenset[Key], *, keep_volumes: bool) -> Drain:
    """Return what a drain would do in a cluster that has these objects."""
    found = list(objects)
    stages = (
        Stage("custom resources that wait for a controller", tuple(o for o in found if _waits(o, known))),
        Stage(
            "load balancers",
            # A Gateway's controller would make its Service again.
            tuple(
                [o for o in found if _is(o, _GATEWAYS, "Gateway")]
                + [o for o in found if _is(o, "networking.k8s.io", "Ingress") and _balances(o)]
                + [o for o in found if _is(o, "", "Service") and o["spec"].get("type") == "LoadBalancer"]
                + [o for o in found if _is(o, _BALANCING, "TargetGroupBinding")]
            ),
        ),
        _nodes(found),
    )
    keeps = tuple(o for o in found if keep_volumes and _loses_data(o))
    return Drain(keeps, tuple(stage for stage in stages if stage.goes or stage.awaited))


def drain(
    cluster: Kubectl,
    what: Drain,
    *,
    timeout: float,
    force: bool = False,
    tell: Callable[[str], None] = lambda line: None,
    sleep: Callable[[float], None] = time.sleep,
) -> Drained:
    """Do it: each stage has `timeout` seconds to be gone; what is left then ends it.

    Args:
        force: take the finalizers from what is left, and go on: what it stood for outside of the cluster stays.
        tell: called with a line for each thing that is done.
    """
    result = Drained()
    for volume in what.keeps:
        tell(f"{_kind(volume)} {_name(volume)} stays when its claim goes")
        policy = "deletionPolicy" if _group(volume) == _SNAPSHOTS else "persistentVolumeReclaimPolicy"
        cluster.patch(volume, {"spec": {policy: "Retain"}})
    for stage in what.stages:
        tell(f"{stage.does}: {len(stage.goes)} to delete")
        cluster.delete(stage.goes)
        every = [*stage.goes, *stage.awaited]
        left = _wait(cluster, every, timeout, sleep)
        if left and force:
            for obj in left:
                cluster.patch(obj, {"metadata": {"finalizers": None}})
            result.forced += left
            left = _wait(cluster, left, timeout, sleep)
        result.gone += len(every) - len(left)
        if left:
            result.left = left
            return result
    return result


def described(obj: Object) -> str:
    """Return what an object is, and what it waits for."""
    waits = ", ".join(obj["metadata"].get("finalizers") or ())
    return f"{_kind(obj)} {_name(obj)}" + (f" (waits for {waits})" if waits else "")


def keys_of(resources: Iterable[Mapping[str, Any]]) -> frozenset[Key]:
    """Return what a state has of Kubernetes."""
    found = set()
    for resource in resources:
        said = {**(resource.get("inputs") or {}), **(resource.get("outputs") or {})}
        metadata = said.get("metadata")
        if str(resource.get("type", "")).startswith("kubernetes:") and isinstance(metadata, Mapping):
            found.add(_key({"apiVersion": said.get("apiVersion"), "kind": said.get("kind"), "metadata": metadata}))
    return frozenset(found)


def _wait(cluster: Kubectl, objects: Sequence[Object], timeout: float, sleep: Callable[[float], None]) -> list[Object]:
    """Wait until objects are gone, and return those that are not; who has the name of one by now is another."""
    kinds = sorted({_resource(each) for each in objects})
    uids = {each["metadata"]["uid"] for each in objects}
    waited = 0.0
    while True:
        left = [each for each in cluster.list(kinds) if each["metadata"]["uid"] in uids] if kinds else []
        if not left or waited >= timeout:
            return left
        sleep(_POLL_SECONDS)
        waited += _POLL_SECONDS


def _nodes(found: Sequence[Object]) -> Stage:
    """Return the stage of Karpenter: nodes go when nothing keeps a pod on them and no pool makes others."""
    pools = [o for o in found if _is(o, _KARPENTER, "NodePool")]
    claims = [o for o in found if _is(o, _KARPENTER, "NodeClaim")]
    nodes = [o for o in found if _is(o, "", "Node") and _NODE_POOL in (o["metadata"].get("labels") or {})]
    if not (pools or claims or nodes):
        return Stage("nodes of Karpenter")
    names = {node["metadata"]["name"] for node in nodes}
    held = [
        o
        for o in found
        if _is(o, "", "Pod")
        and o["spec"].get("nodeName") in names
        and (o["metadata"].get("annotations") or {}).get(_DO_NOT_DISRUPT) == "true"
    ]
    budgets = [o for o in found if _is(o, "policy", "PodDisruptionBudget")]
    return Stage("nodes of Karpenter", (*budgets, *pools, *held, *claims), tuple(nodes))


def _waits(obj: Object, known: frozenset[Key]) -> bool:
    group = _group(obj)
    # What another object owns goes with that one.
    custom = "." in group and not group.endswith(".k8s.io") and group not in _OTHER_STAGES
    metadata = obj["metadata"]
    return bool(
        custom and metadata.get("finalizers") and not metadata.get("ownerReferences") and _key(obj) not in known
    )


def _balances(ingress: Object) -> bool:
    status = (ingress.get("status") or {}).get("loadBalancer") or {}
    return bool(status.get("ingress") or ingress["metadata"].get("finalizers"))


def _loses_data(obj: Object) -> bool:
    if _is(obj, "", "PersistentVolume"):
        return "csi" in obj["spec"] and obj["spec"].get("persistentVolumeReclaimPolicy") == "Delete"
    return _is(obj, _SNAPSHOTS, "VolumeSnapshotContent") and obj["spec"].get("deletionPolicy") == "Delete"


def _is(obj: Object, group: str, kind: str) -> bool:
    return bool(obj["kind"] == kind) and _group(obj) == group


def _group(obj: Object) -> str:
    group, slash, _ = str(obj["apiVersion"]).partition("/")
    return group if slash else ""


def _kind(obj: Object) -> str:
    return str(obj["kind"])


def _name(obj: Object) -> str:
    metadata = obj["metadata"]
    return f"{metadata['namespace']}/{metadata['name']}" if metadata.get("namespace") else str(metadata["name"])


def _key(obj: Object) -> Key:
    metadata = obj["metadata"]
    return _group(obj), _kind(obj), str(metadata.get("namespace") or ""), str(metadata.get("name") or "")


def _resource(obj: Object) -> str:
    """Return how kubectl is asked for objects of a kind: the version too, since a group may have several."""
    group, slash, version = str(obj["apiVersion"]).partition("/")
    return f"{_kind(obj)}.{version}.{group}" if slash else _kind(obj)
