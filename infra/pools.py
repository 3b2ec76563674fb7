"""The nodes of an EKS cluster, in pools."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Annotated, Any, Literal, Self

import pulumi
import pulumi_aws as aws
from pydantic import AfterValidator, ConfigDict, Field, ValidationInfo, model_validator

from groundwork.core.config import Config, Told
from groundwork.core.contracts import NodePools
from groundwork.core.errors import closest
from groundwork.core.naming import is_label
from infra import _pod_room as pod_room
from infra._aws import AwsComponent
from infra._eks_cluster import EksCluster
from infra._karpenter_nodes import NodeProvisioner
from infra._nodes import NodeGroup, make_group
from infra._pool_settings import PoolSettings
from infra._pool_shapes import SPOT, node_group, node_pool, provisioned, with_fallback
from infra._reservations import group_problem, zone_problem
from infra.eks import SYSTEM_NODES, SYSTEM_POOL
from infra.network import VpcNetwork

# With the six characters that follow it, and what AWS puts before it, a name of a node group has room for more.
_LONGEST_NAME = 30


def _pool_name(name: str) -> str:
    if not is_label(name, limit=_LONGEST_NAME):
        raise ValueError(
            f"{name!r} is no name for a pool: lower case letters, digits, hyphens; {_LONGEST_NAME} at most"
        )
    if name == SYSTEM_POOL:
        raise ValueError(f"{name!r} is the cluster's own pool: choose another name")
    if name.endswith(SPOT):
        raise ValueError(f"{name!r} ends as the first group of a spotFirst pool does: choose another name")
    return name


class PoolsConfig(Config):
    """What a stack file may say under `pools:`: the pools by name.

    `general`, for whatever asks for no other, is there by itself; `general: null` leaves it out.
    """

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[Annotated[str, AfterValidator(_pool_name)], PoolSettings] = Field(init=False)

    provisioner: Literal["nodeGroups", "karpenter"] = Field(
        default="nodeGroups",
        description="who makes the nodes: managed node groups, which the cluster-autoscaler sizes, or `karpenter`",
    )
    general: Annotated[PoolSettings | None, Told(lambda _: "{}")] = Field(
        default=None, validate_default=True, description="for whatever asks for no other; null leaves it out"
    )

    @model_validator(mode="before")
    @classmethod
    def _always_general(cls, data: Any, info: ValidationInfo) -> Any:
        return {"general": {}, **data} if isinstance(data, Mapping) else data

    @model_validator(mode="after")
    def _some(self) -> Self:
        if not self.pools:
            raise ValueError("no pool is left: name one, or leave `general` as it is")
        return self

    @property
    def pools(self) -> dict[str, PoolSettings]:
        """The pools by name."""
        named = dict(self.__pydantic_extra__ or {})
        return {"general": self.general, **named} if self.general is not None else named


class Pools(AwsComponent[PoolsConfig]):
    """Nodes by pool: for what needs a CPU, and one line each for what needs an accelerator."""

    def build(self, cluster: EksCluster, network: VpcNetwork, provisioner: NodeProvisioner | None) -> NodePools:
        """Make the pools.

        Refuses where there is no Karpenter, or one for nothing, or a pool, or the pods of all nodes, cannot be in this
        network.
        """
        groups = [
            node_group(name, settings, self.environment.profile) for name, settings in sorted(self.config.pools.items())
        ]
        problems = self._problems(groups, network, provisioner)
        # Without a place no group can be made; what needs pools says its own all the same.
        self.refuse(problems)
        if provisioner is None:
            self._tell_raised(groups, cluster.name)
        for group in groups if not problems else ():
            self._make(group, cluster, network, provisioner)
        shared = {name: settings.sharing for name, settings in self.config.pools.items()}
        return NodePools(
            pools=tuple(
                asdict(node_pool(group, shared[group.name], grouped=provisioner is None))
                for group in (groups if provisioner is None else map(provisioned, groups))
            )
        )

    def _problems(
        self, groups: Sequence[NodeGroup], network: VpcNetwork, provisioner: NodeProvisioner | None
    ) -> list[str]:
        by_karpenter = self.config.provisioner == "karpenter"
        problems = []
        if by_karpenter and provisioner is None:
            problems.append(
                f"{self.name}.provisioner is karpenter, and nothing makes nodes: add `karpenter: {{}}` to this stack"
            )
        if not by_karpenter and provisioner is not None:
            problems.append(
                f"karpenter is there, and {self.name} are node groups: set {self.name}.provisioner: karpenter and "
                "leave cluster-autoscaler out, or leave karpenter out"
            )
        for group in groups:
            problems += [f"{self.name}.{group.name}.{problem}" for problem in _misplaced(group, network)]
            settings = self.config.pools[group.name]
            beyond = _not_by_karpenter(settings) if by_karpenter else _not_by_groups(group)
            problems += [f"{self.name}.{group.name}.{problem}" for problem in beyond]
        # Where a second group stands behind the first, each may reach the maximum.
        nodes = [
            pod_room.Nodes(each.instance_types[0], each.maximum) for group in groups for each in with_fallback(group)
        ]
        return [*problems, *pod_room.problems(self.name, network, [SYSTEM_NODES, *nodes])]

    def _tell_raised(self, groups: Sequence[NodeGroup], cluster: str) -> None:
        """Warn of a higher minimum, to which EKS itself brings no group.

        https://docs.aws.amazon.com/eks/latest/APIReference/API_NodegroupScalingConfig.html
        """
        before = {pool["name"]: pool["minimum"] for pool in self.before.get("pools") or ()}
        for group in groups:
            if group.minimum > before.get(group.name, group.minimum):
                pulumi.log.warn(
                    f"{self.name}.{group.name}.min: EKS refuses {group.minimum} where the group has fewer nodes, and "
                    "how many it has is the autoscaler's to say; where they are fewer, run this first: aws eks "
                    f"update-nodegroup-config --cluster-name {cluster} --nodegroup-name {group.full_name} "
                    f"--scaling-config desiredSize={group.minimum}",
                    self,
                )

    def _make(
        self, group: NodeGroup, cluster: EksCluster, network: VpcNetwork, provisioner: NodeProvisioner | None
    ) -> None:
        subnet_ids = network.private_subnet_ids
        zone = group.zone or (network.zones[0] if group.efa else None)
        if zone is not None:
            number = network.zones.index(zone)
            subnet_ids = subnet_ids.apply(lambda ids: [ids[number]])
        together: list[pulumi.Resource] = []
        security_group_ids: list[pulumi.Input[str]] = []
        if group.efa:
            adapters, together = self._adapters(group, network)
            security_group_ids = [cluster.security_group_id, adapters.id]
        # Reserved machines are where they are: EC2 gives none of them to who asks for another placement group.
        if group.efa and group.reservation is None:
            name = self.environment.cloud_name(self.name, group.name)
            place = aws.ec2.PlacementGroup(
                f"{self.name}-{group.name}", name=name, strategy="cluster", opts=self.child()
            )
            group = replace(group, placement_group=name)
            together = [place, *together]
        if provisioner is not None:
            provisioner.provide(
                provisioned(group),
                parent=self,
                cluster=cluster,
                subnet_ids=subnet_ids,
                security_group_ids=security_group_ids or [cluster.security_group_id],
                after=together,
            )
            return
        for each in with_fallback(group):
            make_group(
                each,
                parent=self,
                cluster=cluster.name,
                cluster_name=cluster.name,
                version=cluster.version,
                role_arn=cluster.node_role_arn,
                subnet_ids=subnet_ids,
                security_group_ids=security_group_ids,
                # All of the cluster: nodes need its add-ons, and are gone before these are.
                after=[*self.after, *together],
            )

    def _adapters(self, group: NodeGroup, network: VpcNetwork) -> tuple[aws.ec2.SecurityGroup, list[pulumi.Resource]]:
        """Make the security group of a pool's adapters: these reach each other only by rules that name it itself.

        https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/efa-start.html#efa-start-security
        """
        name = f"{self.name}-{group.name}-efa"
        made = aws.ec2.SecurityGroup(
            name,
            name=self.environment.cloud_name(self.name, group.name, "efa"),
            description=f"Elastic Fabric Adapters of the pool {group.name}: among themselves alone",
            vpc_id=network.vpc_id,
            opts=self.child(),
        )
        rules: list[pulumi.Resource] = [
            kind(
                name,
                security_group_id=made.id,
                referenced_security_group_id=made.id,
                ip_protocol="-1",
                description="all of it, among one another",
                opts=self.child(),
            )
            for kind in (aws.vpc.SecurityGroupIngressRule, aws.vpc.SecurityGroupEgressRule)
        ]
        return made, rules


def _misplaced(group: NodeGroup, network: VpcNetwork) -> list[str]:
    if group.reservation is not None:
        problem = zone_problem(group.reservation, network.zones)
        return [problem] if problem else []
    if group.zone is not None and group.zone not in network.zones:
        return [f"zone: {group.zone!r} is none of the network's; {closest(group.zone, network.zones)}"]
    return []


def _not_by_groups(group: NodeGroup) -> list[str]:
    """Return a sentence for each thing of a pool that a managed node group cannot do."""
    problem = group_problem(group.reservation, group.maximum) if group.reservation is not None else None
    return [problem] if problem else []


def _not_by_karpenter(settings: PoolSettings) -> list[str]:
    """Return a sentence for each thing of a pool that Karpenter cannot do."""
    problems = []
    if settings.min:
        problems.append(f"min is {settings.min}, and Karpenter keeps no node that no pod needs: leave it out")
    if settings.sharing is not None:
        problems.append(
            "sharing: Karpenter cannot know what a shared GPU shows on a node that is not there yet, and makes none: "
            "leave it out, or take node groups"
        )
    return problems
