"""Addresses for as many pods as the pools' nodes can hold."""

from __future__ import annotations

import pytest

from groundwork.core.errors import StackError
from infra._subnets import pod_blocks
from tests.infra.stacks import build


def test_awss_own_addresses_cost_two_blocks_a_subnet() -> None:
    assert pod_blocks(["10.0.0.0/24", "10.0.1.0/24"]) == 28
    assert pod_blocks(["10.0.0.0/28"]) == 0


def test_a_network_too_small_for_the_pods_asked_for_is_refused_with_both_numbers() -> None:
    with pytest.raises(StackError) as error:
        build(network={"podCidr": "100.64.0.0/22"}, eks={}, pools={"general": {"max": 20}})
    assert error.value.problems == (
        "pools: up to 24 nodes hold up to 2640 pods, which need 3072 addresses in blocks of 16, and the network's "
        "pods' subnets (100.64.0.0/24, 100.64.1.0/24) have 448: take a `podCidr` of /19 or larger, or lower `max` of "
        "the pools",
    )


def test_without_subnets_of_their_own_pods_need_room_beside_the_nodes() -> None:
    with pytest.raises(StackError) as error:
        build(network={"cidr": "10.20.0.0/22", "podCidr": None}, eks={}, pools={})
    assert "the network's private subnets (10.20.0.0/24, 10.20.1.0/24) have 448" in str(error.value)


def test_what_no_network_holds_is_told_so() -> None:
    with pytest.raises(StackError) as error:
        build(network={}, eks={}, pools={"general": {"max": 9000}})
    assert "more than any `podCidr` has, or lower `max` of the pools" in str(error.value)


def test_large_machines_hold_more_pods() -> None:
    with pytest.raises(StackError) as error:
        build(network={}, eks={}, pools={"general": {"instanceTypes": ["m7i.8xlarge"], "max": 200}})
    assert "up to 204 nodes hold up to 50440 pods" in str(error.value)
