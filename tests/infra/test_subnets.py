"""How a network's addresses are divided."""

from __future__ import annotations

from ipaddress import IPv4Network
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra._subnets import parse, plan, zone_names


@given(prefix=st.integers(16, 22), place=st.integers(0, 255), zones=st.integers(2, 3))
def test_subnets_are_within_the_network_and_apart(prefix: int, place: int, zones: int) -> None:
    network = IPv4Network((f"10.{place}.0.0", prefix))
    planned = plan(str(network), "abc"[:zones])
    subnets = [IPv4Network(cidr) for zone in planned for cidr in (zone.private, zone.public, zone.control)]
    assert len(subnets) == 3 * zones
    assert all(subnet.subnet_of(network) for subnet in subnets)
    assert not any(one.overlaps(other) for one, other in combinations(subnets, 2))
    assert {IPv4Network(zone.private).num_addresses for zone in planned} == {network.num_addresses // 4}


@given(prefix=st.integers(16, 22))
def test_a_third_zone_renumbers_nothing(prefix: int) -> None:
    cidr = f"10.20.0.0/{prefix}"
    assert plan(cidr, ["a", "b", "c"])[:2] == plan(cidr, ["a", "b"])


@pytest.mark.parametrize(
    ("cidr", "message"),
    [
        (
            "10.20.0.0/24",
            "10.20.0.0/24 is too small for 3 zones: nodes and pods of a zone would have 59 addresses, and need at "
            "least 251; take /22 or larger, such as 10.20.0.0/22",
        ),
        (
            "10.20.5.64/31",
            "10.20.5.64/31 is too small for 3 zones: nodes and pods of a zone would have 0 addresses, and need at "
            "least 251; take /22 or larger, such as 10.20.4.0/22",
        ),
        ("10.0.0.0/8", "10.0.0.0/8 is larger than a VPC can be; the largest is /16, such as 10.0.0.0/16"),
        ("10.20.1.0/16", "10.20.1.0/16 is an address inside of a network; the network is 10.20.0.0/16"),
        ("10.20/16", "'10.20/16' is no IPv4 network; an example is 10.20.0.0/16"),
        (
            "8.8.0.0/16",
            "8.8.0.0/16 has addresses of the public internet; take a part of 10.0.0.0/8, 172.16.0.0/12, "
            "192.168.0.0/16, 100.64.0.0/10",
        ),
    ],
)
def test_what_is_no_network_for_a_vpc_is_told_with_what_would_be(cidr: str, message: str) -> None:
    with pytest.raises(ValueError, match=r".") as error:
        parse(cidr, 3)
    assert str(error.value) == message


def test_zones_are_those_that_accounts_see() -> None:
    assert zone_names("eu-west-1", 2) == ("eu-west-1a", "eu-west-1b")
    assert zone_names("ap-northeast-1", 3) == ("ap-northeast-1a", "ap-northeast-1c", "ap-northeast-1d")
    with pytest.raises(ValueError, match="accounts see different zones in us-west-1: say yours with `zoneNames`"):
        zone_names("us-west-1", 2)
