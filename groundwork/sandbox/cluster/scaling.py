"""The step that a cluster-autoscaler, or Karpenter, takes for pods that found no place: pure, from what is there."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from groundwork.sandbox.cluster import marks
from groundwork.sandbox.cluster.autoscaler import Autoscaler, node_to_be, price
from groundwork.sandbox.cluster.fits import any_term_matches, free, obstacles, requests_of
from groundwork.sandbox.cluster.karpenter import Karpenter
from groundwork.sandbox.cluster.marks import Object, full_name, labels_of, leaving, owner_kind
from groundwork.sandbox.cluster.pools import NodePool
from groundwork.sandbox.cluster.quantity import Resources, quantity
from groundwork.sandbox.cluster.spreading import Place, kept_away
from groundwork.sandbox.cluster.world import CLAIM, NODE, POD, VOLUME, World, condition, is_finished


@dataclass(frozen=True)
class Plan:
    """Nodes to add by pool, and why a pod (by `namespace/name`) makes none."""

    add: Mapping[str, int] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)


def unschedulable(world: World) -> list[Object]:
    """Return the pods for which the scheduler found no node, oldest first; daemons belong to their node."""
    found = [
        pod
        for pod in world.all(POD)
        if condition(pod, "PodScheduled").get("reason") == "Unschedulable"
        and not (pod["spec"].get("nodeName") or leaving(pod) or is_finished(pod))
        and owner_kind(pod) != "DaemonSet"
    ]
    return sorted(found, key=lambda pod: (pod["metadata"].get("creationTimestamp", ""), full_name(pod)))


def next_step(
    world: World,
    pools: Sequence[NodePool],
    sizes: Mapping[str, int],
    autoscaler: Autoscaler | str,
    young: Collection[str] = (),
    karpenter: Karpenter | str = "no Karpenter is installed",
) -> Plan:
    """Return the nodes to add for all pods that found no place.

    Args:
        world: what is there.
        pools: the node groups, and the NodePools of Karpenter.
        sizes: how many nodes each has, those on their way included.
        autoscaler: who scales node groups, or why nobody does.
        young: nodes so new that the scheduler may not have looked at them yet, or that still wait for their
            device plugin; they count with all that their pool is expected to offer.
        karpenter: the same for its NodePools.
    """
    pending = unschedulable(world)
    makers = {pool.name: karpenter if pool.provisioner else autoscaler for pool in pools}
    if all(isinstance(maker, str) for maker in (autoscaler, karpenter)):
        why = karpenter if any(pool.provisioner for pool in pools) else autoscaler
        return Plan(reasons={full_name(pod): f"nothing adds nodes: {why}" for pod in pending})
    if not pending:
        return Plan()
    places = _places(world, pools, makers, young)
    add: dict[str, int] = {}
    reasons: dict[str, str] = {}
    expected: dict[tuple[str, str], tuple[Object, Resources]] = {}
    for pod in pending:
        home = next((place for place in places if not _hindrances(world, pod, place, places)), None)
        against: dict[str, str] = {}
        for pool in _in_order(world, pools, autoscaler) if home is None else ():
            maker = makers[pool.name]
            if isinstance(maker, str):
                against[pool.name] = maker
                continue
            size = sizes.get(pool.name, 0) + add.get(pool.name, 0)
            zone = pool.subnets[size % len(pool.subnets)].zone
            if (pool.name, zone) not in expected:
                expected[pool.name, zone] = _node_to_be(world, pool, zone, maker)
            # Each new node is a domain of its own for rules by hostname.
            place = _new_place(*expected[pool.name, zone], f"{pool.name}-new-{size}")
            found = _group_hindrances(pool, size, maker) or _hindrances(world, pod, place, places)
            if not found:
                add[pool.name] = add.get(pool.name, 0) + 1
                places.append(home := place)
                break
            against[pool.name] = ", ".join(found)
        if home is None:
            reasons[full_name(pod)] = _sentence(against)
        else:
            _put(pod, home)
    return Plan(add, reasons)


def _in_order(world: World, pools: Sequence[NodePool], autoscaler: Autoscaler | str) -> list[NodePool]:
    """Return the pools as they are asked: by the autoscaler's priorities where it has some, then the cheapest first."""
    priority = (lambda pool: 0) if isinstance(autoscaler, str) else autoscaler.priorities(world)
    return sorted(pools, key=lambda pool: (-priority(pool), price(pool), pool.name))


def _node_to_be(world: World, pool: NodePool, zone: str, maker: Autoscaler | Karpenter) -> tuple[Object, Resources]:
    if isinstance(maker, Karpenter):
        return maker.node_to_be(world, pool, zone)
    return node_to_be(world, pool, zone, maker)


def _new_place(node: Object, left: Resources, hostname: str) -> Place:
    labels = {**labels_of(node), "kubernetes.io/hostname": hostname}
    return Place({**node, "metadata": {"name": hostname, "labels": labels}}, dict(left), [])


def _put(pod: Object, place: Place) -> None:
    place.pods.append(pod)
    for name, amount in requests_of(pod["spec"]).items():
        place.left[name] = place.left.get(name, quantity(0)) - amount


def _places(
    world: World, pools: Sequence[NodePool], makers: Mapping[str, Autoscaler | Karpenter | str], young: Collection[str]
) -> list[Place]:
    """Return the nodes that may take pods: a pod that fits one of them needs no other."""
    by_name = {pool.name: pool for pool in pools}
    bound = world.pods_by_node()
    places = []
    for node in world.all(NODE):
        name, pool = node["metadata"]["name"], by_name.get(pool_of(node))
        if leaving(node) or (node.get("spec") or {}).get("unschedulable"):
            continue
        maker = makers.get(pool.name, "") if pool is not None else ""
        if pool is not None and name in young and not isinstance(maker, str):
            node = _grown(world, node, pool, maker)
        pods = list(bound.get(name, ()))
        places.append(Place(node, free(node, pods), pods))
    return places


def _grown(world: World, node: Object, pool: NodePool, maker: Autoscaler | Karpenter) -> Object:
    """Return a young node with all that it is expected to offer soon."""
    alone = World({kind: objects for kind, objects in world.objects.items() if kind != NODE})
    zone = labels_of(node).get("topology.kubernetes.io/zone", "")
    expected, _ = _node_to_be(alone, pool, zone, maker)
    offered = {**expected["status"]["allocatable"], **(node["status"].get("allocatable") or {})}
    taints = [taint.manifest() for taint in pool.taints]
    return {
        "metadata": node["metadata"],
        "spec": {"taints": taints},
        "status": {"allocatable": offered},
    }


def _group_hindrances(pool: NodePool, size: int, maker: Autoscaler | Karpenter) -> list[str]:
    if isinstance(maker, Karpenter):
        return [f"the NodePool's limit of {pool.maximum} nodes is reached"] if size >= pool.maximum else []
    missing = sorted(maker.wanted_tags(pool.cluster) - set(pool.tags))
    if missing:
        return [f"its Auto Scaling group is not discovered (without tag {', '.join(missing)})"]
    if size >= pool.maximum:
        return [f"max node group size reached ({pool.maximum})"]
    return []


def _hindrances(world: World, pod: Object, place: Place, places: Sequence[Place]) -> list[str]:
    found = obstacles(pod, place.node, place.left)
    if not _reaches_volumes(world, pod, place.node):
        found.append("volume node affinity conflict")
    if not found and (rule := kept_away(pod, place.node, places)):
        found.append(rule)
    return found


def _reaches_volumes(world: World, pod: Object, node: Object) -> bool:
    for entry in pod["spec"].get("volumes") or ():
        named = (entry.get("persistentVolumeClaim") or {}).get("claimName")
        if not named and "ephemeral" in entry:
            named = f"{pod['metadata']['name']}-{entry['name']}"
        claim = world.get(CLAIM, named, pod["metadata"]["namespace"]) if named else None
        volume = world.get(VOLUME, (claim or {}).get("spec", {}).get("volumeName") or "")
        terms = ((volume or {}).get("spec", {}).get("nodeAffinity") or {}).get("required")
        if terms and not any_term_matches(terms["nodeSelectorTerms"], node):
            return False
    return True


def _sentence(against: Mapping[str, str]) -> str:
    """Return the reason as the cluster-autoscaler puts it, with the pools' names."""
    if not against:
        return "pod didn't trigger scale-up: there is no node group"
    parts = "; ".join(f"{pool}: {why}" for pool, why in against.items())
    return f"pod didn't trigger scale-up: {parts}"


def pool_of(node: Object) -> str:
    """Return the pool that a node belongs to, empty if to none."""
    return labels_of(node).get(marks.POOL, "")


def count(world: World, pool: str) -> int:
    """Return how many nodes of a pool are there."""
    return sum(pool_of(node) == pool for node in world.all(NODE))
