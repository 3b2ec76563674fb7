"""Capacity of managed pools: spot with what takes over, reservations and blocks, adapters close together."""

from __future__ import annotations

from typing import Any

import pytest

from groundwork.core.contracts import NodePools
from groundwork.core.errors import StackError
from groundwork.data.efa import efa_interfaces
from groundwork.data.instance_types import instance_type, instance_types
from groundwork.testing import Graph
from tests.infra.stacks import build

NODES = "aws:eks/nodeGroup:NodeGroup"
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
RESERVATION = {"id": "cr-0a1", "zone": "eu-west-1b", "instanceType": "p5.48xlarge", "count": 2}
BLOCK = {**RESERVATION, "blockEnds": "2999-01-31T11:30:00Z"}
H100 = {"instanceTypes": ["p5.48xlarge"], "max": 2}


def pools(**config: Any) -> Graph:
    return build(network={}, eks={}, pools=config)


def group(graph: Graph, name: str) -> dict[str, Any]:
    return graph.one(NODES, f"pools-{name}").inputs


def template(graph: Graph, name: str) -> dict[str, Any]:
    return graph.one(TEMPLATE, f"pools-{name}").inputs


def test_spot_has_several_types_to_choose_from() -> None:
    given = group(pools(batch={"capacity": "spot"}), "batch")["instanceTypes"]
    assert given[0] == "m7i.xlarge"
    assert len(given) == 6
    shapes = {(t.vcpus, t.memory_gib, t.architecture, t.accelerator) for t in map(instance_type, given)}
    assert len(shapes) == 1, "the autoscaler takes all nodes of a group for equal"
    assert group(pools(batch={"capacity": "spot", "instanceTypes": ["m6i.large"]}), "batch")["instanceTypes"] == [
        "m6i.large"
    ]


def test_what_spot_lacks_comes_on_demand_from_a_second_group() -> None:
    graph = pools(batch={"capacity": "spotFirst", "min": 1, "max": 9})
    spot, other = group(graph, "batch-spot"), group(graph, "batch")
    assert (spot["capacityType"], other["capacityType"]) == ("SPOT", "ON_DEMAND")
    assert spot["labels"] == other["labels"] == {"groundwork.example/pool": "batch"}, "for pods they are one pool"
    assert (spot["scalingConfig"]["minSize"], other["scalingConfig"]["minSize"]) == (1, 0)
    assert spot["nodeGroupName"].startswith("batch-spot-"), "by this name the autoscaler asks it first"
    assert NodePools(pools=graph.outputs["pools.pools"]).pool("batch").spot_first


def test_a_reservation_is_the_target_of_its_nodes_in_its_zone() -> None:
    graph = pools(train={**H100, "reservation": RESERVATION})
    assert template(graph, "train")["capacityReservationSpecification"] == {
        "capacityReservationTarget": {"capacityReservationId": "cr-0a1"}
    }
    assert "instanceMarketOptions" not in template(graph, "train")
    assert group(graph, "train")["capacityType"] == "ON_DEMAND"
    assert group(graph, "train")["subnetIds"] == ["network-private-eu-west-1b-id"]


def test_a_capacity_block_is_a_market_of_its_own() -> None:
    graph = pools(train={**H100, "reservation": BLOCK})
    assert template(graph, "train")["instanceMarketOptions"] == {"marketType": "capacity-block"}
    assert template(graph, "train")["instanceType"] == "p5.48xlarge"
    inputs = group(graph, "train")
    assert inputs["capacityType"] == "CAPACITY_BLOCK"
    assert "instanceTypes" not in inputs, "EKS takes the type from the template alone"


def test_adapters_are_on_every_network_card_and_close_together() -> None:
    graph = pools(train={**H100, "efa": True})
    inputs = template(graph, "train")
    cards = inputs["networkInterfaces"]
    assert len(cards) == 32
    assert [(c["networkCardIndex"], c["deviceIndex"]) for c in cards[:3]] == [(0, 0), (1, 1), (2, 1)]
    assert {c["interfaceType"] for c in cards} == {"efa"}
    assert cards[0]["securityGroups"] == ["sg-cluster", "pools-train-efa-id"]
    placement = graph.one("aws:ec2/placementGroup:PlacementGroup")
    assert placement.inputs["strategy"] == "cluster"
    assert inputs["placement"] == {"groupName": placement.inputs["name"]}
    assert group(graph, "train")["subnetIds"] == ["network-private-eu-west-1a-id"]
    assert (
        group(graph, "train")["tags"]["k8s.io/cluster-autoscaler/node-template/resources/vpc.amazonaws.com/efa"] == "32"
    )
    assert placement.urn in graph.before(graph.one(NODES, "pools-train"))


@pytest.mark.parametrize("reservation", [RESERVATION, BLOCK])
def test_reserved_machines_are_asked_for_in_no_other_placement_group(reservation: dict[str, Any]) -> None:
    """EC2 has none of them in a group that they were not reserved in."""
    graph = pools(train={**H100, "efa": True, "reservation": reservation})
    inputs = template(graph, "train")
    assert len(inputs["networkInterfaces"]) == 32
    assert "placement" not in inputs
    assert graph.of("aws:ec2/placementGroup:PlacementGroup") == []


@pytest.mark.parametrize("efa", [True, False])
def test_what_is_reserved_in_a_placement_group_is_asked_for_there(efa: bool) -> None:
    graph = pools(train={**H100, "efa": efa, "reservation": {**RESERVATION, "placementGroup": "close"}})
    assert template(graph, "train")["placement"] == {"groupName": "close"}
    assert graph.of("aws:ec2/placementGroup:PlacementGroup") == []


def test_adapters_reach_only_one_another() -> None:
    graph = pools(train={**H100, "efa": True})
    for kind in ("Ingress", "Egress"):
        rule = graph.one(f"aws:vpc/securityGroup{kind}Rule:SecurityGroup{kind}Rule", "pools-train-efa").inputs
        assert rule["securityGroupId"] == rule["referencedSecurityGroupId"] == "pools-train-efa-id"
        assert rule["ipProtocol"] == "-1"


def test_a_pool_can_be_of_one_zone() -> None:
    assert group(pools(near={"zone": "eu-west-1b"}), "near")["subnetIds"] == ["network-private-eu-west-1b-id"]


def test_a_group_keeps_its_name_where_nothing_new_is_said() -> None:
    """Names as they were before pools had zones, reservations and adapters: another one would replace all nodes."""
    graph = pools(gpu={"accelerator": "nvidia-l4", "max": 4})
    assert (group(graph, "general")["nodeGroupName"], group(graph, "gpu")["nodeGroupName"]) == (
        "general-3ee192",
        "gpu-767430",
    )


def test_the_table_of_adapters_and_that_of_types_agree() -> None:
    known = {name: efa_interfaces(machine) for name, machine in instance_types().items() if machine.efa}
    assert known["g6.8xlarge"] == 1
    assert known["p4d.24xlarge"] == 4
    assert known["p5.48xlarge"] == 32
    assert efa_interfaces(instance_type("m7i.large")) == 0


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        (
            {"train": {**H100, "capacity": "spot", "reservation": BLOCK}},
            "pools.train: capacity is spot, and cr-0a1 is a capacity block: leave one of the two out",
        ),
        (
            {"train": {**H100, "capacity": "spotFirst", "reservation": RESERVATION}},
            "pools.train: capacity is spot, and cr-0a1 is a capacity reservation: leave one of the two out",
        ),
        (
            {"train": {"instanceTypes": ["p4d.24xlarge"], "max": 2, "reservation": RESERVATION}},
            "pools.train: reservation.instanceType: cr-0a1 is for p5.48xlarge, and the pool is of p4d.24xlarge: set "
            "instanceTypes: [p5.48xlarge]",
        ),
        (
            {"train": {**H100, "max": 3, "reservation": BLOCK}},
            "pools.train: max is 3, and cr-0a1 has 2: a capacity block has no more",
        ),
        (
            {"train": {**H100, "max": 3, "reservation": RESERVATION}},
            "pools.train.max is 3, and cr-0a1 has 2: a node group takes machines from there alone; set max: 2, and let "
            "others come on demand in a pool of their own",
        ),
        (
            {"train": {**H100, "reservation": {**BLOCK, "placementGroup": "close"}}},
            "pools.train: reservation.placementGroup: cr-0a1 is a capacity block, whose machines are close together by "
            "themselves: leave it out",
        ),
        (
            {"train": {"instanceTypes": ["trn1.32xlarge", "trn1n.32xlarge"], "max": 2, "efa": True}},
            "pools.train: efa: one launch template is for all types of a pool, and trn1.32xlarge has 8, trn1n.32xlarge "
            "has 16 adapters; make two pools",
        ),
        (
            {"cut": {"instanceTypes": ["p4d.24xlarge", "p4de.24xlarge"], "max": 1, "sharing": {"mig": "1g.5gb"}}},
            "pools.cut: p4d.24xlarge has 40 GiB on each accelerator, and p4de.24xlarge 80 GiB on each accelerator: the "
            "types of one pool must be alike; make two pools",
        ),
        (
            {"train": {**H100, "reservation": {**BLOCK, "blockEnds": "2020-01-31T11:30:00Z"}}},
            "pools.train: reservation.blockEnds: cr-0a1 ended on 2020-01-31 11:30: name another one, or leave the pool "
            "out",
        ),
        (
            {"train": {**H100, "reservation": {**RESERVATION, "zone": "eu-west-1z"}}},
            "pools.train.reservation.zone: cr-0a1 is in eu-west-1z, and the network in eu-west-1a, eu-west-1b: no node "
            "could be there",
        ),
        (
            {"train": {**H100, "zone": "eu-west-1a", "reservation": RESERVATION}},
            "pools.train: zone is eu-west-1a, and cr-0a1 is in eu-west-1b",
        ),
        (
            {"near": {"zone": "eu-west-1z"}},
            "pools.near.zone: 'eu-west-1z' is none of the network's; did you mean 'eu-west-1b'? valid: "
            "eu-west-1a, eu-west-1b",
        ),
        (
            {"train": {"accelerator": "nvidia-l4", "max": 2, "efa": True}},
            "pools.train: efa: g6.xlarge can have no Elastic Fabric Adapter; with nvidia-l4 these can: g6.8xlarge, "
            "gr6.8xlarge, g6.16xlarge, g6.12xlarge, g6.24xlarge, g6.48xlarge",
        ),
        (
            {"work": {"efa": True}},
            "pools.work: efa: name instanceTypes or an accelerator: not every machine can have adapters",
        ),
        (
            {"train": {"instanceTypes": ["p6-b300.48xlarge"], "max": 2, "efa": True}},
            "pools.train: efa: which network cards of p6-b300.48xlarge take adapters is not known here; leave efa out",
        ),
        (
            {"work-spot": {}},
            "pools.work-spot: 'work-spot' ends as the first group of a spotFirst pool does: choose another name",
        ),
    ],
)
def test_what_cannot_be_had_is_told_with_what_could(config: dict[str, Any], problem: str) -> None:
    with pytest.raises(StackError) as error:
        pools(**config)
    assert problem in str(error.value)


def test_what_is_wrong_with_several_pools_is_told_at_once() -> None:
    with pytest.raises(StackError) as error:
        pools(
            train={**H100, "capacity": "spot", "reservation": BLOCK},
            near={"instanceTypes": ["g6.xlarge"], "max": 1, "efa": True},
            cut={"accelerator": "nvidia-l4", "max": 1, "sharing": {"mig": "1g.5gb"}},
        )
    text = str(error.value)
    for part in ("cr-0a1 is a capacity block", "g6.xlarge can have no Elastic", "sharing.mig: nvidia-l4"):
        assert part in text
