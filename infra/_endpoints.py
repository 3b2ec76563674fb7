"""A network's endpoints: how it reaches AWS's own services without a way out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import pulumi
import pulumi_aws as aws

from infra._access import one_port
from infra._aws import AwsComponent

Endpoint = Literal[
    "autoscaling",
    "ec2",
    "ecr.api",
    "ecr.dkr",
    "eks",
    "eks-auth",
    "elasticfilesystem",
    "elasticloadbalancing",
    "kms",
    "logs",
    "monitoring",
    "secretsmanager",
    "sqs",
    "ssm",
    "ssmmessages",
    "sts",
]
"""Services with an interface endpoint that something of this platform calls: each costs by the hour and zone."""

# What nodes, the cluster's controllers and pods' identities call all the time.
USUAL: tuple[Endpoint, ...] = (
    "autoscaling",
    "ec2",
    "ecr.api",
    "ecr.dkr",
    "eks",
    "eks-auth",
    "elasticloadbalancing",
    "kms",
    "logs",
    "secretsmanager",
    "sts",
)


def s3_policy(accounts: Sequence[str]) -> str:
    """Return what passes the endpoint of S3: reading from anywhere, all else in the buckets of these accounts only.

    Images, packages and models come from buckets of AWS and of others: ECR's layers, registry.k8s.io, Amazon Linux.
    """
    statements: list[dict[str, Any]] = [
        {
            "Sid": "ReadAnywhere",
            "Effect": "Allow",
            "Principal": "*",
            "Action": ["s3:GetBucketLocation", "s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket"],
            "Resource": "*",
        },
        {
            "Sid": "OwnBuckets",
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:ResourceAccount": list(accounts)}},
        },
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def gateway(
    parent: AwsComponent[Any],
    *,
    vpc_id: pulumi.Input[str],
    table_ids: Sequence[pulumi.Input[str]],
    accounts: Sequence[str],
    tags: Mapping[str, str],
) -> aws.ec2.VpcEndpoint:
    """Make the endpoint of S3: traffic to it costs nothing this way, and passes no NAT gateway."""
    return aws.ec2.VpcEndpoint(
        f"{parent.name}-s3",
        vpc_id=vpc_id,
        service_name=f"com.amazonaws.{parent.region}.s3",
        vpc_endpoint_type="Gateway",
        route_table_ids=list(table_ids),
        policy=s3_policy(accounts),
        tags=dict(tags),
        opts=parent.child(),
    )


def interfaces(
    parent: AwsComponent[Any],
    services: Sequence[Endpoint],
    *,
    vpc_id: pulumi.Input[str],
    subnet_ids: Sequence[pulumi.Input[str]],
    cidrs: Sequence[str],
) -> None:
    """Make an interface endpoint a service, which answers under the service's own name.

    Args:
        cidrs: who may call them.
    """
    if not services:
        return
    group = one_port(
        "endpoints",
        parent=parent,
        name=parent.environment.cloud_name(parent.name, "endpoints"),
        description="who may call AWS through the network's endpoints",
        what="HTTPS, from the network",
        vpc_id=vpc_id,
        port=443,
        cidrs=cidrs,
    )
    for service in services:
        aws.ec2.VpcEndpoint(
            f"{parent.name}-endpoint-{service.replace('.', '-')}",
            vpc_id=vpc_id,
            service_name=f"com.amazonaws.{parent.region}.{service}",
            vpc_endpoint_type="Interface",
            private_dns_enabled=True,
            subnet_ids=list(subnet_ids),
            security_group_ids=[group.id],
            tags={"Name": parent.environment.cloud_name(parent.name, service.replace(".", "-"))},
            opts=parent.child(),
        )
