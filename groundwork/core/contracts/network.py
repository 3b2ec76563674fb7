"""The cloud's network."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from groundwork.core.contract import Contract


@dataclass(frozen=True, kw_only=True)
class Network(Contract):
    """A network over one or more zones.

    Attributes:
        cidr: of the whole network, but for what is the pods' own.
        pod_cidrs: of the subnets that only pods are in; empty where pods are in the private ones, beside the nodes.
        zones: in the order of the subnets.
        vpc_id: of the network.
        private_subnet_ids: one a zone, for nodes and databases.
        public_subnet_ids: one a zone, for load balancers that face the internet; empty in a network without.
        identity_cidrs: where the cloud trades a cluster's token for credentials, where that is inside the network;
            empty where it has a public address.
    """

    cidr: str
    pod_cidrs: tuple[str, ...] = ()
    zones: tuple[str, ...]
    vpc_id: pulumi.Output[str]
    private_subnet_ids: pulumi.Output[list[str]]
    public_subnet_ids: pulumi.Output[list[str]]
    identity_cidrs: tuple[str, ...] = ()

    @property
    def cidrs(self) -> tuple[str, ...]:
        """Every address from which something in the network calls."""
        return tuple(dict.fromkeys((self.cidr, *self.pod_cidrs)))
