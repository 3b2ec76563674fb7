"""What Karpenter's chart is told, and what its controller may do in AWS: no engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
from addons._charts import budget
from addons._pods import resources, spread

from groundwork.core.contracts import Statement
from groundwork.core.contracts.pools import POOL_LABEL

ACCOUNT = "karpenter"
_POOL = "karpenter.sh/nodepool"

# What it makes carries the tags of its cluster from the first moment on; what it changes or ends has to have them.
_MADE = ("fleet", "instance", "volume", "network-interface", "launch-template", "spot-instances-request")
_OTHERS = ("image", "snapshot")  # these belong to whoever publishes the image
# A company's network account shares its subnets, and whoever bought capacity that: they keep their owner's number.
_SHARED = ("security-group", "subnet", "capacity-reservation", "placement-group")

EVENTS: Mapping[str, tuple[str, str]] = {
    "health": ("aws.health", "AWS Health Event"),
    "spot-interruption": ("aws.ec2", "EC2 Spot Instance Interruption Warning"),
    "rebalance": ("aws.ec2", "EC2 Instance Rebalance Recommendation"),
    "instance-state": ("aws.ec2", "EC2 Instance State-change Notification"),
    "reservation-interruption": ("aws.ec2", "EC2 Capacity Reservation Instance Interruption Warning"),
}
"""What it wants to hear of, by name of the rule: source and kind of event."""


def values(*, cluster: str, queue: str, replicas: int, system_pool: str) -> dict[str, Any]:
    """Return the chart's values.

    https://github.com/aws/karpenter-provider-aws/tree/v1.14.1/charts/karpenter

    Args:
        queue: name of the queue that tells of interruptions.
        system_pool: whose nodes are there whatever Karpenter does: it must not depend on nodes of its own.
    """
    return {
        "fullnameOverride": "karpenter",
        "replicas": replicas,
        "serviceAccount": {"name": ACCOUNT},
        "nodeSelector": {POOL_LABEL: system_pool},
        # Beside the chart's own rule that no two are on one node.
        "topologySpreadConstraints": spread({"app.kubernetes.io/name": "karpenter"}),
        "podDisruptionBudget": {"name": "karpenter", **(budget(replicas) or {"maxUnavailable": 1})},
        "controller": {"resources": resources("250m", "512Mi", "1Gi")},
        "settings": {
            "clusterName": cluster,
            "interruptionQueue": queue,
            # It asks EKS where the API server is, and with which version nodes have to be.
            "eksControlPlane": True,
        },
    }


def statements(
    *,
    cluster: str,
    partition: str,
    region: str,
    account_id: str,
    node_role_arn: pulumi.Input[str],
    queue_arn: pulumi.Input[str],
) -> list[Statement]:
    """Return what the controller may do: as upstream's policies, less what making instance profiles would need.

    https://github.com/aws/karpenter-provider-aws/blob/v1.14.1/website/content/en/docs/getting-started/getting-started-with-karpenter/cloudformation.yaml
    """

    def ec2(kind: str) -> str:
        owner = "" if kind in _OTHERS else "*" if kind in _SHARED else account_id
        return f"arn:{partition}:ec2:{region}:{owner}:{kind}/*"

    of_cluster = f"kubernetes.io/cluster/{cluster}"
    any_pool = {f"aws:RequestTag/{_POOL}": "*"}
    tagged = {
        "StringEquals": {f"aws:RequestTag/{of_cluster}": "owned", "aws:RequestTag/eks:eks-cluster-name": cluster},
        "StringLike": any_pool,
    }
    own = {
        "StringEquals": {f"aws:ResourceTag/{of_cluster}": "owned"},
        "StringLike": {f"aws:ResourceTag/{_POOL}": "*"},
    }
    launch = ["ec2:RunInstances", "ec2:CreateFleet"]
    return [
        Statement(launch, [ec2(kind) for kind in (*_OTHERS, *_SHARED)]),
        Statement(launch, [ec2("launch-template")], own),
        Statement([*launch, "ec2:CreateLaunchTemplate"], [ec2(kind) for kind in _MADE], tagged),
        Statement(
            ["ec2:CreateTags"],
            [ec2(kind) for kind in _MADE],
            {
                **tagged,
                "StringEquals": {
                    **tagged["StringEquals"],
                    "ec2:CreateAction": ["RunInstances", "CreateFleet", "CreateLaunchTemplate"],
                },
            },
        ),
        Statement(
            ["ec2:CreateTags"],
            [ec2("instance")],
            {
                **own,
                "StringEqualsIfExists": {"aws:RequestTag/eks:eks-cluster-name": cluster},
                "ForAllValues:StringEquals": {
                    "aws:TagKeys": ["eks:eks-cluster-name", "karpenter.sh/nodeclaim", "Name"]
                },
            },
        ),
        Statement(
            ["ec2:TerminateInstances", "ec2:DeleteLaunchTemplate"], [ec2("instance"), ec2("launch-template")], own
        ),
        Statement(
            ["iam:PassRole"],
            [node_role_arn],
            {"StringEquals": {"iam:PassedToService": ["ec2.amazonaws.com", "ec2.amazonaws.com.cn"]}},
        ),
        Statement(["eks:DescribeCluster"], [f"arn:{partition}:eks:{region}:{account_id}:cluster/{cluster}"]),
        Statement(["sqs:DeleteMessage", "sqs:GetQueueUrl", "sqs:ReceiveMessage"], [queue_arn]),
        Statement(
            [
                "ec2:DescribeCapacityReservations",
                "ec2:DescribeImages",
                "ec2:DescribeInstances",
                "ec2:DescribeInstanceStatus",
                "ec2:DescribeInstanceTypeOfferings",
                "ec2:DescribeInstanceTypes",
                "ec2:DescribeLaunchTemplates",
                "ec2:DescribePlacementGroups",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSpotPriceHistory",
                "ec2:DescribeSubnets",
            ],
            # None of these actions knows a resource.
            ["*"],
            {"StringEquals": {"aws:RequestedRegion": region}},
        ),
        Statement(["ssm:GetParameter"], [f"arn:{partition}:ssm:{region}::parameter/aws/service/*"]),
        # The same of these two.
        Statement(["pricing:GetProducts"], ["*"]),
        Statement(["iam:ListInstanceProfiles"], ["*"]),
        Statement(["iam:GetInstanceProfile"], [f"arn:{partition}:iam::{account_id}:instance-profile/*"]),
    ]


def queue_policy(*, queue_arn: str, account_id: str, rule_arns: list[str]) -> dict[str, Any]:
    """Return the queue's policy: these rules alone may write, and nobody in plain text."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Events",
                "Effect": "Allow",
                "Principal": {"Service": "events.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": queue_arn,
                "Condition": {
                    "ArnEquals": {"aws:SourceArn": rule_arns},
                    "StringEquals": {"aws:SourceAccount": account_id},
                },
            },
            {
                "Sid": "EncryptedOnly",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "sqs:*",
                "Resource": queue_arn,
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            },
        ],
    }
