"""What of each AWS type is paid for: pure functions from a resource's inputs to things that have a price."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from groundwork.preview.nodes import NODE_GROUP, NODE_POOL, Nodes, of_group, of_pool

Inputs = Mapping[str, Any]


@dataclass(frozen=True)
class Item:
    """One thing to pay for, as often as it is there at the least and at the most.

    Attributes:
        price: its key in the table of prices.
        others: what it may be as well; the dearest of all is counted.
        note: what a reader has to know of the figure.
    """

    price: str
    least: float
    most: float
    note: str = ""
    others: tuple[str, ...] = ()


def _always(price: str, count: float = 1) -> Callable[[Inputs, Inputs], list[Item]]:
    return lambda inputs, template: [Item(price, count, count)]


def _group(inputs: Inputs, template: Inputs) -> list[Item]:
    return _nodes(of_group(inputs, template))


def _pool(inputs: Inputs, node_class: Inputs) -> list[Item]:
    return _nodes(of_pool(inputs, node_class), "by Karpenter")


def _nodes(nodes: Nodes, *notes: str) -> list[Item]:
    first, *others = nodes.types
    least, most = (0, 0) if nodes.block else (nodes.least, nodes.most)
    if nodes.block:
        notes = (*notes, "paid in advance, with its capacity block")
    elif nodes.reservation is not None:
        notes = (*notes, "reserved: paid for whether its nodes are there or not")
    elif nodes.markets == ("spot",):
        notes = (*notes, "spot: what it costs on demand")
    disks = Item("gp3", nodes.least * nodes.disk_gib, nodes.most * nodes.disk_gib)
    return [Item(first, least, most, "; ".join(notes), tuple(others)), *([disks] if nodes.disk_gib else [])]


def _database(inputs: Inputs, template: Inputs) -> list[Item]:
    copies = 2 if inputs.get("multiAz") else 1
    storage = float(inputs.get("allocatedStorage") or 0)
    most = float(inputs.get("maxAllocatedStorage") or storage)
    return [
        Item(str(inputs["instanceClass"]), copies, copies),
        Item("db-storage", storage * copies, most * copies),
    ]


def _cache(inputs: Inputs, template: Inputs) -> list[Item]:
    nodes = float(inputs.get("numCacheClusters") or 1)
    return [Item(str(inputs["nodeType"]), nodes, nodes)]


def _endpoint(inputs: Inputs, template: Inputs) -> list[Item]:
    if inputs.get("vpcEndpointType") != "Interface":
        return []
    subnets = inputs.get("subnetIds")
    zones = len(subnets) if isinstance(subnets, list) else 1
    return [Item("interface-endpoint", zones, zones)]


def _lustre(inputs: Inputs, template: Inputs) -> list[Item]:
    size = float(inputs.get("storageCapacity") or 0)
    if str(inputs.get("deploymentType", "")).startswith("SCRATCH"):
        return [Item("lustre-scratch", size, size)]
    per_tib = inputs.get("perUnitStorageThroughput") or 125
    return [Item(f"lustre-persistent-{int(per_tib)}", size, size)]


PAID: Mapping[str, Callable[[Inputs, Inputs], list[Item]]] = {
    "aws:eks/cluster:Cluster": _always("eks-cluster"),
    NODE_GROUP: _group,
    NODE_POOL: _pool,
    "aws:ec2/natGateway:NatGateway": _always("nat-gateway"),
    "aws:ec2/eip:Eip": _always("public-ipv4"),
    "aws:ec2/vpcEndpoint:VpcEndpoint": _endpoint,
    "aws:elasticache/replicationGroup:ReplicationGroup": _cache,
    "aws:fsx/lustreFileSystem:LustreFileSystem": _lustre,
    "aws:kms/key:Key": _always("kms-key"),
    "aws:rds/instance:Instance": _database,
    "aws:route53/zone:Zone": _always("hosted-zone"),
    "aws:secretsmanager/secret:Secret": _always("secret"),
    "aws:cloudwatch/metricAlarm:MetricAlarm": _always("alarm"),
}
"""Type -> what of it is paid for by the hour or the month.

The second argument are the inputs of what nodes are made from: a launch template, or an EC2NodeClass of Karpenter's.
"""

BY_USE: Mapping[str, str] = {
    "aws:cloudwatch/logGroup:LogGroup": "by what is logged",
    "aws:ecr/repository:Repository": "by what is stored",
    "aws:efs/fileSystem:FileSystem": "by what is stored",
    "aws:s3/bucket:Bucket": "by what is stored and asked for",
    "aws:sns/topic:Topic": "by messages",
    "aws:sqs/queue:Queue": "by messages",
    "aws:ec2/flowLog:FlowLog": "by what is logged",
}
"""Type -> by what it is paid for, which no plan knows."""

_FREE = re.compile(
    r"aws:(acm|autoscaling|budgets|iam|ssm)/.*"
    r"|aws:(s3)/bucket[A-Z].*"
    r"|aws:vpc/.*"
    r"|aws:ec2/(defaultSecurityGroup|internetGateway|launchTemplate|placementGroup|route|routeTable"
    r"|routeTableAssociation|securityGroup|subnet|vpc|vpcEndpoint.+|vpcIpv4CidrBlockAssociation|vpcDhcp.*"
    r"|networkAcl.*|capacityReservation):.*"
    r"|aws:eks/(accessEntry|accessPolicyAssociation|addon|podIdentityAssociation):.*"
    r"|aws:(rds|elasticache)/(parameterGroup|subnetGroup|optionGroup|user|userGroup):.*"
    r"|aws:cloudwatch/(eventRule|eventTarget|logResourcePolicy):.*"
    r"|aws:ecr/(lifecyclePolicy|pullThroughCacheRule|registry.*|repositoryPolicy|repositoryCreationTemplate):.*"
    r"|aws:efs/(accessPoint|mountTarget|fileSystemPolicy|backupPolicy):.*"
    r"|aws:fsx/dataRepositoryAssociation:.*"
    r"|aws:kms/(alias|grant|keyPolicy):.*"
    r"|aws:route53/record:.*"
    r"|aws:(sns/topicPolicy|sns/topicSubscription|sqs/queuePolicy):.*"
    r"|aws:secretsmanager/(secretVersion|secretPolicy|secretRotation):.*"
)


def free(token: str) -> bool:
    """Tell whether AWS charges nothing for a type by itself."""
    return _FREE.fullmatch(token) is not None
