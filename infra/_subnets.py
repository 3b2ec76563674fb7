"""How a network's addresses are divided: plain arithmetic."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network

MAX_ZONES = 3
LARGEST, SMALLEST = 16, 22
# Five addresses of each subnet are AWS's own: https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
_RESERVED = 5
# Sixteen addresses, which is what EKS recommends for its control plane alone:
# https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html
_CONTROL = 28
_NOT_ROUTED = tuple(IPv4Network(cidr) for cidr in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"))
# The range of carriers: AWS lets every VPC have it beside its own, and companies route it nowhere.
_CARRIERS = _NOT_ROUTED[-1]
# Pods get addresses in blocks of this size: prefix delegation of the VPC CNI.
PREFIX = 16

# Where accounts do not see the zones a, b and c. Elsewhere those three exist.
_ZONE_LETTERS = {"ap-northeast-1": "acd", "ca-central-1": "abd"}
# Which two of the three zones an account sees is not the same for each.
_UNKNOWN_ZONES = ("us-west-1",)


@dataclass(frozen=True)
class ZoneSubnets:
    """The subnets of one zone."""

    zone: str
    private: str
    public: str
    control: str


def parse(cidr: str, zones: int) -> IPv4Network:
    """Return the network that `cidr` says.

    Raises:
        ValueError: it is no network, not private, or not of a size that AWS, nodes and pods can use.
    """
    try:
        network = IPv4Network(cidr)
    except ValueError:
        raise ValueError(_not_a_network(cidr)) from None
    if not any(network.subnet_of(private) for private in _NOT_ROUTED):
        valid = ", ".join(str(private) for private in _NOT_ROUTED)
        raise ValueError(f"{cidr} has addresses of the public internet; take a part of {valid}")
    if network.prefixlen < LARGEST:
        fits = f"{network.network_address}/{LARGEST}"
        raise ValueError(f"{cidr} is larger than a VPC can be; the largest is /{LARGEST}, such as {fits}")
    if network.prefixlen > SMALLEST:
        left = max(0, 2 ** (32 - network.prefixlen - 2) - _RESERVED)
        smallest = network.supernet(new_prefix=SMALLEST)
        raise ValueError(
            f"{cidr} is too small for {zones} zones: nodes and pods of a zone would have {left} addresses, and need at "
            f"least 251; take /{SMALLEST} or larger, such as {smallest}"
        )
    return network


def _not_a_network(cidr: str) -> str:
    try:
        inside = IPv4Network(cidr, strict=False)
    except ValueError:
        return f"{cidr!r} is no IPv4 network; an example is 10.20.0.0/16"
    return f"{cidr} is an address inside of a network; the network is {inside}"


def plan(cidr: str, zones: Sequence[str]) -> tuple[ZoneSubnets, ...]:
    """Divide `cidr` into a private and a public subnet a zone.

    A quarter of the network is each zone's private subnet; the public ones are a sixteenth each of the last quarter,
    and sixteen addresses each of its next sixteenths are the control plane's. The place of a zone does not depend on
    how many there are, so a third one renumbers nothing, and more than half of the last quarter stays free.
    """
    network = parse(cidr, len(zones))
    *private, last = network.subnets(prefixlen_diff=2)
    parts = list(last.subnets(prefixlen_diff=4))
    control = [IPv4Network((part.network_address, _CONTROL)) for part in parts[4:]]
    return tuple(ZoneSubnets(zone, str(private[i]), str(parts[i]), str(control[i])) for i, zone in enumerate(zones))


def parse_pods(cidr: str, beside: str) -> IPv4Network:
    """Return the network of pods that `cidr` says, which a VPC has beside `beside`.

    Which ranges AWS lets a VPC have together:
    https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html#add-cidr-block-restrictions

    Raises:
        ValueError: as `parse`, or AWS would not take both.
    """
    network, first = parse(cidr, MAX_ZONES), IPv4Network(beside)
    if network.overlaps(first):
        raise ValueError(f"{cidr} overlaps the network's {beside}; take one outside of it, such as {_beside(first)}")
    if not network.subnet_of(_CARRIERS) and not any(network.subnet_of(r) and first.subnet_of(r) for r in _NOT_ROUTED):
        raise ValueError(f"no VPC can have {beside} and {cidr} together; take a part of {_CARRIERS}")
    return network


def _beside(first: IPv4Network) -> IPv4Network:
    return next(n for n in _CARRIERS.subnets(new_prefix=LARGEST) if not n.overlaps(first))


def plan_pods(cidr: str, zones: Sequence[str]) -> tuple[str, ...]:
    """Return the subnet of each zone's pods: a quarter each, whatever the number of zones."""
    quarters = IPv4Network(cidr).subnets(prefixlen_diff=2)
    return tuple(str(quarter) for _, quarter in zip(zones, quarters, strict=False))


def pod_blocks(cidrs: Sequence[str]) -> int:
    """Return how many blocks of sixteen addresses subnets have for pods, at most.

    AWS's own addresses take the first block of each subnet and the last.
    """
    return sum(max(0, IPv4Network(cidr).num_addresses // PREFIX - 2) for cidr in cidrs)


def zone_names(region: str, count: int) -> tuple[str, ...]:
    """Return the names of a region's first zones, as most accounts see them.

    Raises:
        ValueError: accounts differ in this region.
    """
    if region in _UNKNOWN_ZONES:
        raise ValueError(
            f"accounts see different zones in {region}: say yours with `zoneNames`, as "
            f"`aws ec2 describe-availability-zones --region {region}` lists them"
        )
    return tuple(region + letter for letter in _ZONE_LETTERS.get(region, "abc")[:count])


def zone_problems(key: str, names: Iterable[str], region: str) -> list[str]:
    """Return a sentence for each name that no zone of a region can have; `key` is where they were given."""
    return [
        f"{key}: {name!r} is no zone of {region}; an example is {region}a"
        for name in names
        if name[:-1] != region or not name[-1:].islower()
    ]


def overlap(one: str, other: str) -> bool:
    """Tell whether two networks have an address in common."""
    return IPv4Network(one).overlaps(IPv4Network(other))
