"""Who reaches a server of AWS in the network: one port, from named addresses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from infra._aws import AwsComponent


def one_port(
    part: str,
    *,
    parent: AwsComponent[Any],
    name: str,
    description: str,
    what: str,
    vpc_id: pulumi.Input[str],
    port: int,
    cidrs: Sequence[str],
) -> aws.ec2.SecurityGroup:
    """Make the security group of a server that is called at one TCP port, and itself calls nobody.

    Args:
        part: what the group is to its component: "access".
        name: in AWS.
        what: is let in, and from where: "PostgreSQL, from nodes and pods".
        cidrs: from which it may be called.
    """
    return aws.ec2.SecurityGroup(
        f"{parent.name}-{part}",
        name=name,
        description=description,
        vpc_id=vpc_id,
        ingress=[
            {"description": what, "protocol": "tcp", "from_port": port, "to_port": port, "cidr_blocks": list(cidrs)}
        ],
        egress=[],
        tags={"Name": name},
        opts=parent.child(),
    )
