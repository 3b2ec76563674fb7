"""Pools of nodes, as the engine would get them."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from groundwork.core.contracts import NodePools
from groundwork.core.errors import StackError
from groundwork.core.explain import explain
from groundwork.core.registry import discover
from groundwork.testing import Graph, record
from infra._pool_settings import PoolSettings
from tests.infra.stacks import build

NODES = "aws:eks/nodeGroup:NodeGroup"
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"


def pools(environment: str = "dev", **config: Any) -> Graph:
    return build(environment, network={}, eks={}, pools=config)


def group(graph: Graph, pool: str) -> dict[str, Any]:
    return graph.one(NODES, f"pools-{pool}").inputs


@pytest.mark.parametrize(
    ("environment", "machine", "low", "high"),
    [("dev", "m7i.xlarge", 2, 6), ("staging", "m7i.xlarge", 2, 12), ("prod", "m7i.2xlarge", 3, 30)],
)
def test_without_a_word_there_is_one_general_pool(environment: str, machine: str, low: int, high: int) -> None:
    graph = pools(environment)
    assert [r.name for r in graph.of(NODES)] == ["eks-system", "pools-general"]
    inputs = group(graph, "general")
    assert inputs["instanceTypes"] == [machine]
    assert inputs["scalingConfig"] == {"minSize": low, "maxSize": high, "desiredSize": low}
    assert (inputs["amiType"], inputs["capacityType"]) == ("AL2023_x86_64_STANDARD", "ON_DEMAND")


def test_general_stays_beside_others_and_goes_when_asked_to() -> None:
    assert {"pools-general", "pools-batch"} <= {r.name for r in pools(batch={}).of(NODES)}
    assert "pools-general" not in {r.name for r in pools(general=None, batch={}).of(NODES)}


def test_a_gpu_pool_is_one_line() -> None:
    inputs = group(pools(gpu={"accelerator": "nvidia-l4", "max": 4}), "gpu")
    assert inputs["instanceTypes"] == ["g6.xlarge"]
    assert inputs["amiType"] == "AL2023_x86_64_NVIDIA"
    assert inputs["scalingConfig"] == {"minSize": 0, "maxSize": 4, "desiredSize": 0}
    assert inputs["taints"] == [{"key": "nvidia.com/gpu", "value": "present", "effect": "NO_SCHEDULE"}]
    assert inputs["labels"] == {
        "groundwork.example/pool": "gpu",
        "groundwork.example/accelerator": "nvidia-l4",
        "k8s.amazonaws.com/accelerator": "nvidia-l4",
    }


def test_from_an_empty_pool_the_autoscaler_knows_what_a_node_would_have() -> None:
    prefix = "k8s.io/cluster-autoscaler/node-template/resources/"
    tags = group(pools(gpu={"instanceTypes": ["g6.12xlarge"], "max": 1}), "gpu")["tags"]
    assert tags == {f"{prefix}nvidia.com/gpu": "4", f"{prefix}ephemeral-storage": "200Gi"}


def test_accelerators_are_found_by_their_machines_too() -> None:
    inputs = group(pools(gpu={"instanceTypes": ["g5g.xlarge"], "max": 1}), "gpu")
    assert inputs["amiType"] == "AL2023_ARM_64_NVIDIA"
    assert inputs["labels"]["groundwork.example/accelerator"] == "nvidia-t4g"


def test_pods_know_where_to_ask() -> None:
    outputs = pools(gpu={"accelerator": "nvidia-l4", "max": 4}).outputs
    contract = NodePools(pools=outputs["pools.pools"])
    placement = contract.pool("gpu").placement(accelerators=1)
    assert placement.node_selector == {"groundwork.example/pool": "gpu"}
    assert placement.resources == {"nvidia.com/gpu": "1"}
    assert placement.tolerations == (
        {"key": "nvidia.com/gpu", "operator": "Equal", "value": "present", "effect": "NoSchedule"},
    )
    assert [pool.name for pool in contract.with_accelerators] == ["gpu"]


def test_a_pool_says_what_it_is_told() -> None:
    config = {
        "instanceTypes": ["m7g.xlarge", "m6g.xlarge"],
        "capacity": "spot",
        "min": 0,
        "max": 9,
        "diskGib": 80,
        "labels": {"example.com/tier": "batch"},
        "taints": [{"key": "batch"}],
    }
    graph = pools(batch=config)
    inputs = group(graph, "batch")
    assert inputs["capacityType"] == "SPOT"
    assert inputs["amiType"] == "AL2023_ARM_64_STANDARD"
    assert inputs["instanceTypes"] == ["m7g.xlarge", "m6g.xlarge"]
    assert inputs["taints"] == [{"key": "batch", "value": "", "effect": "NO_SCHEDULE"}]
    assert inputs["labels"] == {"groundwork.example/pool": "batch", "example.com/tier": "batch"}
    disk = graph.one(TEMPLATE, "pools-batch").inputs["blockDeviceMappings"][0]["ebs"]
    assert disk["volumeSize"] == 80


def test_every_node_has_an_encrypted_disk_imdsv2_and_tags_that_cost_is_told_by() -> None:
    for template in pools(gpu={"accelerator": "nvidia-t4", "max": 1}).of(TEMPLATE):
        (mapping,) = template.inputs["blockDeviceMappings"]
        assert (mapping["deviceName"], mapping["ebs"]["encrypted"], mapping["ebs"]["volumeType"]) == (
            "/dev/xvda",
            "true",
            "gp3",
        )
        assert template.inputs["metadataOptions"] == {
            "httpEndpoint": "enabled",
            "httpTokens": "required",
            "httpPutResponseHopLimit": 1,
        }
        tags = {spec["resourceType"]: spec["tags"] for spec in template.inputs["tagSpecifications"]}
        assert set(tags) == {"instance", "volume", "network-interface"}
        assert {t["groundwork:environment"] for t in tags.values()} == {"dev"}


def test_other_machines_are_another_group_so_that_they_are_there_before_the_old_go() -> None:
    names = {
        group(pools(batch={"instanceTypes": [kind]}), "batch")["nodeGroupName"] for kind in ("m7i.large", "m6i.large")
    }
    assert len(names) == 2
    assert all(name.startswith("batch-") for name in names)
    disks = {group(pools(batch={"diskGib": gib}), "batch")["nodeGroupName"] for gib in (50, 60)}
    assert len(disks) == 1, "a disk is changed in place, node by node"


def test_nodes_come_after_all_of_the_cluster_and_go_before_it() -> None:
    graph = pools()
    before = graph.before(graph.one(NODES, "pools-general"))
    cluster = [r.name for r in graph if r.name.startswith("eks-") and r.custom and r.urn not in before]
    assert cluster == []


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        (
            {"gpu": {"accelerator": "nvidia-l5", "max": 1}},
            "pools.gpu: accelerator: 'nvidia-l5' is no known accelerator; did you mean 'nvidia-l4'? "
            "(`groundwork explain pools` shows all)",
        ),
        (
            {"gpu": {"accelerator": "l4", "max": 1}},
            "pools.gpu: accelerator: 'l4' is no known accelerator; valid: "
            "aws-inferentia, aws-inferentia2, aws-trainium, nvidia-a100, nvidia-a10g, nvidia-b200, nvidia-b300, "
            "nvidia-h100, nvidia-h200, nvidia-l4, nvidia-l40s, "
            "nvidia-rtx-pro-4500, nvidia-rtx-pro-server-6000, nvidia-t4, nvidia-t4g",
        ),
        (
            {"gpu": {"accelerator": "nvidia-l4"}},
            "pools.gpu: max is required for a pool with accelerators, such as `max: 2`: its nodes are expensive",
        ),
        (
            {"gpu": {"accelerator": "nvidia-l4", "instanceTypes": ["g5.xlarge"], "max": 1}},
            "pools.gpu: g5.xlarge has no nvidia-l4, which is this pool's accelerator; leave instanceTypes out, or take "
            "one of g6.xlarge, g6.2xlarge, g6.4xlarge, gr6.4xlarge, g6.8xlarge, "
            "gr6.8xlarge, g6.16xlarge, g6.12xlarge, g6.24xlarge, g6.48xlarge",
        ),
        (
            {"mixed": {"instanceTypes": ["m7i.large", "m7g.large"]}},
            "pools.mixed: m7i.large has x86_64, and m7g.large arm64: the types of one pool must be alike; "
            "make two pools",
        ),
        (
            {"mixed": {"instanceTypes": ["g6.xlarge", "g6.12xlarge"], "max": 2}},
            "pools.mixed: g6.xlarge has 1 nvidia-l4, and g6.12xlarge 4 nvidia-l4: the types of one pool must be alike; "
            "make two pools",
        ),
        (
            {"mixed": {"instanceTypes": ["m7i.large", "m7i.xlarge"]}},
            "pools.mixed: m7i.large has 2 vCPUs and 8 GiB, and m7i.xlarge 4 vCPUs and 16 GiB: the types of one pool "
            "must be alike; make two pools",
        ),
        ({"one": {"instanceTypes": ["m7i.larg"]}}, "pools.one: 'm7i.larg' is not one of the "),
        (
            {"one": {"instanceTypes": ["u-9tb1.112xlarge"]}},
            "pools.one: u-9tb1.112xlarge: nothing is known of it but its price; a newer one is m7i.large",
        ),
        (
            {"one": {"instanceTypes": ["g4ad.xlarge"], "max": 1}},
            "pools.one: g4ad.xlarge: nothing is known of it but its price; for accelerators, pools can have "
            "aws-inferentia, ",
        ),
        (
            {"share": {"instanceTypes": ["g6f.large"], "max": 1}},
            "pools.share: g6f.large has a share of one nvidia-l4, and pools can have aws-inferentia, ",
        ),
        ({"one": {"min": 3, "max": 1}}, "pools.one: min is 3, and max only 1"),
        (
            {"one": {"labels": {"a b": "x"}}},
            "pools.one: label 'a b': a key is 63 letters, digits, dots, hyphens at most, after a domain and /",
        ),
        (
            {"one": {"labels": {"tier": "a/b"}}},
            "pools.one: label 'tier': the value 'a/b' must be 63 letters, digits, dots, hyphens at most",
        ),
        (
            {"one": {"taints": [{"key": "node.kubernetes.io/x"}]}},
            "pools.one: taint 'node.kubernetes.io/x': no pool may give keys of kubernetes.io, k8s.io and "
            "eks.amazonaws.com",
        ),
        (
            {"one": {"labels": {"groundwork.example/pool": "x"}}},
            "pools.one: label 'groundwork.example/pool' is the platform's own; choose another",
        ),
        ({"system": {}}, "pools.system: 'system' is the cluster's own pool: choose another name"),
        ({"GPU": {}}, "pools.GPU: 'GPU' is no name for a pool: lower case letters, digits, hyphens; 30 at most"),
        ({"general": None}, "pools: no pool is left: name one, or leave `general` as it is"),
    ],
)
def test_what_cannot_be_a_pool_is_told_with_what_could(config: dict[str, Any], problem: str) -> None:
    with pytest.raises(StackError) as error:
        pools(**config)
    assert problem in str(error.value)


def test_all_that_is_wrong_is_told_at_once() -> None:
    wrong = {"accelerator": "nope", "min": 2, "max": 1, "labels": {"a b": "x"}}
    with pytest.raises(StackError) as error:
        pools(one=wrong, two={"instanceTypes": ["nope"]}, system={})
    text = str(error.value)
    for part in (
        "'nope' is no known accelerator",
        "min is 2",
        "label 'a b'",
        "'nope' is not one of",
        "'system' is the",
    ):
        assert part in text


@pytest.mark.parametrize(("minimum", "warned"), [(1, True), (2, False), (3, False)])
def test_a_minimum_that_eks_may_refuse_is_told_with_the_command_that_makes_room(
    monkeypatch: pytest.MonkeyPatch, minimum: int, warned: bool
) -> None:
    told: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", lambda message, *_: told.append(message))
    running = build("dev", network={}, eks={}, pools={"general": {"min": minimum}}).outputs["pools.pools"]
    graph = record(
        {"network": {}, "eks": {}, "pools": {}},
        calls={"pulumi:pulumi:readStackOutputs": lambda _: {"outputs": {"pools.pools": running}}},
    )
    name = group(graph, "general")["nodeGroupName"]
    sentence = (
        "pools.general.min: EKS refuses 2 where the group has fewer nodes, and how many it has is the autoscaler's to "
        "say; where they are fewer, run this first: aws eks update-nodegroup-config --cluster-name groundwork-dev-eks "
        f"--nodegroup-name {name} --scaling-config desiredSize=2"
    )
    assert told == ([sentence] if warned else [])


def test_explain_shows_every_setting_of_a_pool_once() -> None:
    """Also of those that people name themselves, with what each environment makes of what is left out."""
    options = {option.key: option for option in explain("pools", discover()).options}
    settings = {field.alias for field in PoolSettings.model_fields.values()}
    assert {f"<name>.{setting}" for setting in settings} < set(options)
    assert not any(key.startswith("general.") for key in options)
    assert (options["general"].kind, options["general"].defaults) == ("map, as <name>", {"": "{}"})
    assert options["<name>.min"].defaults == {
        "local": "2, or 0 with an accelerator",
        "dev": "2, or 0 with an accelerator",
        "staging": "2, or 0 with an accelerator",
        "prod": "3, or 0 with an accelerator",
    }
    assert options["<name>.diskGib"].defaults == {"": "100, or 200 with an accelerator"}
    assert "nvidia-l4" in options["<name>.accelerator"].description
    assert all(option.description for option in options.values())


SCALE_DOWN = "k8s.io/cluster-autoscaler/node-template/autoscaling-options/"


@pytest.mark.parametrize(
    ("purpose", "idle", "moved"),
    [("serving", "15m", True), ("interactive", "30m", False), ("batch", "2m", False)],
)
def test_what_a_pool_is_for_says_when_the_autoscaler_takes_its_nodes(purpose: str, idle: str, moved: bool) -> None:
    graph = pools(work={"purpose": purpose})
    said = {}
    for tag in graph.of("aws:autoscaling/tag:Tag"):
        assert tag.inputs["autoscalingGroupName"] == "eks-pools-work-0a1b"
        assert tag.inputs["tag"]["propagateAtLaunch"] is False
        said[tag.inputs["tag"]["key"].removeprefix(SCALE_DOWN)] = tag.inputs["tag"]["value"]
    assert said.pop("scaledownunneededtime") == idle
    assert (said == {}) is moved
    if not moved:
        assert said.pop("ignoredaemonsetsutilization") == "true", "else no node would ever count as empty"
        assert set(said) == {"scaledownutilizationthreshold", "scaledowngpuutilizationthreshold"}
        # An empty node uses 0, which has to be less; a container of 1m on the largest node uses more.
        assert all(0 < float(share) < 0.001 / 192 for share in said.values())
    assert group(graph, "work")["labels"]["groundwork.example/purpose"] == purpose


def test_a_general_pool_is_the_autoscalers_own_way() -> None:
    graph = pools()
    assert graph.of("aws:autoscaling/tag:Tag") == []
    assert group(graph, "general")["labels"] == {"groundwork.example/pool": "general"}


def test_both_groups_of_a_pool_are_treated_alike() -> None:
    graph = pools(work={"purpose": "batch", "capacity": "spotFirst"})
    groups = [tag.inputs["autoscalingGroupName"] for tag in graph.of("aws:autoscaling/tag:Tag")]
    assert sorted(groups) == ["eks-pools-work-0a1b"] * 4 + ["eks-pools-work-spot-0a1b"] * 4


def test_an_update_takes_one_node_at_a_time_and_waits_for_none_beyond_a_reservation() -> None:
    reserved = {"id": "cr-0a1", "zone": "eu-west-1a", "instanceType": "p5.48xlarge", "count": 2}
    graph = pools(
        odcr={"instanceTypes": ["p5.48xlarge"], "max": 2, "reservation": reserved}, batch={"purpose": "batch"}
    )
    assert group(graph, "batch")["updateConfig"] == {"maxUnavailable": 1}
    assert group(graph, "odcr")["updateConfig"] == {"maxUnavailable": 1, "updateStrategy": "MINIMAL"}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"purpose": "training"},
            "pools.work.purpose: must be 'general', 'interactive', 'batch' or 'serving' (got 'training')",
        ),
        (
            {"labels": {"groundwork.example/purpose": "batch"}},
            "pools.work: label 'groundwork.example/purpose' is the platform's own; choose another",
        ),
    ],
)
def test_a_purpose_is_one_of_four_and_said_once(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(StackError) as caught:
        pools(work=settings)
    assert message in str(caught.value)
