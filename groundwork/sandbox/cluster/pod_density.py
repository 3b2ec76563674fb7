"""How many pods EKS allows on a node."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_MANY_VCPUS = 30
_CAP_FEW_VCPUS = 110
_CAP_MANY_VCPUS = 250
_ADDRESSES_IN_A_PREFIX = 16
_HOST_NETWORK_PODS = 2  # aws-node and kube-proxy use the node's own address


@dataclass(frozen=True)
class NetworkLimits:
    """Network interfaces of an instance type's default network card, and the IPv4 addresses of each."""

    interfaces: int
    addresses: int


def max_pods(instance_type: str, vcpus: int, *, prefix_delegation: bool = False) -> int:
    """Return `maxPods` of a managed node group's node that has no launch template of its own.

    Interfaces times their secondary addresses, plus two; with prefix delegation each secondary address is a
    prefix of 16. Never more than 110, or 250 from 30 vCPUs on, which is also the answer where the limits of a
    type are not known. Sources: `nodeadm/internal/kubelet/eni_max_pods.go` of awslabs/amazon-eks-ami and
    https://docs.aws.amazon.com/eks/latest/userguide/choosing-instance-type.html
    """
    cap = _CAP_FEW_VCPUS if vcpus < _MANY_VCPUS else _CAP_MANY_VCPUS
    limits = network_limits().get(instance_type)
    if limits is None:
        return cap
    each = (limits.addresses - 1) * (_ADDRESSES_IN_A_PREFIX if prefix_delegation else 1)
    return min(cap, limits.interfaces * each + _HOST_NETWORK_PODS)


@cache
def network_limits() -> dict[str, NetworkLimits]:
    """Return the limits by instance type, from the answers of DescribeInstanceTypes that moto carries."""
    # Found, not imported: importing moto takes longer than all the rest.
    spec = find_spec("moto")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("moto is not installed: uv sync --group sandbox", name="moto")
    folder = Path(spec.submodule_search_locations[0])
    packed = (folder / "ec2" / "resources" / "instance_types.json.gz").read_bytes()
    described: dict[str, dict[str, Any]] = json.loads(gzip.decompress(packed))
    return {name: _limits(facts["NetworkInfo"]) for name, facts in described.items() if "NetworkInfo" in facts}


def _limits(network: dict[str, Any]) -> NetworkLimits:
    # Only the default card's interfaces count: an instance with many cards has far more in all.
    cards = network.get("NetworkCards") or [network]
    card = cards[network.get("DefaultNetworkCardIndex", 0)]
    return NetworkLimits(interfaces=card["MaximumNetworkInterfaces"], addresses=network["Ipv4AddressesPerInterface"])
