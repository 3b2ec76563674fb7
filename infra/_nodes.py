"""Managed node groups: the one way to make nodes, for the system's own and for pools."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pulumi
import pulumi_aws as aws

from groundwork.core.contracts import Taint
from groundwork.core.contracts.pools import PURPOSE_LABEL
from infra._aws import AwsComponent
from infra._purposes import Purpose, scale_down
from infra._reservations import ReservationSettings

Capacity = Literal["onDemand", "spot", "spotFirst"]

_CAPACITY = {"onDemand": "ON_DEMAND", "spot": "SPOT"}
_AUTOSCALING = "k8s.io/cluster-autoscaler/node-template/autoscaling-options/"
_EFFECT = {"NoSchedule": "NO_SCHEDULE", "NoExecute": "NO_EXECUTE", "PreferNoSchedule": "PREFER_NO_SCHEDULE"}


@dataclass(frozen=True, kw_only=True)
class NodeGroup:
    """What a group of nodes is, as plain data.

    Attributes:
        ami_type: EKS's word for the image.
        disk_gib: of the root volume.
        tags: of the node group, beside the stack's; the cluster-autoscaler reads what a node would offer from them,
            by `eks:DescribeNodegroup`.
        zone: where all nodes are; None for all zones of the network.
        efa: how many Elastic Fabric Adapters each node has.
        placement_group: that keeps its nodes close together.
    """

    name: str
    instance_types: tuple[str, ...]
    ami_type: str
    minimum: int
    maximum: int
    disk_gib: int
    capacity: Capacity = "onDemand"
    labels: Mapping[str, str]
    taints: tuple[Taint, ...] = ()
    tags: Mapping[str, str]
    purpose: Purpose = "general"
    reservation: ReservationSettings | None = None
    zone: str | None = None
    efa: int = 0
    placement_group: str | None = None

    @property
    def full_name(self) -> str:
        """The name in EKS: other for other machines, so that the new ones are there before the old ones go."""
        # What came later counts only where it is said, so that no group gets another name by it.
        later = [str(part) for part in (self.reservation and self.reservation.id, self.zone, self.efa) if part]
        machines = ",".join((*self.instance_types, self.ami_type, self.capacity, *later))
        return f"{self.name}-{hashlib.sha256(machines.encode()).hexdigest()[:6]}"


def make_group(
    group: NodeGroup,
    *,
    parent: AwsComponent[Any],
    cluster: pulumi.Input[str],
    cluster_name: str,
    version: str,
    role_arn: pulumi.Input[str],
    subnet_ids: pulumi.Input[Sequence[str]],
    security_group_ids: Sequence[pulumi.Input[str]] = (),
    after: Sequence[pulumi.Resource] = (),
) -> aws.eks.NodeGroup:
    """Make a node group with a launch template of its own.

    Args:
        cluster: the name, as an Output where the cluster is made here.
        cluster_name: the same, plain.
        version: the minor version of Kubernetes: nodes follow when the cluster is upgraded.
        security_group_ids: of nodes with adapters, for which EKS adds none by itself.
        after: what nodes need to become ready, and what has to outlive them.
    """
    template = _template(group, parent, cluster_name, security_group_ids)
    in_block = group.reservation is not None and group.reservation.is_block
    # Of nodes that Karpenter makes it is no label: another one would make them outdated.
    labels = {PURPOSE_LABEL: group.purpose, **group.labels} if group.purpose != "general" else dict(group.labels)
    made = aws.eks.NodeGroup(
        f"{parent.name}-{group.name}",
        cluster_name=cluster,
        node_group_name=group.full_name,
        node_role_arn=role_arn,
        subnet_ids=subnet_ids,
        version=version,
        ami_type=group.ami_type,
        capacity_type="CAPACITY_BLOCK" if in_block else _CAPACITY[group.capacity],
        # Of a capacity block the template has to say it, and one of the two alone may.
        instance_types=None if in_block else list(group.instance_types),
        scaling_config={"min_size": group.minimum, "max_size": group.maximum, "desired_size": group.minimum},
        update_config=_update(group),
        labels=labels,
        taints=[{"key": t.key, "value": t.value, "effect": _EFFECT[t.effect]} for t in group.taints],
        launch_template={"id": template.id, "version": template.latest_version.apply(str)},
        tags=dict(group.tags),
        # How many there are is the autoscaler's to decide, between the two limits.
        opts=parent.child(depends_on=list(after), ignore_changes=["scalingConfig.desiredSize"]),
    )
    _guide(group, made, parent)
    return made


def _update(group: NodeGroup) -> aws.eks.NodeGroupUpdateConfigArgs:
    """Return how an update replaces nodes: one at a time, so that on the others the work goes on to its end.

    First the new one, then the old one goes; but beyond a reservation there is no room for a new one.
    https://docs.aws.amazon.com/eks/latest/userguide/managed-node-update-behavior.html
    """
    return aws.eks.NodeGroupUpdateConfigArgs(
        max_unavailable=1, update_strategy="MINIMAL" if group.reservation is not None else None
    )


def _guide(group: NodeGroup, made: aws.eks.NodeGroup, parent: AwsComponent[Any]) -> None:
    """Tell the cluster-autoscaler when nodes of this group may go.

    It reads that from the Auto Scaling group that EKS makes, to which EKS passes no tag of the node group.
    """
    name = made.resources.apply(lambda found: next(each.name for each in found[0].autoscaling_groups or ()))
    for option, value in scale_down(group.purpose).items():
        aws.autoscaling.Tag(
            f"{parent.name}-{group.name}-{option}",
            autoscaling_group_name=name,
            tag={"key": f"{_AUTOSCALING}{option}", "value": value, "propagate_at_launch": False},
            opts=parent.child(),
        )


def _template(
    group: NodeGroup, parent: AwsComponent[Any], cluster_name: str, security_group_ids: Sequence[pulumi.Input[str]]
) -> aws.ec2.LaunchTemplate:
    name = f"{cluster_name}-{group.name}"
    # Neither the provider's default tags nor a node group's reach the instances and volumes, where the money goes.
    tags = {**parent.environment.tags, "Name": name, "groundwork:pool": group.name}
    return aws.ec2.LaunchTemplate(
        f"{parent.name}-{group.name}",
        name=name,
        description=f"nodes of the pool {group.name} of {cluster_name}",
        update_default_version=True,
        block_device_mappings=[
            {
                # The root device of Amazon Linux 2023.
                "device_name": "/dev/xvda",
                "ebs": {
                    "volume_size": group.disk_gib,
                    "volume_type": "gp3",
                    "encrypted": "true",
                    "delete_on_termination": "true",
                },
            }
        ],
        # IMDSv2 only, and not from a pod: pods have identities of their own.
        metadata_options={
            "http_endpoint": "enabled",
            "http_tokens": "required",
            "http_put_response_hop_limit": 1,
        },
        tag_specifications=[
            {"resource_type": kind, "tags": tags} for kind in ("instance", "volume", "network-interface")
        ],
        **_reserved(group),
        **_close_together(group, security_group_ids),
        opts=parent.child(),
    )


def _reserved(group: NodeGroup) -> dict[str, Any]:
    """Return what a template says of reserved machines.

    https://docs.aws.amazon.com/eks/latest/userguide/capacity-blocks-mng.html
    """
    if group.reservation is None:
        return {}
    target = {"capacity_reservation_target": {"capacity_reservation_id": group.reservation.id}}
    if not group.reservation.is_block:
        return {"capacity_reservation_specification": target}
    return {
        "capacity_reservation_specification": target,
        "instance_market_options": {"market_type": "capacity-block"},
        "instance_type": group.reservation.instance_type,
    }


def _close_together(group: NodeGroup, security_group_ids: Sequence[pulumi.Input[str]]) -> dict[str, Any]:
    """Return what a template says of Elastic Fabric Adapters: one on each network card, as Karpenter 1.14 has them too.

    https://github.com/aws/karpenter-provider-aws/blob/v1.14.1/pkg/providers/launchtemplate/launchtemplate.go
    """
    place = {"placement": {"group_name": group.placement_group}} if group.placement_group is not None else {}
    if not group.efa:
        return place
    return {
        **place,
        "network_interfaces": [
            {
                "device_index": 0 if card == 0 else 1,
                "network_card_index": card,
                "interface_type": "efa",
                "security_groups": list(security_group_ids),
                "delete_on_termination": "true",
            }
            for card in range(group.efa)
        ],
    }
