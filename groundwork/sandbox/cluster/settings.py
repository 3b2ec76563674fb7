"""What the simulation is told by the rest of the sandbox, and how fast it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from groundwork.sandbox.cluster.karpenter import Ground
from groundwork.sandbox.cluster.pools import ExistingCluster, NodePool
from groundwork.sandbox.cluster.world import HasIdentity


@dataclass(frozen=True)
class Pace:
    """Seconds."""

    gather: float = 0.05
    """To wait for more changes before looking."""
    rescale: float = 1.0
    """Between two steps of the autoscaler."""
    young: float = 12.0
    """For the scheduler to have looked at a new node: it waits up to 10 s before it tries a pod again."""
    scale_down: float | None = None
    """After which an empty node goes; None: never, as a rehearsal is shorter than the real delay."""
    resync: float = 60.0


@dataclass(frozen=True)
class Inputs:
    """What is known of the cloud."""

    identity: HasIdentity
    may_describe: HasIdentity
    pools: tuple[NodePool, ...] | None = None
    """Those without a fault; None: not told yet, so nodes that are there are kept."""
    existing: ExistingCluster | None = None
    faults: Mapping[str, str] = field(default_factory=dict)
    """By name of a pool of which there can be no nodes: why."""
    addons: frozenset[str] | None = None
    ground: Ground = field(default_factory=Ground)
    """What Karpenter would find in AWS."""

    @property
    def region(self) -> str | None:
        """Where the EKS cluster is; None where there is no pool of one."""
        return self.pools[0].region if self.pools else self.ground.region or None

    @property
    def cluster(self) -> str:
        """The EKS cluster's name."""
        return self.pools[0].cluster if self.pools else self.ground.cluster

    @property
    def wanted_addons(self) -> frozenset[str] | None:
        """All add-ons; None while it is not known which there are."""
        if self.existing is None:
            return self.addons
        return (self.addons or frozenset()) | self.existing.addons
