"""Nodes follow their pools: made, changed in place, replaced or removed."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundwork.sandbox.cluster.marks import ORDINAL, labels_of
from groundwork.sandbox.cluster.node_groups import NodeChanges, changes, sizes
from groundwork.sandbox.cluster.pools import ExistingCluster, NodePool, PoolSubnet, Taint
from groundwork.sandbox.cluster.record import PoolSize
from groundwork.sandbox.cluster.world import world_of

Object = dict[str, Any]


def _change(nodes: list[Object], *pools: NodePool, **more: Any) -> NodeChanges:
    wanted = sizes(pools, more.pop("before", {}))
    return changes(world_of(nodes), pools, wanted, more.pop("existing", None), **more)


def _made(*pools: NodePool, **more: Any) -> list[Object]:
    return _change([], *pools, **more).create


def test_each_pool_gets_its_nodes_and_then_nothing_changes(general: NodePool, gpu: NodePool) -> None:
    nodes = _made(general, gpu)
    assert [labels_of(node)["eks.amazonaws.com/nodegroup"] for node in nodes] == ["general", "general"]
    assert _change(nodes, general, gpu) == NodeChanges()


def test_the_newest_nodes_go_first(general: NodePool) -> None:
    nodes = _made(dataclasses.replace(general, desired=4))
    removed = _change(nodes, dataclasses.replace(general, desired=1)).remove
    assert sorted(labels_of(node)[ORDINAL] for node in removed) == ["1", "2", "3"]


def test_a_gap_is_filled_before_the_end(general: NodePool) -> None:
    nodes = [n for n in _made(dataclasses.replace(general, desired=3)) if labels_of(n)[ORDINAL] != "1"]
    (new,) = _change(nodes, dataclasses.replace(general, desired=3)).create
    assert labels_of(new)[ORDINAL] == "1"


def test_labels_and_taints_change_in_place(general: NodePool) -> None:
    """EKS does so too: UpdateNodegroupConfig touches the nodes that run."""
    before = dataclasses.replace(
        general, desired=1, labels={"team": "ml", "old": "1"}, taints=(Taint("a", "NoSchedule"),)
    )
    after = dataclasses.replace(before, labels={"team": "web", "new": "1"}, taints=(Taint("b", "NoExecute", "x"),))
    (node,) = _made(before)
    node["spec"]["taints"].append({"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"})
    found = _change([node], after)
    assert not found.create
    assert not found.remove
    ((_, patch),) = found.patch
    assert patch["metadata"]["labels"] == {"team": "web", "new": "1", "old": None}
    assert patch["spec"]["taints"] == [
        {"key": "b", "value": "x", "effect": "NoExecute"},
        {"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"},
    ]


def test_labels_that_others_set_are_kept(general: NodePool) -> None:
    (node,) = _made(dataclasses.replace(general, desired=1))
    node["metadata"]["labels"]["example.org/own"] = "1"
    assert _change([node], dataclasses.replace(general, desired=1)) == NodeChanges()


@pytest.mark.parametrize(
    "change",
    [{"instance_types": ("m7i.2xlarge",)}, {"ami_type": "BOTTLEROCKET_x86_64"}, {"disk_gib": 50}],
)
def test_another_shape_is_another_node(general: NodePool, change: dict[str, Any]) -> None:
    """The new ones come first, so that pods have somewhere to go."""
    nodes = _made(general)
    found = _change(nodes, dataclasses.replace(general, **change))
    assert found.remove == nodes
    assert sorted(labels_of(node)[ORDINAL] for node in found.create) == ["2", "3"]


def test_a_pool_that_is_gone_takes_its_nodes_along(general: NodePool, gpu: NodePool) -> None:
    nodes = _made(general)
    gone = _change(nodes, gpu).remove
    assert {node["metadata"]["name"] for node in gone} == {node["metadata"]["name"] for node in nodes}


def test_nodes_of_others_are_never_touched(general: NodePool) -> None:
    real = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "real", "labels": {}}, "spec": {}}
    assert _change([real]) == NodeChanges()
    assert real not in _change([real], general).remove


def test_until_it_is_told_of_pools_everything_is_kept(general: NodePool) -> None:
    """After a restart of its process the simulation first hears of the pools some moments later."""
    nodes = [*_made(general), *_made(existing=ExistingCluster())]
    assert changes(world_of(nodes), None, {}, None) == NodeChanges()


def test_a_node_that_leaves_is_replaced_by_one_of_another_name(general: NodePool) -> None:
    nodes = _made(general)
    nodes[0]["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    (new,) = _change(nodes, general).create
    assert new["metadata"]["name"] not in {node["metadata"]["name"] for node in nodes}


def test_a_doomed_node_is_not_counted_and_no_other_goes_for_it(general: NodePool) -> None:
    nodes = _made(general)
    one = dataclasses.replace(general, desired=1)
    doomed = nodes[0]["metadata"]["name"]
    assert _change(nodes, one, doomed={doomed}) == NodeChanges()


def test_a_full_subnet_is_told_and_the_rest_goes_on(general: NodePool) -> None:
    tiny = dataclasses.replace(
        general, name="tiny", desired=13, maximum=13, subnets=(PoolSubnet("eu-west-1a", "10.9.0.0/28"),)
    )
    found = _change([], general, tiny)
    assert found.problems == {"tiny": "pool 'tiny': no address is left in subnet 10.9.0.0/28 (eu-west-1a)"}
    assert sum(labels_of(node)["eks.amazonaws.com/nodegroup"] == "general" for node in found.create) == 2
    assert sum(labels_of(node)["eks.amazonaws.com/nodegroup"] == "tiny" for node in found.create) == 11


def test_machines_of_an_existing_cluster_come_and_go_with_it() -> None:
    machines = _made(existing=ExistingCluster(nodes=3))
    assert [node["metadata"]["name"] for node in machines] == ["node-1", "node-2", "node-3"]
    assert _change(machines, existing=ExistingCluster(nodes=3)) == NodeChanges()
    assert _change(machines, existing=ExistingCluster(nodes=1)).remove == machines[1:]
    assert _change(machines).remove == machines


def test_an_autoscaler_keeps_its_size_until_the_program_asks_for_another(general: NodePool) -> None:
    before = {"general": PoolSize(asked=2, size=3)}
    assert sizes([general], before)["general"].size == 3
    assert sizes([dataclasses.replace(general, desired=1)], before)["general"].size == 1
    assert sizes([dataclasses.replace(general, maximum=2)], before)["general"].size == 2


@given(
    desired=st.integers(0, 6),
    span=st.tuples(st.integers(0, 3), st.integers(3, 6)),
    last=st.none() | st.builds(PoolSize, st.integers(0, 6), st.integers(0, 9)),
)
def test_a_size_is_always_within_the_pools_limits(desired: int, span: tuple[int, int], last: PoolSize | None) -> None:
    pool = NodePool(
        name="p",
        cluster="c",
        region="eu-west-1",
        instance_types=("m7i.large",),
        subnets=(PoolSubnet("eu-west-1a", "10.0.0.0/24"),),
        desired=desired,
        minimum=span[0],
        maximum=span[1],
    )
    found = sizes([pool], {"p": last} if last else {})["p"]
    assert span[0] <= found.size <= span[1]
    assert found.asked == desired
