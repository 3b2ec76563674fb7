"""Karpenter: what it is to AWS, what it may do there, and the pools that it makes nodes of."""

from __future__ import annotations

import json
from typing import Any

import pytest

from groundwork.core.contracts import NodePools
from groundwork.core.errors import StackError
from groundwork.testing import Graph
from tests.infra.stacks import build, document

RELEASE = "kubernetes:helm.sh/v3:Release"
NODE_POOL = "kubernetes:karpenter.sh/v1:NodePool"
NODE_CLASS = "kubernetes:karpenter.k8s.aws/v1:EC2NodeClass"
NODE_ROLE = "arn:aws:iam:eu-west-1:111122223333:karpenter-node"
GPU = {"accelerator": "nvidia-l4", "max": 4}


def stack(environment: str = "dev", **pools: Any) -> Graph:
    return build(environment, network={}, eks={}, karpenter={}, pools={"provisioner": "karpenter", **pools})


def pool(graph: Graph, name: str) -> dict[str, Any]:
    return dict(graph.one(NODE_POOL, f"pools-{name}").inputs["spec"])


def node_class(graph: Graph, name: str) -> dict[str, Any]:
    return dict(graph.one(NODE_CLASS, f"pools-{name}-class").inputs["spec"])


def statements(graph: Graph) -> list[dict[str, Any]]:
    return document(graph.one("aws:iam/rolePolicy:RolePolicy", "karpenter-karpenter-nodes").inputs["policy"])


def test_the_same_line_is_a_pool_of_karpenter() -> None:
    graph = stack(gpu=GPU)
    assert [r.name for r in graph.of("aws:eks/nodeGroup:NodeGroup")] == ["eks-system"]
    template = pool(graph, "gpu")["template"]
    assert template["metadata"]["labels"] == {
        "groundwork.example/pool": "gpu",
        "groundwork.example/accelerator": "nvidia-l4",
    }
    assert template["spec"]["taints"] == [{"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}]
    assert {each["key"]: each["values"] for each in template["spec"]["requirements"]} == {
        "node.kubernetes.io/instance-type": ["g6.xlarge"],
        "karpenter.sh/capacity-type": ["on-demand"],
    }
    assert pool(graph, "gpu")["limits"] == {"nodes": "4"}
    contract = NodePools(pools=graph.outputs["pools.pools"])
    grouped = NodePools(pools=build(network={}, eks={}, pools={"gpu": GPU}).outputs["pools.pools"])
    assert contract.pool("gpu").placement(1) == grouped.pool("gpu").placement(1), "pods ask in the same words"
    assert (contract.pool("gpu").grouped, grouped.pool("gpu").grouped) == (False, True)


def test_its_nodes_are_pinned_encrypted_and_tell_pods_nothing() -> None:
    spec = node_class(stack(gpu=GPU), "gpu")
    assert spec["amiSelectorTerms"] == [{"alias": "al2023@v20260714"}]
    assert spec["metadataOptions"]["httpTokens"] == "required"
    assert spec["metadataOptions"]["httpPutResponseHopLimit"] == 1
    (disk,) = spec["blockDeviceMappings"]
    assert (disk["deviceName"], disk["ebs"]["encrypted"], disk["ebs"]["volumeSize"]) == ("/dev/xvda", True, "200Gi")
    assert spec["tags"]["groundwork:pool"] == "gpu"
    assert spec["securityGroupSelectorTerms"] == [{"id": "sg-cluster"}]
    assert len(spec["subnetSelectorTerms"]) == 2


def test_its_nodes_hold_as_many_pods_as_those_of_node_groups() -> None:
    """By itself Karpenter counts single addresses, and the network gives them in blocks."""
    graph = stack(gpu=GPU, large={"instanceTypes": ["m7i.12xlarge"]})
    assert node_class(graph, "gpu")["kubelet"] == {"maxPods": 110}
    assert node_class(graph, "large")["kubelet"] == {"maxPods": 250}


def test_the_image_is_never_whatever_is_newest() -> None:
    with pytest.raises(StackError, match=r"karpenter\.imageRelease: "):
        build(network={}, eks={}, karpenter={"imageRelease": "latest"}, pools={"provisioner": "karpenter"})


def test_nodes_join_by_a_role_and_a_profile_of_their_own() -> None:
    graph = stack()
    profile = graph.one("aws:iam/instanceProfile:InstanceProfile", "karpenter-node")
    assert node_class(graph, "general")["instanceProfile"] == profile.inputs["name"]
    entry = graph.one("aws:eks/accessEntry:AccessEntry", "karpenter-node").inputs
    assert entry["type"] == "EC2_LINUX"
    assert entry["principalArn"] == NODE_ROLE


def test_the_controller_stands_on_nodes_that_are_not_its_own() -> None:
    values = stack("prod").one(RELEASE, "karpenter").inputs["values"]
    assert values["nodeSelector"] == {"groundwork.example/pool": "system"}
    assert values["replicas"] == 2
    assert values["settings"] == {
        "clusterName": "groundwork-prod-eks",
        "interruptionQueue": "groundwork-prod-eks",
        "eksControlPlane": True,
    }


def test_it_may_change_only_what_is_its_clusters() -> None:
    for statement in statements(stack()):
        actions, resources = statement["Action"], statement["Resource"]
        assert not [action for action in actions if "*" in action]
        if "*" in resources:
            verbs = {action.partition(":")[2] for action in actions}
            assert not [verb for verb in verbs if not verb.startswith(("Describe", "Get", "List"))]
    by_action = {action: statement for statement in statements(stack()) for action in statement["Action"]}
    for action in ("ec2:TerminateInstances", "ec2:DeleteLaunchTemplate", "ec2:CreateTags"):
        condition = by_action[action]["Condition"]
        assert condition["StringEquals"]["aws:ResourceTag/kubernetes.io/cluster/groundwork-dev-eks"] == "owned"
    assert by_action["iam:PassRole"]["Resource"] == [NODE_ROLE]
    assert "iam:CreateInstanceProfile" not in by_action, "the profile is the program's"


def test_what_is_launched_carries_the_clusters_tags() -> None:
    tagged = [s for s in statements(stack()) if "ec2:CreateLaunchTemplate" in s["Action"]]
    (one,) = tagged
    assert one["Condition"] == {
        "StringEquals": {
            "aws:RequestTag/kubernetes.io/cluster/groundwork-dev-eks": "owned",
            "aws:RequestTag/eks:eks-cluster-name": "groundwork-dev-eks",
        },
        "StringLike": {"aws:RequestTag/karpenter.sh/nodepool": "*"},
    }


def test_it_is_warned_of_what_aws_takes_back() -> None:
    graph = stack()
    patterns = [json.loads(r.inputs["eventPattern"]) for r in graph.of("aws:cloudwatch/eventRule:EventRule")]
    assert {pattern["detail-type"][0] for pattern in patterns} == {
        "AWS Health Event",
        "EC2 Spot Instance Interruption Warning",
        "EC2 Instance Rebalance Recommendation",
        "EC2 Instance State-change Notification",
        "EC2 Capacity Reservation Instance Interruption Warning",
    }
    targets = graph.of("aws:cloudwatch/eventTarget:EventTarget")
    assert len(targets) == len(patterns)
    allowed, denied = document(graph.one("aws:sqs/queuePolicy:QueuePolicy").inputs["policy"])
    assert allowed["Principal"] == {"Service": "events.amazonaws.com"}
    assert len(allowed["Condition"]["ArnEquals"]["aws:SourceArn"]) == len(patterns)
    assert (denied["Effect"], denied["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def test_pools_go_before_the_controller_that_ends_their_nodes() -> None:
    """A NodePool is deleted when its last node is gone: without Karpenter never."""
    graph = stack(gpu=GPU)
    controller = graph.one(RELEASE, "karpenter").urn
    kinds = {r.urn for r in graph if r.name.startswith("karpenter-api-")}
    for made in (*graph.of(NODE_POOL), *graph.of(NODE_CLASS)):
        assert controller in graph.before(made)
        assert graph.one("aws:eks/accessEntry:AccessEntry", "karpenter-node").urn in graph.before(made)
    before = graph.before(graph.one(RELEASE, "karpenter"))
    assert kinds <= before
    assert graph.one("aws:sqs/queuePolicy:QueuePolicy").urn in before
    assert graph.one("aws:iam/rolePolicy:RolePolicy", "karpenter-karpenter-nodes").urn in before
    classes = {r.urn for r in graph.of(NODE_CLASS)}
    assert classes & graph.before(graph.one(NODE_POOL, "pools-gpu"))


@pytest.mark.parametrize(
    ("purpose", "policy", "expires"),
    [
        ("general", "WhenEmptyOrUnderutilized", "720h"),
        ("serving", "WhenEmptyOrUnderutilized", "720h"),
        ("interactive", "WhenEmpty", "Never"),
        ("batch", "WhenEmpty", "Never"),
    ],
)
def test_what_a_pool_is_for_says_when_its_nodes_go(purpose: str, policy: str, expires: str) -> None:
    spec = pool(stack(work={"purpose": purpose}), "work")
    assert spec["disruption"]["consolidationPolicy"] == policy
    assert spec["template"]["spec"]["expireAfter"] == expires
    assert spec["template"]["spec"]["terminationGracePeriod"] != "", "a destroy must end"


def test_a_batch_node_goes_only_when_it_is_empty() -> None:
    budgets = pool(stack(work={"purpose": "batch"}), "work")["disruption"]["budgets"]
    assert {"nodes": "0", "reasons": ["Drifted", "Underutilized"]} in budgets
    assert {"nodes": "100%", "reasons": ["Empty"]} in budgets


def capacity(graph: Graph, name: str) -> list[str]:
    needs = pool(graph, name)["template"]["spec"]["requirements"]
    return next(list(each["values"]) for each in needs if each["key"] == "karpenter.sh/capacity-type")


RESERVED = {"id": "cr-0a1", "zone": "eu-west-1a", "instanceType": "p5.48xlarge", "count": 2}


def test_capacity_is_what_the_pool_says() -> None:
    graph = stack(
        spot={"capacity": "spot"},
        first={"capacity": "spotFirst"},
        odcr={"instanceTypes": ["p5.48xlarge"], "max": 4, "reservation": RESERVED},
        block={
            "instanceTypes": ["p5.48xlarge"],
            "max": 2,
            "reservation": {**RESERVED, "blockEnds": "2999-01-31T11:30:00Z"},
        },
    )
    assert capacity(graph, "spot") == ["spot"]
    assert capacity(graph, "first") == ["spot", "on-demand"]
    assert capacity(graph, "odcr") == ["reserved", "on-demand"]
    assert capacity(graph, "block") == ["reserved"]
    spec = node_class(graph, "block")
    assert spec["capacityReservationSelectorTerms"] == [{"id": "cr-0a1"}]
    assert len(spec["subnetSelectorTerms"]) == 1, "the reservation is of one zone"
    needs = pool(graph, "first")["template"]["spec"]["requirements"]
    assert len(next(each["values"] for each in needs if each["key"].endswith("instance-type"))) > 3


def test_nodes_with_adapters_are_close_together() -> None:
    graph = stack(train={"instanceTypes": ["p5.48xlarge"], "max": 2, "efa": True})
    spec = node_class(graph, "train")
    group = graph.one("aws:ec2/placementGroup:PlacementGroup")
    assert group.inputs["strategy"] == "cluster"
    assert spec["placementGroupSelector"] == {"name": group.inputs["name"]}
    assert spec["securityGroupSelectorTerms"] == [{"id": "sg-cluster"}, {"id": "pools-train-efa-id"}]
    assert len(spec["subnetSelectorTerms"]) == 1


def test_reserved_nodes_with_adapters_are_in_no_group_that_they_were_not_reserved_in() -> None:
    reserved = {"instanceTypes": ["p5.48xlarge"], "max": 2, "efa": True, "reservation": RESERVED}
    graph = stack(odcr=reserved, close={**reserved, "reservation": {**RESERVED, "placementGroup": "close"}})
    assert "placementGroupSelector" not in node_class(graph, "odcr")
    assert node_class(graph, "close")["placementGroupSelector"] == {"name": "close"}
    assert graph.of("aws:ec2/placementGroup:PlacementGroup") == []


def test_it_may_launch_into_what_another_account_shares() -> None:
    """Subnets of a network account, and capacity that somebody else bought: they keep their owner's number."""
    (read,) = [s for s in statements(stack()) if "arn:aws:ec2:eu-west-1::image/*" in s["Resource"]]
    assert "Condition" not in read
    assert set(read["Resource"]) == {
        "arn:aws:ec2:eu-west-1::image/*",
        "arn:aws:ec2:eu-west-1::snapshot/*",
        "arn:aws:ec2:eu-west-1:*:security-group/*",
        "arn:aws:ec2:eu-west-1:*:subnet/*",
        "arn:aws:ec2:eu-west-1:*:capacity-reservation/*",
        "arn:aws:ec2:eu-west-1:*:placement-group/*",
    }


@pytest.mark.parametrize(
    ("components", "problems"),
    [
        (
            {"pools": {"provisioner": "karpenter"}},
            ["pools.provisioner is karpenter, and nothing makes nodes: add `karpenter: {}` to this stack"],
        ),
        (
            {"karpenter": {}, "pools": {}},
            [
                "karpenter is there, and pools are node groups: set pools.provisioner: karpenter and leave "
                "cluster-autoscaler out, or leave karpenter out"
            ],
        ),
        (
            {
                "karpenter": {},
                "pools": {
                    "provisioner": "karpenter",
                    "general": {"min": 2},
                    "gpu": {**GPU, "sharing": {"timeSlicing": 4}},
                },
            },
            [
                "pools.general.min is 2, and Karpenter keeps no node that no pod needs: leave it out",
                "pools.gpu.sharing: Karpenter cannot know what a shared GPU shows on a node that is not there yet, and "
                "makes none: leave it out, or take node groups",
            ],
        ),
    ],
)
def test_what_karpenter_cannot_is_told(components: dict[str, Any], problems: list[str]) -> None:
    with pytest.raises(StackError) as error:
        build(network={}, eks={}, **components)
    assert list(error.value.problems) == problems
