"""The simulated world as one part that runs beside the control plane."""

from __future__ import annotations

import dataclasses
import logging
import threading
import time
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from groundwork.sandbox.cluster import autoscaler, karpenter, node_groups, reconcilers, record, scaling
from groundwork.sandbox.cluster.hands import Hands
from groundwork.sandbox.cluster.informers import Informers
from groundwork.sandbox.cluster.karpenter import Ground
from groundwork.sandbox.cluster.marks import Object, full_name
from groundwork.sandbox.cluster.pools import ExistingCluster, NodePool
from groundwork.sandbox.cluster.record import PoolSize, Record
from groundwork.sandbox.cluster.removal import remove_all
from groundwork.sandbox.cluster.settings import Inputs, Pace
from groundwork.sandbox.cluster.soundness import fault
from groundwork.sandbox.cluster.world import NODE, HasIdentity, Kind, World
from groundwork.sandbox.cluster.youth import Youth
from groundwork.sandbox.controlplane.client import KubeClient, KubeError
from groundwork.sandbox.controlplane.errors import ApiError

_QUIET_SECONDS = 0.4
_POLL_SECONDS = 0.05
_IDLE_SECONDS = 5.0
_FIRST_RESYNC_SECONDS = 5.0
_log = logging.getLogger(__name__)


class ClusterSimulation:
    """Nodes, accelerators, volumes, load balancers and scaling, each only as far as the program earned it.

    Everything is worked out from what is in the cluster and what it was told; so it takes up where another
    process left off. Until `set_pools`, `set_existing` and `set_addons` are called, what is there is kept.

    Args:
        client: an administrator's client; closed by whoever made it.
        record: where sizes of pools, and reasons for the report, are kept.
        has_identity: whether pods of a namespace and service account reach AWS.
        may_describe_pools: whether they may also ask EKS for a node group; by default all who reach AWS.
        pace: how fast things happen.
    """

    def __init__(
        self,
        client: KubeClient,
        record: Path,
        *,
        has_identity: HasIdentity,
        may_describe_pools: HasIdentity | None = None,
        pace: Pace | None = None,
    ) -> None:
        """Start nothing yet."""
        self._client = client
        self._file = record
        self._pace = pace or Pace()
        self._inputs = Inputs(has_identity, may_describe_pools or has_identity)
        self._hands = Hands(client)
        self._informers = Informers(client, self._wake)
        self._lock = threading.Lock()
        self._event = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="cluster simulation", daemon=True)
        self._youth = Youth(self._pace.young)
        self._last_change = time.monotonic()
        self._next_scaling = 0.0
        self._doomed: set[str] = set()
        self._provisioned: tuple[NodePool, ...] = ()
        self._quiet_rounds = 0
        self._scales = False
        self._placing = False

    def start(self) -> None:
        """Read the cluster and begin (raises `KubeError` if the API server does not answer)."""
        self._informers.start()
        self._thread.start()

    def stop(self) -> None:
        """End all threads; what was made stays."""
        self._stopping.set()
        self._event.set()
        if self._thread.is_alive():
            self._thread.join()
        self._informers.stop()

    def set_pools(self, pools: Iterable[NodePool]) -> None:
        """Tell which node groups there are now; those that are not named lose their nodes."""
        checked = [(pool, fault(pool)) for pool in sorted(pools, key=lambda pool: pool.name)]
        self._tell(
            pools=tuple(pool for pool, why in checked if not why),
            faults={pool.name: why for pool, why in checked if why},
        )

    def set_existing(self, cluster: ExistingCluster | None) -> None:
        """Tell what a cluster offers that nobody provisions; None: there is no such cluster."""
        self._tell(existing=cluster)

    def set_addons(self, names: Collection[str]) -> None:
        """Tell which of EKS's managed add-ons are installed now."""
        self._tell(addons=frozenset(names))

    def refresh(self) -> None:
        """Look again, since who has an identity in the cloud may have changed."""
        self._wake()

    def set_ground(self, ground: Ground) -> None:
        """Tell what Karpenter would find in AWS."""
        self._tell(ground=ground)

    @property
    def provisioned(self) -> tuple[NodePool, ...]:
        """The NodePools of Karpenter, as they were last seen."""
        return self._provisioned

    def settle(self, timeout: float = 30.0) -> bool:
        """Wait until nothing is left to do and no pod waits for a node that is on its way.

        What waits for something that nobody brings does not count. Returns False if it takes longer than
        `timeout` seconds, as it does while others keep changing the cluster.
        """
        deadline = time.monotonic() + timeout
        with self._lock:
            self._quiet_rounds = 0
        self._wake()
        while time.monotonic() < deadline:
            with self._lock:
                quiet = time.monotonic() - self._last_change >= _QUIET_SECONDS
                if quiet and self._quiet_rounds > 0:
                    return True
            time.sleep(_POLL_SECONDS)
        return False

    def remove_all(self) -> None:
        """Delete everything that any simulation made in this cluster; call it after `stop`."""
        remove_all(self._client)
        self._file.unlink(missing_ok=True)

    def _tell(self, **news: object) -> None:
        with self._lock:
            self._inputs = dataclasses.replace(self._inputs, **news)  # type: ignore[arg-type]  # fields by name
        self._wake()

    def _wake(self) -> None:
        with self._lock:
            self._last_change = time.monotonic()
            self._quiet_rounds = 0
        self._event.set()

    def _run(self) -> None:
        resync = time.monotonic() + _FIRST_RESYNC_SECONDS
        while not self._stopping.is_set():
            self._event.wait(self._pace.rescale if self._scales else _IDLE_SECONDS)
            self._stopping.wait(self._pace.gather)
            self._event.clear()
            try:
                if time.monotonic() >= resync:
                    resync = time.monotonic() + self._pace.resync
                    self._informers.resync()
                self._round()
            except KubeError as error:
                _log.warning("the simulated cluster waits: %s", error)
                self._stopping.wait(self._pace.rescale)
            except Exception:
                # A defect in one round must not end the world: it is told, and the next round tries again.
                _log.exception("a round of the simulated cluster failed")
                self._stopping.wait(self._pace.rescale)

    def _round(self) -> None:
        with self._lock:
            inputs = self._inputs
        world = self._with_node_pools(self._informers.world())
        inputs = self._with_provisioned(world, inputs)
        before = record.read(self._file)
        self._hands.begin()
        sizes = dict(before.sizes)
        if inputs.pools is not None:
            sizes = node_groups.sizes(inputs.pools, before.sizes)
        self._doomed &= set(world.objects.get(NODE, {}))
        problems = reconcilers.nodes(world, self._hands, inputs, sizes, self._doomed)
        reconcilers.managed_addons(world, self._hands, inputs)
        reconcilers.devices(world, self._hands, inputs)
        claims, volumes = reconcilers.claims(world, self._hands, inputs)
        services = reconcilers.services(world, self._hands, inputs)
        pods = self._scale(world, inputs, sizes, problems)
        refused = {f"{kind} {name}": why for (kind, name), why in self._hands.refused.items()}
        after = Record(sizes, pods, claims, services, volumes, problems, refused)
        if after != before:
            record.write(self._file, after)
        with self._lock:
            busy = self._hands.changes > 0 or after.sizes != before.sizes
            self._quiet_rounds = 0 if busy or self._placing else self._quiet_rounds + 1
            if busy:
                self._last_change = time.monotonic()
        if busy:
            self._event.set()

    def _with_node_pools(self, world: World) -> World:
        """Add what only a cluster with Karpenter has: these kinds come and go, so nobody watches them."""
        found: dict[Kind, dict[str, Object]] = {}
        for kind in (karpenter.NODE_POOL, karpenter.NODE_CLASS):
            try:
                found[kind] = {full_name(each): each for each in self._client.list(*kind)}
            except ApiError as error:
                if not error.not_found:
                    raise
                return world
        return World({**world.objects, **found})

    def _with_provisioned(self, world: World, inputs: Inputs) -> Inputs:
        """Add the NodePools to the node groups, once these are known."""
        seen = karpenter.pools_of(world, inputs.ground)
        self._provisioned = tuple(pool for pool, _ in seen)
        if inputs.pools is None:
            return inputs
        return dataclasses.replace(
            inputs,
            pools=(*inputs.pools, *(pool for pool, why in seen if not why)),
            faults={**inputs.faults, **{pool.name: why for pool, why in seen if why}},
        )

    def _scale(
        self, world: World, inputs: Inputs, sizes: dict[str, PoolSize], problems: Mapping[str, str]
    ) -> dict[str, str]:
        """Change `sizes` as an autoscaler would; return why pods that wait make no new node."""
        now = time.monotonic()
        young = self._youth.look(world, now)
        who = autoscaler.running(world, inputs.identity, inputs.may_describe)
        maker = karpenter.running(world, inputs.identity)
        counts = {name: size.size for name, size in sizes.items()}
        self._scales = bool(scaling.unschedulable(world)) or self._pace.scale_down is not None
        plan = scaling.next_step(world, inputs.pools or (), counts, who, young, maker)
        hopeful = any(full_name(pod) not in plan.reasons for pod in scaling.unschedulable(world))
        self._placing = bool(plan.add) or (hopeful and bool(young))
        if now >= self._next_scaling and not _on_the_way(world, counts, problems):
            for name, more in plan.add.items():
                sizes[name] = PoolSize(sizes[name].asked, sizes[name].size + more)
                self._next_scaling = now + self._pace.rescale
        after = None if isinstance(who, str) else self._pace.scale_down
        shrinking = {
            pool.name: seconds
            for pool in inputs.pools or ()
            if (seconds := pool.idle_seconds if pool.provisioner else after) is not None
            and not (pool.provisioner and isinstance(maker, str))
        }
        if shrinking:
            for node in self._youth.idle(world, inputs.pools or (), counts, now, shrinking):
                name = scaling.pool_of(node)
                sizes[name] = PoolSize(sizes[name].asked, sizes[name].size - 1)
                # A copy of the cluster that lags behind must not let another node go in its place.
                self._doomed.add(node["metadata"]["name"])
                reconcilers.drain(world, self._hands, node)
        return dict(plan.reasons)


def _on_the_way(world: World, counts: Mapping[str, int], problems: Mapping[str, str]) -> bool:
    """Whether nodes that were decided are not there yet, but can be."""
    return any(scaling.count(world, name) < size for name, size in counts.items() if name not in problems)
