"""What a pool of nodes is: a managed node group on EKS, or the machines of a cluster that exists already."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

CapacityType = Literal["ON_DEMAND", "SPOT"]
Effect = Literal["NoSchedule", "PreferNoSchedule", "NoExecute"]


@dataclass(frozen=True)
class Taint:
    """A taint as Kubernetes has it."""

    key: str
    effect: Effect
    value: str = ""

    def manifest(self) -> dict[str, str]:
        """Return the entry of `spec.taints`."""
        return {
            "key": self.key,
            **({"value": self.value} if self.value else {}),
            "effect": self.effect,
        }


@dataclass(frozen=True)
class PoolSubnet:
    """Where nodes may stand: a zone (`eu-west-1a`) and the addresses there (`10.20.0.0/20`)."""

    zone: str
    cidr: str


@dataclass(frozen=True)
class NodePool:
    """Nodes of one shape that one Auto Scaling group keeps.

    `labels` and `taints` are those that the program gives, without what EKS adds. `tags` are those of the
    Auto Scaling group, by which the cluster-autoscaler finds it and learns what a node would be; `group_tags` are those
    of the node group, which stay there: it has to ask EKS for them.
    """

    name: str
    cluster: str
    region: str
    instance_types: tuple[str, ...]
    subnets: tuple[PoolSubnet, ...]
    desired: int
    minimum: int
    maximum: int
    capacity_type: CapacityType = "ON_DEMAND"
    ami_type: str = "AL2023_x86_64_STANDARD"
    labels: Mapping[str, str] = field(default_factory=dict)
    taints: tuple[Taint, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    group_tags: Mapping[str, str] = field(default_factory=dict)
    disk_gib: int = 20
    """EKS's default for a managed node group."""
    max_pods: int | None = None
    """As set by the launch template's user data; None: what EKS works out."""
    prefix_delegation: bool = False
    """Whether the VPC CNI gives nodes prefixes instead of single addresses."""
    efa: int = 0
    """Elastic Fabric Adapters of each node: as the launch template, or Karpenter, gives them."""
    provisioner: str = ""
    """For a NodePool of Karpenter: its EC2NodeClass; empty for a managed node group."""
    idle_seconds: float | None = None
    """After which Karpenter takes an empty node away; None: never, or not its to say."""


@dataclass(frozen=True)
class ExistingCluster:
    """What a cluster that is there already offers; by default as microk8s on three machines does."""

    nodes: int = 3
    vcpus: int = 8
    memory_gib: int = 32
    disk_gib: int = 200
    max_pods: int = 110
    gpus: int = 0
    """NVIDIA GPUs on each node, drivers included; they show once a device plugin runs."""
    labels: Mapping[str, str] = field(default_factory=lambda: {"microk8s.io/cluster": "true"})
    storage_class: str | None = "microk8s-hostpath"
    """The default StorageClass that is there already; None: there is none."""
    provisioner: str = "microk8s.io/hostpath"
    load_balancer: bool = True
    """Whether Services of type LoadBalancer get an address, as with MetalLB."""
    addons: frozenset[str] = frozenset({"coredns"})


def discovery_tags(cluster: str) -> dict[str, str]:
    """Return the tags that EKS itself puts on the Auto Scaling group of a managed node group.

    The tags of the node group are not carried over to the group, these two are:
    https://docs.aws.amazon.com/eks/latest/best-practices/cas.html
    """
    return {"k8s.io/cluster-autoscaler/enabled": "true", f"k8s.io/cluster-autoscaler/{cluster}": "owned"}
