"""Domains in Route 53."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import pulumi
import pulumi_aws as aws
from pydantic import AfterValidator, Field

from groundwork.core.config import Config
from groundwork.core.contracts import HostedZones, Network
from groundwork.core.dns import domain
from groundwork.core.errors import StackError
from groundwork.core.forms import Form
from infra._aws import AwsComponent


class ZoneConfig(Config):
    """One domain."""

    private: bool = Field(default=False, description="only the stack's network can ask for its names")


class Route53Config(Config):
    """What a stack file may say under `route53:`."""

    zones: Annotated[dict[Annotated[str, AfterValidator(domain)], ZoneConfig], Field(min_length=1)] = Field(
        description="domain -> how it is hosted; {} for a public one"
    )
    delegation_set: Annotated[str, Form(r"N[A-Z0-9]{1,31}", "the id of a delegation set", "N1PA6795SAMPLE")] | None = (
        Field(
            default=None,
            description="id of the account's own set of name servers, for public zones: the same for each of them",
        )
    )


class Route53(AwsComponent[Route53Config]):
    """Hosted zones: public ones, which whoever has the domain above hands over, and private ones of the network."""

    def build(self, network: Network | None) -> HostedZones:
        """Make them.

        Raises:
            StackError: for a private zone without a network, and a set of name servers without a public zone.
        """
        self._check(network)
        zones = {name: self._zone(name, zone, network) for name, zone in sorted(self.config.zones.items())}
        public = [name for name in zones if not self.config.zones[name].private]
        servers = [zones[name].name_servers for name in public]
        return HostedZones(
            domains=tuple(zones),
            public=tuple(public),
            ids=_by_name(list(zones), [zone.zone_id for zone in zones.values()]),
            name_servers=_by_name(public, servers),
        )

    def _check(self, network: Network | None) -> None:
        private = sorted(name for name, zone in self.config.zones.items() if zone.private)
        problems = []
        if network is None:
            problems += [
                f"{self.name}.zones.{name}.private: only a network can ask for its names: add network to this stack, "
                "or import a stack that has it"
                for name in private
            ]
        if self.config.delegation_set is not None and len(private) == len(self.config.zones):
            problems.append(f"{self.name}.delegationSet: every zone is private, and has no name servers; leave it out")
        if problems:
            raise StackError(problems)

    def _zone(self, name: str, zone: ZoneConfig, network: Network | None) -> aws.route53.Zone:
        protected = self.environment.profile.protect
        return aws.route53.Zone(
            f"{self.name}-{name}",
            name=name,
            comment=f"{self.environment.prefix}: {'private' if zone.private else 'public'}",
            vpcs=[{"vpc_id": network.vpc_id}] if zone.private and network is not None else None,
            delegation_set_id=None if zone.private else self.config.delegation_set,
            # What controllers have written would keep it from being deleted: in an environment that comes and goes it
            # goes with the zone.
            force_destroy=not protected,
            opts=self.stateful(),
        )


def _by_name(names: Sequence[str], values: Sequence[pulumi.Output[Any]]) -> pulumi.Output[Mapping[str, Any]]:
    return pulumi.Output.all(*values).apply(lambda known: dict(zip(names, known, strict=True)))
