"""The cloud's network."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from groundwork.core.contract import Contract


@dataclass(frozen=True, kw_only=True)
class Network(Contract):
    """A network over one or more zones.

    Attributes:
        cidr: of the whole network.
        zones: in the order of the subnets.
        vpc_id: of the network.
        private_subnet_ids: one a zone, for nodes, pods and databases.
        public_subnet_ids: one a zone, for load balancers that face the internet.
    """

    cidr: str
    zones: tuple[str, ...]
    vpc_id: pulumi.Output[str]
    private_subnet_ids: pulumi.Output[list[str]]
    public_subnet_ids: pulumi.Output[list[str]]
