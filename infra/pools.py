"""The nodes of an EKS cluster, in pools."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any, Self

from pydantic import AfterValidator, ConfigDict, Field, ValidationInfo, model_validator

from groundwork.core.config import Config
from groundwork.core.contracts import NodePools
from groundwork.core.errors import StackError
from groundwork.core.naming import is_label
from infra import _pod_room as pod_room
from infra._aws import AwsComponent
from infra._eks_cluster import EksCluster
from infra._nodes import make_group
from infra._pool_settings import PoolSettings, node_group, node_pool
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
    return name


class PoolsConfig(Config):
    """What a stack file may say under `pools:`: the pools by name.

    `general`, for whatever asks for no other, is there by itself; `general: null` leaves it out.
    """

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[Annotated[str, AfterValidator(_pool_name)], PoolSettings] = Field(init=False)

    general: PoolSettings | None = Field(
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
    """Managed node groups: for what needs a CPU, and one line each for what needs an accelerator."""

    def build(self, cluster: EksCluster, network: VpcNetwork) -> NodePools:
        """Make the pools.

        Raises:
            StackError: where the network has too few addresses for the pods that their nodes can hold.
        """
        groups = [
            node_group(name, settings, self.environment.profile) for name, settings in sorted(self.config.pools.items())
        ]
        nodes = [pod_room.Nodes(group.instance_types[0], group.maximum) for group in groups]
        problems = pod_room.problems(self.name, network, [SYSTEM_NODES, *nodes])
        if problems:
            raise StackError(problems)
        for group in groups:
            make_group(
                group,
                parent=self,
                cluster=cluster.name,
                cluster_name=cluster.name,
                version=cluster.version,
                role_arn=cluster.node_role_arn,
                subnet_ids=network.private_subnet_ids,
                # All of the cluster: nodes need its add-ons, and are gone before these are.
                after=self.after,
            )
        shared = {name: settings.sharing for name, settings in self.config.pools.items()}
        return NodePools(pools=tuple(asdict(node_pool(group, shared[group.name])) for group in groups))
