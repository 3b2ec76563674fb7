"""Whether a network has addresses for the pods that its nodes can hold: plain arithmetic."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from groundwork.data.instance_types import instance_type
from infra._subnets import LARGEST, PREFIX, pod_blocks
from infra.network import VpcNetwork

# What EKS allows on a node whose addresses come in blocks, by its CPUs:
# https://docs.aws.amazon.com/eks/latest/userguide/cni-increase-ip-addresses-procedure.html
_FEW_CPUS, _PODS_FEW, _PODS_MANY = 30, 110, 250


@dataclass(frozen=True)
class Nodes:
    """Nodes of one shape: at most `maximum`."""

    instance_type: str
    maximum: int

    @property
    def pods(self) -> int:
        """The most that one of them holds."""
        return _PODS_FEW if (instance_type(self.instance_type).vcpus or 0) < _FEW_CPUS else _PODS_MANY


def problems(name: str, network: VpcNetwork, nodes: Iterable[Nodes]) -> list[str]:
    """Return a sentence where the pods of these nodes would find no address.

    Each node keeps one block more than its pods fill, so that the next pod does not wait.

    Args:
        name: of the component whose nodes they are.
    """
    all_of_them = list(nodes)
    pods = sum(n.maximum * n.pods for n in all_of_them)
    needed = sum(n.maximum * (-(-n.pods // PREFIX) + 1) for n in all_of_them)
    subnets = network.pod_cidrs or network.private_cidrs
    have = pod_blocks(subnets)
    if needed <= have:
        return []
    count = sum(n.maximum for n in all_of_them)
    where = "pods'" if network.pod_cidrs else "private"
    fits = _fitting(needed, len(network.zones))
    remedy = f"take a `podCidr` of /{fits} or larger" if fits else "more than any `podCidr` has"
    return [
        f"{name}: up to {count} nodes hold up to {pods} pods, which need {needed * PREFIX} addresses in blocks of "
        f"{PREFIX}, and the network's {where} subnets ({', '.join(subnets)}) have {have * PREFIX}: {remedy}, or lower "
        "`max` of the pools"
    ]


def _fitting(blocks: int, zones: int) -> int | None:
    """Return the smallest network, as its prefix's length, whose quarters hold so many blocks in these zones."""
    sizes = range(28, LARGEST - 1, -1)
    return next((size for size in sizes if zones * ((1 << (32 - size)) // 4 // PREFIX - 2) >= blocks), None)
