"""A VPC over two or three zones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, Self

import pulumi
import pulumi_aws as aws
from pydantic import Field, ValidationInfo, field_validator, model_validator

from groundwork.core.config import ByProfile, Config
from groundwork.core.contracts import Network as NetworkContract
from groundwork.core.contracts import Statement
from groundwork.core.errors import StackError
from groundwork.core.forms import Form
from infra import _endpoints, _subnets
from infra._aws import AwsComponent
from infra._endpoints import Endpoint
from infra._policies import allow, trust
from infra._subnets import ZoneSubnets

# The VPC CNI's word for a subnet that pods may have addresses of, 1, or may not, 0.
_FOR_PODS = "kubernetes.io/role/cni"


class NetworkConfig(Config):
    """What a stack file may say under `network:`."""

    cidr: str = Field(
        default="10.20.0.0/16",
        description="of the whole network, /16 to /22; other than in networks that it will ever be connected with",
    )
    # EKS needs two zones, also where one would be enough.
    zones: Annotated[int, ByProfile("zones", {1: 2, 2: 2, 3: 3})] = Field(
        ge=2, le=_subnets.MAX_ZONES, description="availability zones to spread over"
    )
    zone_names: tuple[str, ...] = Field(
        default=(),
        description="which zones, where the region's first are not right: EKS, or a type of instance, is not in each",
    )
    nat_gateways: Annotated[
        Literal["single", "perZone"], ByProfile("highly_available", {True: "perZone", False: "single"})
    ] = Field(description="single is cheaper; perZone keeps the others going when a zone fails")

    pod_cidr: str | None = Field(
        default="100.64.0.0/16",
        description="addresses that only pods have, /16 to /22, routed nowhere else; null: pods take the nodes'",
    )
    endpoints: Annotated[tuple[Endpoint, ...], ByProfile("highly_available", {True: _endpoints.USUAL, False: ()})] = (
        Field(
            description="services of AWS that are reached inside the network: each costs by the hour and zone, and "
            "saves the NAT gateways' traffic; S3's endpoint costs nothing, and is always there"
        )
    )
    s3_accounts: tuple[
        Annotated[str, Form(r"\d{12}", "an account: twelve digits in quotes", '"111122223333"')], ...
    ] = Field(
        default=(),
        description="other accounts in whose buckets the network may write; it may read anywhere, and write in its own",
    )

    @field_validator("cidr")
    @classmethod
    def _network(cls, cidr: str) -> str:
        _subnets.parse(cidr, _subnets.MAX_ZONES)
        return cidr

    @field_validator("pod_cidr")
    @classmethod
    def _pods(cls, cidr: str | None, info: ValidationInfo) -> str | None:
        if cidr is not None and "cidr" in info.data:
            _subnets.parse_pods(cidr, info.data["cidr"])
        return cidr

    @field_validator("endpoints")
    @classmethod
    def _once_each(cls, endpoints: tuple[Endpoint, ...]) -> tuple[Endpoint, ...]:
        twice = sorted({name for name in endpoints if endpoints.count(name) > 1})
        if twice:
            raise ValueError(f"{', '.join(twice)} is there twice")
        return endpoints

    @model_validator(mode="after")
    def _one_name_a_zone(self) -> Self:
        if self.zone_names and len(self.zone_names) != self.zones:
            names = len(self.zone_names)
            raise ValueError(f"zoneNames has {names} names, and zones is {self.zones}: name as many as there are zones")
        if len(set(self.zone_names)) != len(self.zone_names):
            raise ValueError(f"zoneNames names a zone twice: {', '.join(self.zone_names)}")
        return self


@dataclass(frozen=True, kw_only=True)
class VpcNetwork(NetworkContract):
    """A network whose subnets' addresses are known.

    Attributes:
        private_cidrs: where nodes and pods are: the private subnets', in the order of the zones, and the pods' own.
        public_cidrs: of the public ones.
        control_subnet_ids: one a zone, for the network interfaces of a cluster's control plane.
    """

    private_cidrs: tuple[str, ...]
    public_cidrs: tuple[str, ...]
    control_subnet_ids: pulumi.Output[list[str]]


@dataclass(frozen=True)
class _Way:
    """How the private subnets of a zone get out."""

    table: aws.ec2.RouteTable
    route: aws.ec2.Route


class Network(AwsComponent[NetworkConfig]):
    """A VPC: public subnets for load balancers, private ones for nodes and databases, others for pods alone."""

    def build(self) -> VpcNetwork:
        """Make the network."""
        zones = self._zones()
        plan = _subnets.plan(self.config.cidr, zones)
        vpc = aws.ec2.Vpc(
            f"{self.name}-vpc",
            cidr_block=self.config.cidr,
            enable_dns_support=True,
            enable_dns_hostnames=True,
            tags=self._named(),
            # A changed CIDR would move every subnet, and the cluster with them.
            opts=self.stateful(),
        )
        # Who forgets to choose a security group gets one that lets nothing in or out.
        aws.ec2.DefaultSecurityGroup(
            f"{self.name}-closed", vpc_id=vpc.id, tags=self._named("closed"), opts=self.child()
        )
        self._flow_logs(vpc)
        public, way_out = self._public(vpc, plan)
        nats = self._nats(plan, public, way_out)
        private, tables = self._private(vpc, plan, nats)
        pods = self._pods(vpc, zones, tables)
        control = [self._subnet(vpc, zone.zone, "control", zone.control, {}) for zone in plan]
        self._endpoints(vpc, private, tables, pods)
        return VpcNetwork(
            cidr=self.config.cidr,
            pod_cidrs=pods,
            zones=zones,
            vpc_id=vpc.id,
            private_subnet_ids=pulumi.Output.all(*(subnet.id for subnet in private)),
            public_subnet_ids=pulumi.Output.all(*(subnet.id for subnet in public)),
            private_cidrs=(*(subnets.private for subnets in plan), *pods),
            public_cidrs=tuple(subnets.public for subnets in plan),
            identity_cidrs=tuple(subnets.private for subnets in plan) if "sts" in self.config.endpoints else (),
            control_subnet_ids=pulumi.Output.all(*(subnet.id for subnet in control)),
        )

    def _zones(self) -> tuple[str, ...]:
        # Names by rule, not by asking the account: a plan has to be the same for everybody, with no credentials at all.
        names = self.config.zone_names
        self.refuse(_subnets.zone_problems(f"{self.name}.zoneNames", names, self.region))
        try:
            return names or _subnets.zone_names(self.region, self.config.zones)
        except ValueError as error:
            raise StackError([f"{self.name}: {error}"]) from None

    def _named(self, *parts: str) -> dict[str, str]:
        return {"Name": self.environment.cloud_name(self.name, *parts)}

    def _public(self, vpc: aws.ec2.Vpc, plan: Sequence[ZoneSubnets]) -> tuple[list[aws.ec2.Subnet], aws.ec2.Route]:
        gateway = aws.ec2.InternetGateway(f"{self.name}-gateway", vpc_id=vpc.id, tags=self._named(), opts=self.child())
        table = aws.ec2.RouteTable(f"{self.name}-public", vpc_id=vpc.id, tags=self._named("public"), opts=self.child())
        route = aws.ec2.Route(
            f"{self.name}-public-default",
            route_table_id=table.id,
            destination_cidr_block="0.0.0.0/0",
            gateway_id=gateway.id,
            opts=self.child(),
        )
        subnets = []
        for zone in plan:
            subnet = self._subnet(vpc, zone.zone, "public", zone.public, {"kubernetes.io/role/elb": "1"})
            self._join(subnet, table, f"public-{zone.zone}", after=[route])
            subnets.append(subnet)
        return subnets, route

    def _private(
        self, vpc: aws.ec2.Vpc, plan: Sequence[ZoneSubnets], nats: Sequence[aws.ec2.NatGateway]
    ) -> tuple[list[aws.ec2.Subnet], list[_Way]]:
        """Return the private subnets, and how each zone gets out."""
        subnets, ways = [], []
        tags = {
            "kubernetes.io/role/internal-elb": "1",
            # By it Karpenter can find where nodes belong.
            "karpenter.sh/discovery": self.environment.prefix,
        }
        if self.config.pod_cidr is not None:
            # The VPC CNI, from 1.21 on, gives pods no address of a subnet with this tag.
            tags[_FOR_PODS] = "0"
        for zone, nat in zip(plan, nats, strict=True):
            subnet = self._subnet(vpc, zone.zone, "private", zone.private, tags)
            table = aws.ec2.RouteTable(
                f"{self.name}-private-{zone.zone}",
                vpc_id=vpc.id,
                tags=self._named("private", zone.zone),
                opts=self.child(),
            )
            route = aws.ec2.Route(
                f"{self.name}-private-{zone.zone}-default",
                route_table_id=table.id,
                destination_cidr_block="0.0.0.0/0",
                nat_gateway_id=nat.id,
                opts=self.child(),
            )
            self._join(subnet, table, f"private-{zone.zone}", after=[route])
            subnets.append(subnet)
            ways.append(_Way(table, route))
        return subnets, ways

    def _pods(self, vpc: aws.ec2.Vpc, zones: Sequence[str], ways: Sequence[_Way]) -> tuple[str, ...]:
        """Make the subnets that only pods are in, and return their addresses.

        The VPC CNI finds them by their tag (enhanced subnet discovery, on by itself from 1.18 on). Custom networking,
        the older way, wants an ENIConfig a zone before the first node.
        https://docs.aws.amazon.com/eks/latest/userguide/cni-subnet-selection.html
        """
        if self.config.pod_cidr is None:
            return ()
        second = aws.ec2.VpcIpv4CidrBlockAssociation(
            f"{self.name}-pods", vpc_id=vpc.id, cidr_block=self.config.pod_cidr, opts=self.child()
        )
        cidrs = _subnets.plan_pods(self.config.pod_cidr, zones)
        for zone, cidr, way in zip(zones, cidrs, ways, strict=True):
            subnet = self._subnet(vpc, zone, "pods", cidr, {_FOR_PODS: "1"}, after=[second])
            self._join(subnet, way.table, f"pods-{zone}", after=[way.route])
        return cidrs

    def _endpoints(
        self, vpc: aws.ec2.Vpc, private: Sequence[aws.ec2.Subnet], ways: Sequence[_Way], pods: Sequence[str]
    ) -> None:
        _endpoints.gateway(
            self,
            vpc_id=vpc.id,
            table_ids=[way.table.id for way in ways],
            accounts=[self.account_id, *self.config.s3_accounts],
            tags=self._named("s3"),
        )
        _endpoints.interfaces(
            self,
            self.config.endpoints,
            vpc_id=vpc.id,
            subnet_ids=[subnet.id for subnet in private],
            cidrs=[self.config.cidr, *pods],
        )

    def _subnet(
        self,
        vpc: aws.ec2.Vpc,
        zone: str,
        kind: str,
        cidr: str,
        tags: dict[str, str],
        after: Sequence[pulumi.Resource] = (),
    ) -> aws.ec2.Subnet:
        return aws.ec2.Subnet(
            f"{self.name}-{kind}-{zone}",
            vpc_id=vpc.id,
            availability_zone=zone,
            cidr_block=cidr,
            # Load balancers and NAT gateways bring their own public addresses; nothing else should get one by itself.
            map_public_ip_on_launch=False,
            tags={**self._named(kind, zone), **tags},
            opts=self.child(depends_on=list(after)),
        )

    def _join(self, subnet: aws.ec2.Subnet, table: aws.ec2.RouteTable, name: str, after: list[pulumi.Resource]) -> None:
        aws.ec2.RouteTableAssociation(
            f"{self.name}-{name}",
            subnet_id=subnet.id,
            route_table_id=table.id,
            opts=self.child(depends_on=after),
        )

    def _nats(
        self, plan: Sequence[ZoneSubnets], public: Sequence[aws.ec2.Subnet], way_out: pulumi.Resource
    ) -> list[aws.ec2.NatGateway]:
        """Return the NAT gateway of each zone, which may be the same one for all."""
        places = list(zip(plan, public, strict=True))
        if self.config.nat_gateways == "single":
            return [self._nat(places[0][0].zone, places[0][1], way_out)] * len(places)
        return [self._nat(zone.zone, subnet, way_out) for zone, subnet in places]

    def _nat(self, zone: str, subnet: aws.ec2.Subnet, way_out: pulumi.Resource) -> aws.ec2.NatGateway:
        name = f"{self.name}-nat-{zone}"
        tags = self._named("nat", zone)
        # AWS refuses both without a way out, and refuses to take that away while there are any.
        address = aws.ec2.Eip(name, domain="vpc", tags=tags, opts=self.child(depends_on=[way_out]))
        return aws.ec2.NatGateway(
            name,
            allocation_id=address.id,
            subnet_id=subnet.id,
            tags=tags,
            # An address can be part of one gateway only: the old one has to go first.
            opts=self.child(depends_on=[way_out], delete_before_replace=True),
        )

    def _flow_logs(self, vpc: aws.ec2.Vpc) -> None:
        path = f"/{self.environment.project}/{self.environment.name}/{self.name}/flow-logs"
        key = self.encryption_key("flow logs", logs=[path])
        group = self.log_group("flow-logs", path=path, key=key)
        role = aws.iam.Role(
            f"{self.name}-flow-logs",
            name=self.environment.cloud_name(self.name, "flow-logs", limit=64),
            assume_role_policy=trust(
                "vpc-flow-logs.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": self.account_id}}
            ),
            opts=self.child(),
        )
        policy = aws.iam.RolePolicy(
            f"{self.name}-flow-logs",
            name="write",
            role=role.name,
            policy=allow(
                [
                    Statement(
                        actions=[
                            "logs:CreateLogStream",
                            "logs:DescribeLogGroups",
                            "logs:DescribeLogStreams",
                            "logs:PutLogEvents",
                        ],
                        resources=[group.arn, pulumi.Output.concat(group.arn, ":*")],
                    )
                ]
            ),
            opts=self.child(),
        )
        aws.ec2.FlowLog(
            f"{self.name}-flow-logs",
            vpc_id=vpc.id,
            traffic_type="ALL",
            log_destination_type="cloud-watch-logs",
            log_destination=group.arn,
            iam_role_arn=role.arn,
            max_aggregation_interval=600,
            tags=self._named("flow-logs"),
            opts=self.child(depends_on=[policy]),
        )
