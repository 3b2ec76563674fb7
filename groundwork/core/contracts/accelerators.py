"""What makes accelerators usable, and what a pod says to get one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from groundwork.core.contract import Contract
from groundwork.core.contracts.pools import ACCELERATOR_LABEL, NodePool, NodePools, Placement
from groundwork.core.errors import StackError, closest


@dataclass(frozen=True, kw_only=True)
class Accelerators(Contract):
    """Accelerators that a device plugin makes known to Kubernetes.

    Attributes:
        pools: those whose accelerators it makes known, each as plain data, so that it crosses stacks.
        namespace: where the device plugin runs.
    """

    pools: tuple[Mapping[str, Any], ...]
    namespace: str

    @classmethod
    def of(cls, pools: Sequence[NodePool], namespace: str) -> Self:
        """Return the contract over these pools."""
        return cls(pools=tuple(asdict(pool) for pool in pools), namespace=namespace)

    @property
    def all(self) -> tuple[NodePool, ...]:
        """The pools, typed."""
        return NodePools(pools=self.pools).all

    @property
    def names(self) -> tuple[str, ...]:
        """What can be asked for: pools and kinds of accelerators."""
        pools = self.all
        return tuple(sorted({pool.name for pool in pools} | {str(pool.accelerator) for pool in pools}))

    def placement(self, wanted: str, count: int = 1) -> Placement:
        """Return node selector, tolerations and resources of a pod that gets so many accelerators, or slices of one.

        Args:
            wanted: a pool ("gpu"), or a kind of accelerator ("nvidia-l4"), whichever pool has it.
            count: devices; slices, where the pool partitions its devices; 1, where its pods share a device.

        Raises:
            StackError: there is no such pool or accelerator, no node of it has as many, or pools of that kind differ in
                what a pod would have to request.
        """
        pools = self.all
        named = {pool.name: pool for pool in pools}
        if wanted in named:
            pool = named[wanted]
            _check(wanted, [pool], count)
            return pool.placement(count)
        found = [pool for pool in pools if pool.accelerator == wanted]
        if not found:
            raise StackError([self._unknown(wanted)])
        resources = sorted({str(pool.resource) for pool in found})
        if len(resources) > 1:
            names = " or ".join(pool.name for pool in found)
            raise StackError([f"accelerator {wanted!r} is there as {' and '.join(resources)}: name the pool, {names}"])
        _check(wanted, found, count)
        # Only where the node can give as many: two pools of one kind may have nodes of different sizes.
        large = [pool for pool in found if pool.requestable >= count]
        if len(large) == 1:
            return large[0].placement(count)
        tolerations = {tuple(sorted(t.items())): t for pool in large for t in pool.placement().tolerations}
        return Placement(
            node_selector={ACCELERATOR_LABEL: wanted},
            tolerations=tuple(tolerations.values()),
            resources={resources[0]: str(count)},
        )

    def _unknown(self, wanted: str) -> str:
        if not self.names:
            return (
                f"no accelerator {wanted!r}: no pool has any; give one to a pool: `pools: {{gpu: {{accelerator: …}}}}`"
            )
        return f"no accelerator {wanted!r}; {closest(wanted, self.names)}"


def _check(wanted: str, pools: Sequence[NodePool], count: int) -> None:
    most = max(pool.requestable for pool in pools)
    if 1 <= count <= most:
        return
    what = pools[0].resource
    if count < 1:
        raise StackError([f"{count} of {wanted!r}: ask for 1 at least"])
    if any(pool.sharing in ("timeSlicing", "mps") for pool in pools):
        raise StackError([f"{count} of {wanted!r}: its pods share a GPU, and a second {what} gives no more; ask for 1"])
    raise StackError([f"{count} of {wanted!r}: a node of {_names(pools)} has {most} {what}"])


def _names(pools: Sequence[NodePool]) -> str:
    return " and ".join(sorted(pool.name for pool in pools))


@dataclass(frozen=True, kw_only=True)
class Adapters(Contract):
    """Network adapters that pods can ask for, where a pool has some: for training on many nodes.

    Attributes:
        resource: what a pod requests: "vpc.amazonaws.com/efa".
    """

    resource: str
