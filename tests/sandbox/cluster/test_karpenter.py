"""Nodes come from Karpenter only where its controller runs, and a NodePool fits that could have nodes on AWS too."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from groundwork.sandbox.cluster import karpenter
from groundwork.sandbox.cluster.karpenter import Ground, Karpenter, Subnet
from groundwork.sandbox.cluster.nodes import pool_node
from groundwork.sandbox.cluster.pools import NodePool, PoolSubnet
from groundwork.sandbox.cluster.scaling import Plan, next_step
from groundwork.sandbox.cluster.world import Controller, world_of
from groundwork.sandbox.cluster.youth import Youth

Object = dict[str, Any]
Make = Callable[..., Object]

_ROLE = "arn:aws:iam::111122223333:role/node"
_GROUND = Ground(
    cluster="dev",
    region="eu-west-1",
    subnets=(
        Subnet("subnet-b", PoolSubnet("eu-west-1b", "10.20.16.0/20")),
        Subnet("subnet-a", PoolSubnet("eu-west-1a", "10.20.0.0/20"), {"karpenter.sh/discovery": "dev"}),
    ),
    profiles={"node": _ROLE},
    admitted=frozenset({_ROLE}),
)
_TYPES = ["g6.2xlarge", "g6.xlarge"]
_CLASS: Object = {
    "apiVersion": "karpenter.k8s.aws/v1",
    "kind": "EC2NodeClass",
    "metadata": {"name": "gpu"},
    "spec": {
        "amiSelectorTerms": [{"alias": "al2023@v20260714"}],
        "instanceProfile": "node",
        "subnetSelectorTerms": [{"id": "subnet-a"}, {"id": "subnet-b"}],
        "securityGroupSelectorTerms": [{"id": "sg-1"}],
        "blockDeviceMappings": [{"deviceName": "/dev/xvda", "ebs": {"volumeSize": "200Gi"}}],
    },
}
_POOL: Object = {
    "apiVersion": "karpenter.sh/v1",
    "kind": "NodePool",
    "metadata": {"name": "gpu"},
    "spec": {
        "template": {
            "metadata": {"labels": {"team": "ml"}},
            "spec": {
                "nodeClassRef": {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": "gpu"},
                "requirements": [
                    {
                        "key": "node.kubernetes.io/instance-type",
                        "operator": "In",
                        "values": ["g6.2xlarge", "g6.xlarge"],
                    },
                    {"key": "karpenter.sh/capacity-type", "operator": "In", "values": ["spot", "on-demand"]},
                ],
                "taints": [{"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}],
            },
        },
        "limits": {"nodes": "2"},
        "disruption": {"consolidateAfter": "2m30s"},
    },
}
_RUNS = Karpenter(Controller("karpenter", "karpenter", "karpenter", (), True, ""))
_TOLERATE = [{"key": "nvidia.com/gpu", "operator": "Exists"}]
_ONE_GPU = {"nvidia.com/gpu": "1"}


def _pools(*objects: Object, ground: Ground = _GROUND) -> list[tuple[NodePool, str]]:
    return karpenter.pools_of(world_of(objects or (_POOL, _CLASS)), ground)


@pytest.fixture
def gpus() -> NodePool:
    """What the NodePool above is."""
    ((pool, why),) = _pools()
    assert why == ""
    return pool


def _plan(
    objects: list[Object], pool: NodePool, size: int = 0, *, who: Karpenter | str = _RUNS, young: tuple[str, ...] = ()
) -> Plan:
    no_autoscaler = "no cluster-autoscaler is installed"
    return next_step(world_of(objects), [pool], {pool.name: size}, no_autoscaler, young, who)


def test_a_node_is_as_the_node_pool_and_its_class_say(gpus: NodePool) -> None:
    node = pool_node(gpus, 0, ())
    labels = node["metadata"]["labels"]
    assert labels["node.kubernetes.io/instance-type"] == "g6.xlarge", "the cheapest of those named"
    assert labels["karpenter.sh/nodepool"] == "gpu"
    assert labels["karpenter.sh/capacity-type"] == "spot"
    assert labels["karpenter.k8s.aws/instance-gpu-name"] == "l4"
    assert labels["team"] == "ml"
    assert not [key for key in labels if key.startswith("eks.amazonaws.com/")]
    assert node["spec"]["taints"] == [{"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}]
    assert node["status"]["capacity"]["ephemeral-storage"] == f"{200 * 1024 * 1024}Ki"
    assert gpus.ami_type == "AL2023_x86_64_NVIDIA"
    assert [place.zone for place in gpus.subnets] == ["eu-west-1a", "eu-west-1b"]
    assert "nvidia.com/gpu" not in node["status"]["allocatable"], "a device plugin has to show it"


@pytest.mark.parametrize(("kubelet", "pods"), [({}, "58"), ({"maxPods": 110}, "110")])
def test_karpenter_counts_single_addresses_where_nobody_says_how_many_pods(kubelet: Object, pods: str) -> None:
    """Blocks of addresses are the network's affair, of which it knows nothing."""
    node_class = copy.deepcopy(_CLASS)
    node_class["spec"]["kubelet"] = kubelet
    ((pool, _),) = _pools(_POOL, node_class)
    assert pool_node(pool, 0, ())["status"]["capacity"]["pods"] == pods


def test_a_pod_brings_a_node_up_to_the_limit(gpus: NodePool, make_pod: Make) -> None:
    pods = [make_pod(f"pod-{n}", waiting=True, requests=_ONE_GPU, tolerations=_TOLERATE) for n in range(3)]
    plan = _plan(pods, gpus)
    assert plan.add == {"gpu": 2}
    assert plan.reasons == {
        "default/pod-2": "pod didn't trigger scale-up: gpu: the NodePool's limit of 2 nodes is reached"
    }


def test_what_a_node_cannot_have_brings_none(gpus: NodePool, make_pod: Make) -> None:
    pod = make_pod(waiting=True, requests={"nvidia.com/gpu.shared": "1"}, tolerations=_TOLERATE)
    assert "Insufficient nvidia.com/gpu.shared" in _plan([pod], gpus).reasons["default/pod"]
    pod = make_pod(waiting=True, requests={"cpu": "3950m"}, tolerations=_TOLERATE)
    assert "Insufficient cpu" in _plan([pod], gpus).reasons["default/pod"], "it knows what the kubelet keeps"


def test_without_the_controller_nothing_comes(gpus: NodePool, make_pod: Make) -> None:
    pod = make_pod(waiting=True, requests=_ONE_GPU, tolerations=_TOLERATE)
    plan = _plan([pod], gpus, who="no Karpenter is installed")
    assert plan == Plan(reasons={"default/pod": "nothing adds nodes: no Karpenter is installed"})


def test_each_kind_of_pool_has_its_own_scaler(gpus: NodePool, general: NodePool, make_pod: Make) -> None:
    pod = make_pod(waiting=True, requests={"cpu": "1"})
    plan = next_step(world_of([pod]), [general, gpus], {}, "no cluster-autoscaler is installed", (), _RUNS)
    assert plan.reasons == {
        "default/pod": (
            "pod didn't trigger scale-up: general: no cluster-autoscaler is installed; "
            "gpu: untolerated taint {nvidia.com/gpu: present}"
        )
    }


def test_a_controller_is_known_by_its_image_and_needs_an_identity(make_workload: Make) -> None:
    deployment = make_workload("karpenter", "public.ecr.aws/karpenter/controller:1.14.1", available=True)
    other = make_workload("other", "quay.io/other/controller:1", available=True)
    assert karpenter.running(world_of([other]), lambda *_: True) == "no Karpenter is installed"
    assert isinstance(karpenter.running(world_of([deployment]), lambda *_: True), Karpenter)
    found = karpenter.running(world_of([deployment]), lambda *_: False)
    assert isinstance(found, str)
    assert "has no cloud identity" in found


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"profiles": {}}, "EC2NodeClass 'gpu': there is no instance profile 'node'"),
        (
            {"admitted": frozenset()},
            f"its nodes cannot join: the cluster has no access entry of the type EC2_LINUX for {_ROLE}",
        ),
        ({"subnets": ()}, "pool 'gpu': it has no subnet in any zone"),
    ],
)
def test_a_pool_has_nodes_only_if_they_could_join(change: dict[str, Any], why: str) -> None:
    assert [reason for _, reason in _pools(ground=dataclasses.replace(_GROUND, **change))] == [why]


def test_a_node_pool_without_its_class_has_none() -> None:
    assert [why for _, why in _pools(_POOL)] == ["its EC2NodeClass 'gpu' is not there"]


def test_subnets_are_found_by_tag_too() -> None:
    by_tag = copy.deepcopy(_CLASS)
    by_tag["spec"]["subnetSelectorTerms"] = [{"tags": {"karpenter.sh/discovery": "dev"}}]
    ((pool, why),) = _pools(_POOL, by_tag)
    assert (why, [place.zone for place in pool.subnets]) == ("", ["eu-west-1a"])


def test_an_empty_node_goes_when_its_pool_says_so(gpus: NodePool, make_pod: Make) -> None:
    assert gpus.idle_seconds == 150
    node, youth, after = pool_node(gpus, 0, ()), Youth(0), {"gpu": 150.0}
    world = world_of([node])
    assert youth.idle(world, [gpus], {"gpu": 1}, 0.0, after) == []
    assert youth.idle(world, [gpus], {"gpu": 1}, 149.0, after) == []
    assert youth.idle(world, [gpus], {"gpu": 1}, 150.0, after) == [node]
    busy = world_of([node, make_pod(node=node["metadata"]["name"])])
    assert youth.idle(busy, [gpus], {"gpu": 1}, 151.0, after) == []
    assert youth.idle(world, [gpus], {"gpu": 1}, 400.0, {}) == [], "nobody takes it away"
