"""A VPC that is there already: a company's own, made by whoever makes its networks."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network
from itertools import combinations
from typing import Annotated, Any, Self

import pulumi
from pydantic import Field, model_validator

from groundwork.core.config import Config
from groundwork.core.forms import Form
from infra import _subnets
from infra._aws import AwsComponent
from infra.network import VpcNetwork

SubnetId = Annotated[str, Form(r"subnet-[0-9a-f]{8}([0-9a-f]{9})?", "the id of a subnet", "subnet-0123456789abcdef0")]


class SubnetSettings(Config):
    """A subnet: what AWS calls it, and its addresses."""

    id: SubnetId = Field(description="such as subnet-0123456789abcdef0")
    cidr: str = Field(description="its addresses, such as 10.20.0.0/18")


class ZoneSettings(Config):
    """The subnets of one zone."""

    private: SubnetSettings = Field(description="for nodes and databases; with a way out")
    public: SubnetSettings | None = Field(default=None, description="for load balancers that face the internet")
    pods: SubnetSettings | None = Field(
        default=None,
        description="for pods alone, with the tag kubernetes.io/role/cni: 1; else they are in the private one",
    )
    control: SubnetSettings | None = Field(
        default=None, description="for the cluster's control plane; else it is in the private one"
    )

    @property
    def subnets(self) -> dict[str, SubnetSettings]:
        """Those that there are, by what they are for."""
        kinds = {"private": self.private, "public": self.public, "pods": self.pods, "control": self.control}
        return {kind: subnet for kind, subnet in kinds.items() if subnet is not None}


class ExistingNetworkConfig(Config):
    """What a stack file may say under `existing-network:`.

    All of it is written down, and nothing is asked of AWS: a plan is the same for everybody, with no credentials.
    """

    vpc_id: Annotated[str, Form(r"vpc-[0-9a-f]{8}([0-9a-f]{9})?", "the id of a VPC", "vpc-0123456789abcdef0")] = Field(
        description="such as vpc-0123456789abcdef0"
    )
    cidr: str = Field(description="the VPC's first block of addresses")
    more_cidrs: tuple[str, ...] = Field(default=(), description="its other blocks, where it has any")
    zones: dict[str, ZoneSettings] = Field(description="zone -> its subnets; two or three zones")
    sts_endpoint: bool = Field(
        default=False,
        description="whether an interface endpoint of STS is in the private subnets, where pods with IRSA have to "
        "reach it",
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        problems = [*self._block_problems(), *self._zone_problems()]
        if not problems:
            problems = self._subnet_problems()
        if problems:
            raise ValueError("; ".join(problems))
        return self

    @property
    def placed(self) -> list[tuple[str, SubnetSettings]]:
        """Every subnet, with the path at which it stands."""
        return [
            (f"zones.{zone}.{kind}", subnet)
            for zone, settings in self.zones.items()
            for kind, subnet in settings.subnets.items()
        ]

    @property
    def facts(self) -> dict[str, Any]:
        """What a rehearsal has to find there already, as plain data."""
        subnets = [
            {"id": subnet.id, "cidr": subnet.cidr, "zone": zone}
            for zone, settings in self.zones.items()
            for subnet in settings.subnets.values()
        ]
        return {"id": self.vpc_id, "blocks": [self.cidr, *self.more_cidrs], "subnets": subnets}

    def _block_problems(self) -> list[str]:
        written = [("cidr", self.cidr), *(("moreCidrs", cidr) for cidr in self.more_cidrs)]
        written += [(f"{where}.cidr", subnet.cidr) for where, subnet in self.placed]
        return [f"{where}: {problem}" for where, cidr in written for problem in _not_a_block(cidr)]

    def _zone_problems(self) -> list[str]:
        problems = []
        if not 2 <= len(self.zones) <= _subnets.MAX_ZONES:
            problems.append(f"zones: a network has two or three zones (got {len(self.zones)})")
        for kind in ("public", "pods", "control"):
            without = [zone for zone, settings in self.zones.items() if kind not in settings.subnets]
            if without and len(without) < len(self.zones):
                problems.append(f"zones: {', '.join(without)} has no subnet `{kind}`, and others have: say all or none")
        ids: dict[str, str] = {}
        for where, subnet in self.placed:
            if ids.setdefault(subnet.id, where) != where:
                problems.append(f"{where}: {subnet.id} is {ids[subnet.id]} already")
        return problems

    def _subnet_problems(self) -> list[str]:
        blocks = [IPv4Network(cidr) for cidr in (self.cidr, *self.more_cidrs)]
        found = [(where, IPv4Network(subnet.cidr)) for where, subnet in self.placed]
        problems = [
            f"{where}: {network} is not in the VPC's {', '.join(map(str, blocks))}"
            for where, network in found
            if not any(network.subnet_of(block) for block in blocks)
        ]
        return problems + [
            f"{there}: {other} overlaps {one} of {here}"
            for (here, one), (there, other) in combinations(found, 2)
            if one.overlaps(other)
        ]


def _not_a_block(cidr: str) -> list[str]:
    try:
        network = IPv4Network(cidr)
    except ValueError as error:
        return [f"{cidr!r} is no IPv4 network: {error}"]
    sizes = (_subnets.LARGEST, 28)
    if not sizes[0] <= network.prefixlen <= sizes[1]:
        return [f"{cidr} is no size that AWS has; valid: /{sizes[0]} to /{sizes[1]}"]
    return []


class ExistingNetwork(AwsComponent[ExistingNetworkConfig]):
    """A VPC that this platform uses and does not run: nothing in it is made or changed.

    What its owner has to see to: DNS names and resolution are on; private and pods' subnets have a way out; the tag
    kubernetes.io/role/elb: 1 is on public subnets, and kubernetes.io/role/internal-elb: 1 on private ones.
    """

    def build(self) -> VpcNetwork:
        """Make nothing: say what is there."""
        zones = tuple(self.config.zones)
        self.refuse(_subnets.zone_problems(f"{self.name}.zones", zones, self.region))
        settings = list(self.config.zones.values())
        pods = _cidrs(zone.pods for zone in settings)
        return VpcNetwork(
            cidr=self.config.cidr,
            pod_cidrs=pods,
            zones=zones,
            vpc_id=pulumi.Output.from_input(self.config.vpc_id),
            private_subnet_ids=_ids(zone.private for zone in settings),
            public_subnet_ids=_ids(zone.public for zone in settings),
            private_cidrs=(*_cidrs(zone.private for zone in settings), *pods),
            public_cidrs=_cidrs(zone.public for zone in settings),
            identity_cidrs=_cidrs(zone.private for zone in settings) if self.config.sts_endpoint else (),
            control_subnet_ids=_ids(zone.control or zone.private for zone in settings),
        )


def _cidrs(subnets: Iterable[SubnetSettings | None]) -> tuple[str, ...]:
    return tuple(subnet.cidr for subnet in subnets if subnet is not None)


def _ids(subnets: Iterable[SubnetSettings | None]) -> pulumi.Output[list[str]]:
    return pulumi.Output.from_input([subnet.id for subnet in subnets if subnet is not None])
