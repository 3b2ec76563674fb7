"""Who stands where, and what found no place: the facts for the end of a rehearsal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from groundwork.sandbox.cluster import record
from groundwork.sandbox.cluster.accelerators import is_accelerator
from groundwork.sandbox.cluster.load_balancers import is_pending
from groundwork.sandbox.cluster.marks import Object, full_name, is_simulated, labels_of, owner_kind
from groundwork.sandbox.cluster.nodes import EXISTING_POOL
from groundwork.sandbox.cluster.pools import NodePool
from groundwork.sandbox.cluster.record import Record
from groundwork.sandbox.cluster.scaling import pool_of
from groundwork.sandbox.cluster.world import (
    CLAIM,
    DAEMON_SET,
    DEPLOYMENT,
    NODE,
    POD,
    SERVICE,
    Kind,
    World,
    condition,
    is_finished,
    is_ready,
    world_of,
)
from groundwork.sandbox.controlplane.client import KubeClient

STATEFUL_SET = Kind("apps/v1", "StatefulSet")
_READ = (NODE, POD, CLAIM, SERVICE, DEPLOYMENT, DAEMON_SET, STATEFUL_SET)


@dataclass(frozen=True)
class PlacedNode:
    """A node and its pods (`namespace/name`), those of daemons apart."""

    name: str
    instance_type: str
    zone: str
    ready: bool
    accelerators: Mapping[str, int]
    pods: tuple[str, ...]
    daemons: tuple[str, ...]


@dataclass(frozen=True)
class PlacedPool:
    """A pool, how far it may grow, and its nodes."""

    name: str
    instance_types: tuple[str, ...]
    size: int
    minimum: int | None
    maximum: int | None
    nodes: tuple[PlacedNode, ...]
    problem: str = ""

    @property
    def pods(self) -> int:
        """How many pods it holds, without daemons."""
        return sum(len(node.pods) for node in self.nodes)


@dataclass(frozen=True)
class Homeless:
    """A pod without a node."""

    pod: str
    scheduler: str
    """Why no node took it."""
    scaler: str
    """Why no node is added for it; empty where one is on its way or nothing has been said."""


@dataclass(frozen=True)
class Waiting:
    """Anything else that is not what it should be."""

    kind: str
    name: str
    reason: str


@dataclass(frozen=True)
class Placement:
    """The whole."""

    pools: tuple[PlacedPool, ...]
    homeless: tuple[Homeless, ...]
    services: tuple[Waiting, ...]
    claims: tuple[Waiting, ...]
    volumes: tuple[Waiting, ...]
    """Left behind by a driver that went first."""
    workloads: tuple[Waiting, ...]
    """Deployments, StatefulSets, DaemonSets that are not ready."""
    refused: tuple[Waiting, ...]
    """What the simulation could not write."""
    simulated: Mapping[str, int] = field(default_factory=dict)
    """How many objects of each kind the simulation itself brought, by kind."""

    @property
    def complete(self) -> bool:
        """Whether everything found its place."""
        waiting = (self.homeless, self.services, self.claims, self.workloads, self.refused)
        return not any(waiting)


def placement(client: KubeClient, pools: Sequence[NodePool], record_file: Path) -> Placement:
    """Return who stands where.

    Args:
        client: the API server.
        pools: the node groups, as last given to the simulation.
        record_file: where the simulation keeps its reasons.
    """
    world = world_of(obj for kind in _READ for obj in client.list(*kind))
    return place(world, pools, record.read(record_file))


def place(world: World, pools: Sequence[NodePool], known: Record) -> Placement:
    """Work the facts out of a snapshot and the simulation's reasons."""
    bound = world.pods_by_node()
    by_pool: dict[str, list[PlacedNode]] = {}
    for node in world.all(NODE):
        by_pool.setdefault(pool_of(node) or EXISTING_POOL, []).append(
            _node(node, bound.get(node["metadata"]["name"], []))
        )
    placed = [
        PlacedPool(
            name=pool.name,
            instance_types=pool.instance_types,
            size=known.sizes[pool.name].size if pool.name in known.sizes else pool.desired,
            minimum=pool.minimum,
            maximum=pool.maximum,
            nodes=tuple(by_pool.pop(pool.name, ())),
            problem=known.nodes.get(pool.name, ""),
        )
        for pool in pools
    ]
    placed += [PlacedPool(name, (), len(nodes), None, None, tuple(nodes)) for name, nodes in sorted(by_pool.items())]
    made = [obj["kind"] for objects in world.objects.values() for obj in objects.values() if is_simulated(obj)]
    return Placement(
        pools=tuple(placed),
        homeless=tuple(_homeless(pod, known) for pod in world.all(POD) if _has_no_home(pod)),
        services=tuple(
            Waiting("Service", full_name(service), known.services.get(full_name(service), "not looked at yet"))
            for service in world.all(SERVICE)
            if is_pending(service)
        ),
        claims=tuple(
            Waiting(claim["kind"], full_name(claim), known.claims.get(full_name(claim), "not looked at yet"))
            for claim in world.all(CLAIM)
            if (claim.get("status") or {}).get("phase") != "Bound" or full_name(claim) in known.claims
        ),
        volumes=tuple(Waiting("PersistentVolume", name, why) for name, why in sorted(known.volumes.items())),
        workloads=tuple(
            Waiting(kind.kind, full_name(workload), why)
            for kind in (DEPLOYMENT, STATEFUL_SET, DAEMON_SET)
            for workload in world.all(kind)
            if (why := _not_ready(workload))
        ),
        refused=tuple(
            Waiting(kind, name, why)
            for what, why in sorted(known.refused.items())
            for kind, _, name in (what.partition(" "),)
        ),
        simulated={kind: made.count(kind) for kind in sorted(set(made))},
    )


def _node(node: Object, pods: Sequence[Object]) -> PlacedNode:
    names = labels_of(node)
    offered = (node.get("status") or {}).get("allocatable") or {}
    return PlacedNode(
        name=node["metadata"]["name"],
        instance_type=names.get("node.kubernetes.io/instance-type", ""),
        zone=names.get("topology.kubernetes.io/zone", ""),
        ready=is_ready(node),
        accelerators={name: int(count) for name, count in sorted(offered.items()) if is_accelerator(name)},
        pods=tuple(full_name(pod) for pod in pods if owner_kind(pod) != "DaemonSet"),
        daemons=tuple(full_name(pod) for pod in pods if owner_kind(pod) == "DaemonSet"),
    )


def _has_no_home(pod: Object) -> bool:
    return not pod["spec"].get("nodeName") and not is_finished(pod)


def _homeless(pod: Object, known: Record) -> Homeless:
    said = condition(pod, "PodScheduled")
    name = full_name(pod)
    return Homeless(name, said.get("message") or "the scheduler has not looked yet", known.pods.get(name, ""))


def _not_ready(workload: Object) -> str:
    status = workload.get("status") or {}
    if workload["kind"] == "DaemonSet":
        wanted, ready = status.get("desiredNumberScheduled", 0), status.get("numberReady", 0)
    else:
        wanted, ready = workload["spec"].get("replicas", 1), status.get("readyReplicas", 0)
    if ready >= wanted:
        return ""
    failure = condition(workload, "ReplicaFailure").get("message", "")
    return f"{ready} of {wanted} ready" + (f": {failure}" if failure else "")
