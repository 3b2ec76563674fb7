"""How a network's addresses are divided: plain arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network

MAX_ZONES = 3
LARGEST, SMALLEST = 16, 22
# Five addresses of each subnet are AWS's own: https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
_RESERVED = 5
_NOT_ROUTED = tuple(IPv4Network(cidr) for cidr in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"))

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

    A quarter of the network is each zone's private subnet; the public ones are a sixteenth each of the quarter's last
    quarter. The place of a zone does not depend on how many there are, so a third one renumbers nothing, and three
    quarters of the last quarter stay free.
    """
    network = parse(cidr, len(zones))
    *private, last = network.subnets(prefixlen_diff=2)
    public = list(last.subnets(prefixlen_diff=4))
    return tuple(ZoneSubnets(zone, str(private[i]), str(public[i])) for i, zone in enumerate(zones))


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


def overlap(one: str, other: str) -> bool:
    """Tell whether two networks have an address in common."""
    return IPv4Network(one).overlaps(IPv4Network(other))
