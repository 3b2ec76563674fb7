"""Nodes are added only by an autoscaler, only where they help, never beyond a pool's maximum."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from groundwork.sandbox.cluster import autoscaler
from groundwork.sandbox.cluster.autoscaler import Autoscaler
from groundwork.sandbox.cluster.nodes import pool_node
from groundwork.sandbox.cluster.pools import NodePool, PoolSubnet, Taint
from groundwork.sandbox.cluster.scaling import Plan, next_step
from groundwork.sandbox.cluster.world import Controller, world_of

Object = dict[str, Any]
Make = Callable[..., Object]
_IMAGE = "registry.k8s.io/autoscaling/cluster-autoscaler:v1.35.0"
_GPU = {"nvidia.com/gpu": "1"}
_TOLERATE = [{"key": "nvidia.com/gpu", "operator": "Exists"}]


def _running(*arguments: str, describes: bool = True) -> Autoscaler:
    return Autoscaler(Controller("kube-system", "scaler", "scaler", arguments, True, ""), describes)


def _ready(pool: NodePool, ordinal: int, gpus: int = 0) -> Object:
    node = pool_node(pool, ordinal, ())
    node["status"]["conditions"] = [{"type": "Ready", "status": "True"}]
    if gpus:
        node["status"]["allocatable"]["nvidia.com/gpu"] = str(gpus)
    return node


def _plan(
    objects: list[Object], *pools: NodePool, who: Autoscaler | str | None = None, young: tuple[str, ...] = ()
) -> Plan:
    sizes = {pool.name: pool.desired for pool in pools}
    return next_step(world_of(objects), pools, sizes, _running() if who is None else who, young)


def test_a_gpu_pod_brings_a_node_of_an_empty_pool(general: NodePool, gpu: NodePool, make_pod: Make) -> None:
    """An empty pool is judged by its instance type: its GPUs are known before any node is there."""
    pod = make_pod(waiting=True, requests=_GPU, tolerations=_TOLERATE)
    assert _plan([pod], general, gpu) == Plan(add={"gpu": 1})


def test_the_cheapest_pool_that_fits_is_taken(general: NodePool, make_pod: Make) -> None:
    small = dataclasses.replace(general, name="small", instance_types=("t3.medium",))
    assert _plan([make_pod(waiting=True, requests={"cpu": "1"})], general, small).add == {"small": 1}
    assert _plan([make_pod(waiting=True, requests={"cpu": "3"})], general, small).add == {"general": 1}


def test_pods_that_fit_one_new_node_together_bring_one(general: NodePool, make_pod: Make) -> None:
    pods = [make_pod(f"pod-{n}", waiting=True, requests={"cpu": "1500m"}) for n in range(4)]
    assert _plan(pods, general).add == {"general": 2}


def test_daemons_of_a_new_node_are_reckoned(general: NodePool, make_pod: Make, make_workload: Make) -> None:
    daemon = make_workload("agent", "agent:1", kind="DaemonSet", requests={"cpu": "500m"})
    elsewhere = make_workload("other", "o:1", kind="DaemonSet", requests={"cpu": "3"}, nodeSelector={"a": "b"})
    pods = [make_pod(f"pod-{n}", waiting=True, requests={"cpu": "2"}) for n in range(2)]
    assert _plan(pods, general).add == {"general": 1}
    assert _plan([*pods, daemon, elsewhere], general).add == {"general": 2}


def test_no_pool_grows_beyond_its_maximum(general: NodePool, make_pod: Make) -> None:
    pods = [make_pod(f"pod-{n}", waiting=True, requests={"cpu": "3"}) for n in range(5)]
    plan = _plan(pods, general)
    assert plan.add == {"general": 2}
    assert plan.reasons == {
        f"default/pod-{n}": "pod didn't trigger scale-up: general: max node group size reached (4)" for n in (2, 3, 4)
    }


def test_a_pod_that_can_never_fit_is_told_why_pool_by_pool(general: NodePool, gpu: NodePool, make_pod: Make) -> None:
    plan = _plan([make_pod(waiting=True, requests={"nvidia.com/gpu": "2"})], general, gpu)
    assert plan.add == {}
    assert plan.reasons == {
        "default/pod": (
            "pod didn't trigger scale-up: general: Insufficient nvidia.com/gpu; "
            "gpu: untolerated taint {nvidia.com/gpu: true}, Insufficient nvidia.com/gpu"
        )
    }


def test_a_gpu_node_without_device_plugin_brings_no_second_one(gpu: NodePool, make_pod: Make) -> None:
    """Once a node is there, the autoscaler believes the node, which shows no GPU."""
    one = dataclasses.replace(gpu, desired=1)
    pod = make_pod(waiting=True, requests=_GPU, tolerations=_TOLERATE)
    node = _ready(gpu, 0)
    assert _plan([pod, node], one).reasons == {
        "default/pod": "pod didn't trigger scale-up: gpu: Insufficient nvidia.com/gpu"
    }
    assert _plan([pod, node], one, young=(node["metadata"]["name"],)) == Plan()
    assert _plan([pod, _ready(gpu, 0, gpus=1)], one) == Plan(), "the scheduler will place it"


def test_a_node_that_is_full_does_not_count_as_room(gpu: NodePool, make_pod: Make) -> None:
    node = _ready(gpu, 0, gpus=1)
    here = node["metadata"]["name"]
    held = make_pod("held", node=here, requests=_GPU)
    pod = make_pod(waiting=True, requests=_GPU, tolerations=_TOLERATE)
    one = dataclasses.replace(gpu, desired=1)
    assert _plan([pod, held, node], one).add == {"gpu": 1}
    assert _plan([pod, held, node], one, young=(here,)).add == {"gpu": 1}


@pytest.mark.parametrize(
    ("words", "taken"),
    [(["--expander=priority,least-waste"], "a-spot-0a1b2c"), ([], "a-spot-0a1b2c"), (["--expander=least-waste"], "a")],
)
def test_groups_are_asked_by_the_priorities_of_its_config_map(
    general: NodePool, make_pod: Make, words: list[str], taken: str
) -> None:
    groups = [dataclasses.replace(general, name=name) for name in ("a", "a-spot-0a1b2c")]
    order = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "cluster-autoscaler-priority-expander", "namespace": "kube-system"},
        "data": {"priorities": '{"50": ["^eks-.*-spot-[0-9a-f]{6}-"], "10": [".*"]}'},
    }
    assert _plan([make_pod(waiting=True), order], *groups, who=_running(*words)).add == {taken: 1}


def test_nothing_scales_without_an_autoscaler(gpu: NodePool, make_pod: Make) -> None:
    pod = make_pod(waiting=True, requests=_GPU, tolerations=_TOLERATE)
    plan = _plan([pod], gpu, who="no cluster-autoscaler is installed")
    assert plan == Plan(reasons={"default/pod": "nothing adds nodes: no cluster-autoscaler is installed"})


def test_a_group_without_the_discovery_tags_is_not_scaled(general: NodePool, make_pod: Make) -> None:
    hidden = dataclasses.replace(general, tags={"k8s.io/cluster-autoscaler/enabled": "true"})
    assert _plan([make_pod(waiting=True)], hidden).reasons == {
        "default/pod": (
            "pod didn't trigger scale-up: general: its Auto Scaling group is not discovered "
            "(without tag k8s.io/cluster-autoscaler/dev)"
        )
    }


def test_an_autoscaler_of_another_cluster_scales_nothing(general: NodePool, make_pod: Make) -> None:
    """It looks for the tags that its own arguments name."""
    other = _running(
        "--node-group-auto-discovery=asg:tag=k8s.io/cluster-autoscaler/enabled,k8s.io/cluster-autoscaler/prod"
    )
    (reason,) = _plan([make_pod(waiting=True)], general, who=other).reasons.values()
    assert "without tag k8s.io/cluster-autoscaler/prod" in reason


def test_labels_of_an_empty_pool_are_known_by_permission_or_by_tag(gpu: NodePool, make_pod: Make) -> None:
    blind = _running(describes=False)
    pod = make_pod(waiting=True, requests=_GPU, nodeSelector={"team": "ml"})
    pool = dataclasses.replace(gpu, labels={"team": "ml"}, taints=())
    assert _plan([pod], pool).add == {"gpu": 1}
    assert _plan([pod], pool, who=blind).reasons == {
        "default/pod": "pod didn't trigger scale-up: gpu: didn't match Pod's node affinity/selector"
    }
    tagged = dataclasses.replace(pool, tags={**pool.tags, "k8s.io/cluster-autoscaler/node-template/label/team": "ml"})
    assert _plan([pod], tagged, who=blind).add == {"gpu": 1}


def test_taints_and_resources_of_an_empty_pool_may_come_from_tags(general: NodePool, make_pod: Make) -> None:
    prefix = "k8s.io/cluster-autoscaler/node-template/"
    tags = {f"{prefix}taint/team": "ml:NoSchedule", f"{prefix}resources/example.org/fast": "4"}
    pool = dataclasses.replace(general, desired=0, tags={**general.tags, **tags})
    pod = make_pod(waiting=True, requests={"example.org/fast": "2"})
    assert _plan([pod], pool).reasons == {
        "default/pod": "pod didn't trigger scale-up: general: untolerated taint {team: ml}"
    }
    pod["spec"]["tolerations"] = [{"key": "team", "operator": "Exists"}]
    assert _plan([pod], pool).add == {"general": 1}


def test_resources_in_a_node_groups_own_tags_need_permission_to_ask(general: NodePool, make_pod: Make) -> None:
    """`buildNodeFromTemplate` reads them by DescribeNodegroup, and takes neither labels nor taints from there."""
    prefix = "k8s.io/cluster-autoscaler/node-template/"
    tags = {f"{prefix}taint/team": "ml:NoSchedule", f"{prefix}resources/example.org/fast": "4"}
    pool = dataclasses.replace(general, desired=0, group_tags=tags)
    pod = make_pod(waiting=True, requests={"example.org/fast": "2"})
    assert _plan([pod], pool).add == {"general": 1}
    assert "Insufficient example.org/fast" in next(
        iter(_plan([pod], pool, who=_running(describes=False)).reasons.values())
    )


def test_neuron_devices_of_an_empty_pool_are_not_known_without_a_tag(gpu: NodePool, make_pod: Make) -> None:
    """`aws_manager.go` takes only NVIDIA GPUs from the instance type."""
    pool = dataclasses.replace(
        gpu, name="neuron", instance_types=("inf2.xlarge",), ami_type="AL2023_x86_64_NEURON", taints=()
    )
    pod = make_pod(waiting=True, requests={"aws.amazon.com/neuron": "1"})
    assert _plan([pod], pool).reasons == {
        "default/pod": "pod didn't trigger scale-up: neuron: Insufficient aws.amazon.com/neuron"
    }


def test_replicas_that_may_not_share_a_node_bring_one_each(general: NodePool, make_pod: Make) -> None:
    apart = [{"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "db"}}}]
    affinity = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": apart}}
    pods = [make_pod(f"db-{n}", waiting=True, labels={"app": "db"}, affinity=affinity) for n in range(2)]
    assert _plan(pods, general).add == {"general": 2}


@pytest.mark.parametrize(("whenever", "nodes"), [("DoNotSchedule", 2), ("ScheduleAnyway", 1)])
def test_pods_spread_over_zones_bring_a_node_in_each(
    general: NodePool, make_pod: Make, whenever: str, nodes: int
) -> None:
    rule = {
        "topologyKey": "topology.kubernetes.io/zone",
        "maxSkew": 1,
        "minDomains": 2,
        "whenUnsatisfiable": whenever,
        "labelSelector": {"matchLabels": {"app": "web"}},
    }
    pods = [
        make_pod(f"web-{n}", waiting=True, labels={"app": "web"}, topologySpreadConstraints=[rule]) for n in range(2)
    ]
    assert sum(_plan(pods, dataclasses.replace(general, desired=0)).add.values()) == nodes


def test_a_pod_whose_volume_is_in_another_zone_brings_no_node_there(
    general: NodePool, make_pod: Make, make_claim: Make
) -> None:
    """A pool over many zones cannot promise the zone that a volume is in."""
    claim = make_claim(volumeName="pv")
    zone = {"key": "topology.kubernetes.io/zone", "operator": "In", "values": ["eu-west-1c"]}
    required = {"nodeSelectorTerms": [{"matchExpressions": [zone]}]}
    volume = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": "pv"},
        "spec": {"nodeAffinity": {"required": required}},
    }
    pod = make_pod(waiting=True, volumes=[{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}])
    assert _plan([pod, claim, volume], general).reasons == {
        "default/pod": "pod didn't trigger scale-up: general: volume node affinity conflict"
    }
    there = dataclasses.replace(general, subnets=(PoolSubnet("eu-west-1c", "10.20.32.0/20"),))
    assert _plan([pod, claim, volume], there).add == {"general": 1}


@pytest.mark.parametrize("change", [{"owner": "DaemonSet"}, {"schedulingGates": [{"name": "g"}], "waiting": False}])
def test_pods_that_no_new_node_would_help_bring_none(general: NodePool, make_pod: Make, change: dict[str, Any]) -> None:
    assert _plan([make_pod(**{"waiting": True, **change})], general) == Plan()


def test_a_cordoned_node_is_no_room(general: NodePool, make_pod: Make) -> None:
    node = _ready(general, 0)
    node["spec"]["unschedulable"] = True
    one = dataclasses.replace(general, desired=1)
    assert _plan([make_pod(waiting=True), node], one).add == {"general": 1}


def test_taints_of_a_real_node_are_believed_but_not_those_that_pass(general: NodePool, make_pod: Make) -> None:
    node = _ready(dataclasses.replace(general, taints=(Taint("team", "NoSchedule", "ml"),)), 0)
    node["spec"]["taints"].append({"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"})
    tolerant = make_pod(waiting=True, requests={"cpu": "3"}, tolerations=[{"key": "team", "operator": "Exists"}])
    assert _plan([tolerant, node], dataclasses.replace(general, desired=1)).add == {"general": 1}


@pytest.mark.parametrize(
    ("available", "identity", "said"),
    [
        (True, True, None),
        (False, True, "the cluster-autoscaler (Deployment kube-system/scaler) has no available pod"),
        (
            True,
            False,
            "the cluster-autoscaler (Deployment kube-system/scaler) has no cloud identity: service account "
            "kube-system/scaler has neither a pod identity with its agent nor IRSA with its OIDC provider",
        ),
    ],
)
def test_an_autoscaler_must_run_and_reach_aws(
    make_workload: Make, available: bool, identity: bool, said: str | None
) -> None:
    world = world_of([make_workload("scaler", _IMAGE, available=available, serviceAccountName="scaler")])
    found = autoscaler.running(world, lambda *_: identity, lambda *_: True)
    assert found == said if said else isinstance(found, Autoscaler)
