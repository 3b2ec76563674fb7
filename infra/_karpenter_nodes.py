"""What Karpenter offers to pools: nodes for pods, as they come, instead of a node group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from addons.karpenter_api import KarpenterKinds

from groundwork.core.contract import Contract
from infra import _pod_room as pod_room
from infra._aws import AwsComponent
from infra._eks_cluster import EksCluster
from infra._nodes import NodeGroup
from infra._purposes import DISRUPTIONS

CAPACITY_LABEL = "karpenter.sh/capacity-type"
_INSTANCE_TYPE = "node.kubernetes.io/instance-type"
_CAPACITY = {"onDemand": ("on-demand",), "spot": ("spot",), "spotFirst": ("spot", "on-demand")}


@dataclass(frozen=True, kw_only=True)
class NodeProvisioner(Contract):
    """Makes nodes for pods that wait.

    Attributes:
        instance_profile: what its nodes are to AWS.
        image: the machine image that they are made of, pinned.
    """

    instance_profile: str
    image: str

    def provide(
        self,
        group: NodeGroup,
        *,
        parent: AwsComponent[Any],
        cluster: EksCluster,
        subnet_ids: pulumi.Input[Sequence[str]],
        security_group_ids: Sequence[pulumi.Input[str]],
        after: Sequence[pulumi.Resource] = (),
    ) -> None:
        """Let there be nodes of this shape, up to its maximum.

        Args:
            after: what launching one needs.
        """
        kinds = KarpenterKinds()
        tags = {**parent.environment.tags, "Name": f"{cluster.name}-{group.name}", "groundwork:pool": group.name}
        spec = node_class(
            group,
            image=self.image,
            instance_profile=self.instance_profile,
            subnet_ids=subnet_ids,
            security_group_ids=security_group_ids,
            tags=tags,
        )
        made = kinds.node_class(group.name, parent=parent, cluster=cluster, spec=spec)
        kinds.node_pool(
            group.name,
            parent=parent,
            cluster=cluster,
            spec=node_pool(group),
            purpose=group.purpose,
            after=[*after, made],
        )


def node_class(
    group: NodeGroup,
    *,
    image: str,
    instance_profile: str,
    subnet_ids: pulumi.Input[Sequence[str]],
    security_group_ids: Sequence[pulumi.Input[str]],
    tags: dict[str, str],
) -> dict[str, Any]:
    """Return the spec of the EC2NodeClass of a pool.

    Subnets and security groups are named, not discovered by tags: an existing network need not be tagged, and nobody
    else's tag brings nodes into another one.
    """
    spec: dict[str, Any] = {
        "amiSelectorTerms": [{"alias": image}],
        "instanceProfile": instance_profile,
        "subnetSelectorTerms": pulumi.Output.from_input(subnet_ids).apply(
            lambda ids: [{"id": subnet} for subnet in ids]
        ),
        "securityGroupSelectorTerms": [{"id": group_id} for group_id in security_group_ids],
        "blockDeviceMappings": [
            {
                "deviceName": "/dev/xvda",
                "rootVolume": True,
                "ebs": {
                    "volumeSize": f"{group.disk_gib}Gi",
                    "volumeType": "gp3",
                    "encrypted": True,
                    "deleteOnTermination": True,
                },
            }
        ],
        "metadataOptions": {
            "httpEndpoint": "enabled",
            "httpProtocolIPv6": "disabled",
            "httpTokens": "required",
            "httpPutResponseHopLimit": 1,
        },
        # As many as EKS allows on a node of its own groups: Karpenter itself counts single addresses, and not the
        # blocks in which the network gives them.
        "kubelet": {"maxPods": pod_room.Nodes(group.instance_types[0], group.maximum).pods},
        "tags": tags,
    }
    if group.reservation is not None:
        spec["capacityReservationSelectorTerms"] = [{"id": group.reservation.id}]
    if group.placement_group is not None:
        spec["placementGroupSelector"] = {"name": group.placement_group}
    return spec


def node_pool(group: NodeGroup) -> dict[str, Any]:
    """Return the spec of the NodePool of a pool."""
    rules = DISRUPTIONS[group.purpose]
    return {
        "template": {
            "metadata": {"labels": dict(group.labels)},
            "spec": {
                "nodeClassRef": {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": group.name},
                "requirements": [
                    {"key": _INSTANCE_TYPE, "operator": "In", "values": list(group.instance_types)},
                    {"key": CAPACITY_LABEL, "operator": "In", "values": list(_capacity(group))},
                ],
                "taints": [
                    {"key": t.key, **({"value": t.value} if t.value else {}), "effect": t.effect} for t in group.taints
                ],
                "expireAfter": rules.longest_life,
                "terminationGracePeriod": rules.patience,
            },
        },
        "limits": {"nodes": str(group.maximum)},
        "disruption": {
            "consolidationPolicy": "WhenEmptyOrUnderutilized" if rules.moves_pods else "WhenEmpty",
            "consolidateAfter": rules.idle,
            "budgets": [dict(budget) for budget in rules.budgets],
        },
    }


def _capacity(group: NodeGroup) -> tuple[str, ...]:
    if group.reservation is None:
        return _CAPACITY[group.capacity]
    # A block has no more than was bought; beside a reservation the rest comes on demand.
    return ("reserved",) if group.reservation.is_block else ("reserved", "on-demand")
