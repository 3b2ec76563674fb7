"""How long nodes have been as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from groundwork.sandbox.cluster.marks import Object, is_simulated, owner_kind
from groundwork.sandbox.cluster.pools import NodePool
from groundwork.sandbox.cluster.scaling import pool_of
from groundwork.sandbox.cluster.world import NODE, World, is_ready


class Youth:
    """Remembers when each node last changed what it offers, and since when it is empty."""

    def __init__(self, seconds: float) -> None:
        """Call a node young for so long."""
        self._seconds = seconds
        self._offers: dict[str, tuple[object, float]] = {}
        self._empty_since: dict[str, float] = {}
        self._first_look = True

    def look(self, world: World, now: float) -> set[str]:
        """Return the nodes that are young; those that were there at the first look are not."""
        seen: dict[str, tuple[object, float]] = {}
        for node in world.all(NODE):
            if not is_simulated(node):
                continue
            name = node["metadata"]["name"]
            offer = (is_ready(node), (node.get("status") or {}).get("allocatable"))
            before = self._offers.get(name)
            if before is not None and before[0] == offer:
                seen[name] = before
            else:
                seen[name] = (offer, now - self._seconds if self._first_look else now)
        self._offers = seen
        self._first_look = False
        return {name for name, (_, since) in seen.items() if now - since < self._seconds}

    def idle(
        self, world: World, pools: Sequence[NodePool], counts: Mapping[str, int], now: float, after: Mapping[str, float]
    ) -> list[Object]:
        """Return nodes that were empty for as long as their pool says, and that its minimum can spare.

        Args:
            after: seconds by pool; a pool that is not named keeps its nodes.
        """
        bound = world.pods_by_node()
        minimum = {pool.name: pool.minimum for pool in pools}
        left = dict(counts)
        result = []
        empty: dict[str, float] = {}
        for node in world.all(NODE):
            name, pool = node["metadata"]["name"], pool_of(node)
            if pool not in minimum or any(owner_kind(pod) != "DaemonSet" for pod in bound.get(name, ())):
                continue
            empty[name] = self._empty_since.get(name, now)
            if pool in after and now - empty[name] >= after[pool] and left.get(pool, 0) > minimum[pool]:
                left[pool] -= 1
                result.append(node)
        self._empty_since = empty
        return result
