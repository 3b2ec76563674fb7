"""What a node has, and what of it is left for pods."""

from __future__ import annotations

from dataclasses import dataclass

from groundwork.data.instance_types import instance_type
from groundwork.sandbox.cluster.pod_density import max_pods
from groundwork.sandbox.cluster.pools import ExistingCluster, NodePool

_MEMORY_OVERHEAD = 0.075
"""What kernel and hypervisor keep of an instance's memory: Karpenter's default `vmMemoryOverheadPercent`."""
_EVICTION_MIB = 100
_EVICTION_DISK = 0.10
_DISK_RESERVED_MIB = 1024


class NoShapeError(ValueError):
    """AWS publishes neither vCPUs nor memory of this instance type."""

    def __init__(self, pool: str, name: str) -> None:
        """Name the pool and the type."""
        super().__init__(
            f"pool {pool!r}: the shape of instance type {name!r} is not known (AWS no longer describes it); "
            "choose a current one, such as m7i.large"
        )


@dataclass(frozen=True)
class Capacity:
    """Amounts in millicores and MiB: of the machine, and of that what pods may have."""

    cpu_millis: int
    memory_mib: int
    disk_mib: int
    pods: int
    allocatable_cpu_millis: int
    allocatable_memory_mib: int
    allocatable_disk_mib: int

    def capacity(self) -> dict[str, str]:
        """Return `status.capacity`."""
        return _resource_list(self.cpu_millis, self.memory_mib, self.disk_mib, self.pods)

    def allocatable(self) -> dict[str, str]:
        """Return `status.allocatable`."""
        return _resource_list(
            self.allocatable_cpu_millis, self.allocatable_memory_mib, self.allocatable_disk_mib, self.pods
        )


def of_pool(pool: NodePool) -> Capacity:
    """Return the capacity of a managed node group's nodes.

    As `nodeadm/internal/kubelet/config.go` of awslabs/amazon-eks-ami reserves it, and Bottlerocket likewise.

    Raises:
        UnknownInstanceTypeError: there is no such instance type.
        NoShapeError: its shape is not known.
    """
    kind = instance_type(pool.instance_types[0])
    if kind.vcpus is None or kind.memory_gib is None:
        raise NoShapeError(pool.name, kind.name)
    pods = pool.max_pods or max_pods(kind.name, kind.vcpus, prefix_delegation=pool.prefix_delegation)
    memory = int(kind.memory_gib * 1024 * (1 - _MEMORY_OVERHEAD))
    disk = pool.disk_gib * 1024
    return Capacity(
        cpu_millis=kind.vcpus * 1000,
        memory_mib=memory,
        disk_mib=disk,
        pods=pods,
        allocatable_cpu_millis=kind.vcpus * 1000 - reserved_cpu_millis(kind.vcpus),
        allocatable_memory_mib=memory - reserved_memory_mib(pods) - _EVICTION_MIB,
        allocatable_disk_mib=disk - _DISK_RESERVED_MIB - int(disk * _EVICTION_DISK),
    )


def of_existing(spec: ExistingCluster) -> Capacity:
    """Return the capacity of a machine where the kubelet reserves nothing, as microk8s leaves it."""
    memory, disk = spec.memory_gib * 1024, spec.disk_gib * 1024
    return Capacity(
        cpu_millis=spec.vcpus * 1000,
        memory_mib=memory,
        disk_mib=disk,
        pods=spec.max_pods,
        allocatable_cpu_millis=spec.vcpus * 1000,
        allocatable_memory_mib=memory - _EVICTION_MIB,
        allocatable_disk_mib=disk - int(disk * _EVICTION_DISK),
    )


def reserved_cpu_millis(vcpus: int) -> int:
    """Return 6 % of the first core, 1 % of the second, 0.5 % of the next two and 0.25 % of each more."""
    bands = ((1000, 600), (2000, 100), (4000, 50), (vcpus * 1000, 25))
    reserved, start, whole = 0, 0, vcpus * 1000
    for end, per_ten_thousand in bands:
        if whole > start:
            reserved += (min(whole, end) - start) * per_ten_thousand // 10_000
        start = end
    return reserved


def reserved_memory_mib(pods: int) -> int:
    """Return what the kubelet's part takes: it grows with the pods allowed, not with the memory."""
    return 11 * pods + 255


def _resource_list(cpu_millis: int, memory_mib: int, disk_mib: int, pods: int) -> dict[str, str]:
    return {
        "cpu": f"{cpu_millis}m" if cpu_millis % 1000 else str(cpu_millis // 1000),
        "memory": f"{memory_mib * 1024}Ki",
        "ephemeral-storage": f"{disk_mib * 1024}Ki",
        "pods": str(pods),
    }
