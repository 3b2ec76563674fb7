"""Groups of nodes of one shape, and how a pod asks for one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from groundwork.core.contract import Contract
from groundwork.core.errors import StackError, closest

POOL_LABEL = "groundwork.example/pool"
ACCELERATOR_LABEL = "groundwork.example/accelerator"
ADAPTER_LABEL = "groundwork.example/adapter"
PURPOSE_LABEL = "groundwork.example/purpose"
"""What a pool is for: of the pool itself where nodes are made one by one, else of its nodes."""
DEVICE_LABEL = "groundwork.example/device"
"""Of a node whose accelerators are no GPUs: what they are, "neuron"."""

Sharing = Literal["timeSlicing", "mps", "mig"]


@dataclass(frozen=True)
class Taint:
    """Keeps pods away that do not tolerate it. `effect` is NoSchedule, NoExecute or PreferNoSchedule."""

    key: str
    value: str
    effect: str


@dataclass(frozen=True)
class Placement:
    """What a pod says to land on a pool."""

    node_selector: Mapping[str, str]
    tolerations: tuple[Mapping[str, str], ...]
    resources: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class NodePool:
    """One pool.

    Attributes:
        accelerator: such as "nvidia-l4", None for a pool without.
        resource: what a pod requests of it: "nvidia.com/gpu", "nvidia.com/gpu.shared" or "nvidia.com/mig-1g.10gb"; None
            for a pool without.
        accelerators: how many one node has: devices, not slices.
        sharing: how several pods share a device, None where each has its own.
        slices: how many pods share one.
        driver: whether the nodes' image brings the driver and the container toolkit.
        labels: on each node.
        taints: on each node.
        adapters: how many network adapters for training on many nodes one node has.
        spot_first: whether nodes are spot capacity where there is any, and on demand where there is none.
        grouped: whether an autoscaler sizes it as a group; else who makes its nodes does so by itself.
    """

    name: str
    minimum: int
    maximum: int
    labels: Mapping[str, str]
    taints: tuple[Taint, ...] = ()
    accelerator: str | None = None
    resource: str | None = None
    accelerators: int = 0
    sharing: Sharing | None = None
    slices: int = 1
    driver: bool = True
    adapters: int = 0
    spot_first: bool = False
    grouped: bool = True

    @property
    def requestable(self) -> int:
        """The most that one pod can request of `resource`.

        A second time slice is no second share of the GPU: the device plugin refuses it.
        https://github.com/NVIDIA/k8s-device-plugin/tree/v0.20.0#with-cuda-time-slicing
        """
        if self.sharing in ("timeSlicing", "mps"):
            return min(1, self.accelerators)
        return self.accelerators * self.slices

    @property
    def room(self) -> str:
        """The most that one pod can request, as messages tell it."""
        if self.sharing in ("timeSlicing", "mps"):
            return f"pods of the pool {self.name!r} share a GPU, and a second slice of it gives no more: ask for 1"
        return f"a node of the pool {self.name!r} has {self.requestable}"

    def placement(self, accelerators: int = 0) -> Placement:
        """Return what a pod says to land here with so many accelerators."""
        return Placement(
            node_selector={POOL_LABEL: self.name},
            tolerations=tuple(
                {"key": t.key, "operator": "Equal", "value": t.value, "effect": t.effect} for t in self.taints
            ),
            resources={self.resource: str(accelerators)} if self.resource and accelerators else {},
        )


@dataclass(frozen=True, kw_only=True)
class NodePools(Contract):
    """The pools of a cluster. `pools` holds each as plain data, so that it crosses stacks."""

    pools: tuple[Mapping[str, Any], ...]

    @property
    def all(self) -> tuple[NodePool, ...]:
        """The pools, typed."""
        return tuple(
            NodePool(**{**pool, "taints": tuple(Taint(**taint) for taint in pool.get("taints", ()))})
            for pool in self.pools
        )

    def pool(self, name: str) -> NodePool:
        """Return one pool.

        Raises:
            StackError: where there is none of that name.
        """
        found = {pool.name: pool for pool in self.all}
        if name not in found:
            raise StackError([f"no pool {name!r}; {closest(name, found)}"])
        return found[name]

    @property
    def with_accelerators(self) -> tuple[NodePool, ...]:
        """The pools whose nodes have accelerators."""
        return tuple(pool for pool in self.all if pool.accelerator is not None)
