"""PostgreSQL on RDS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

import pulumi
import pulumi_aws as aws
import pulumi_random as random
from pydantic import Field, PositiveInt, model_validator

from groundwork.core.component import Component
from groundwork.core.config import ByProfile, Config
from groundwork.core.contracts import Database, Namespace, SqlServer
from groundwork.core.databases import Server, provision
from infra._aws import AwsComponent, region_of
from infra._rds_authorities import authorities
from infra.network import VpcNetwork

_PORT = 5432
_ADMIN = "groundwork"
_LOGS = ("postgresql", "upgrade")


class RdsConfig(Config):
    """What a stack file may say under `rds:`."""

    version: Literal["16", "17"] = Field(
        default="17", description="major version, in quotes; AWS chooses the minor one, and upgrades it"
    )
    instance_class: Annotated[
        str, ByProfile("size", {"small": "db.t4g.medium", "medium": "db.m7g.large", "large": "db.m7g.xlarge"})
    ] = Field(pattern=r"^db\.[a-z0-9-]+\.[a-z0-9-]+$", description="RDS instance class: CPUs and memory")
    storage_gi: Annotated[int, ByProfile("size", {"small": 20, "medium": 100, "large": 400})] = Field(
        ge=20, le=65536, description="to begin with, in GiB"
    )
    max_storage_gi: Annotated[int, ByProfile("size", {"small": 100, "medium": 500, "large": 2000})] = Field(
        ge=20, le=65536, description="to which it may grow by itself"
    )
    multi_az: Annotated[bool, ByProfile("highly_available")] = Field(
        description="a second server in another zone that takes over"
    )
    backup_days: Annotated[PositiveInt, ByProfile("backup_retention_days")] = Field(
        le=35, description="how far back it can be restored to any second"
    )
    performance_insights: Annotated[bool, ByProfile("highly_available")] = Field(
        description="seven days of which statement waited for what"
    )

    authorities: str | None = Field(
        default=None,
        pattern=r"^-----BEGIN CERTIFICATE-----\n",
        description="PEM certificates of who signs the server's; the region's own by default",
    )

    @model_validator(mode="after")
    def _grows(self) -> Self:
        # RDS wants a tenth more, or it refuses.
        if self.max_storage_gi * 10 < self.storage_gi * 11:
            least = -(-self.storage_gi * 11 // 10)
            raise ValueError(
                f"maxStorageGi is {self.max_storage_gi}, and storageGi {self.storage_gi}: RDS needs at least {least}"
            )
        return self


@dataclass(frozen=True, kw_only=True)
class RdsServer(SqlServer):
    """A PostgreSQL server of RDS.

    Attributes:
        host: its name, which only the network resolves to an address.
        password: of its administrator.
    """

    host: pulumi.Output[str]
    password: pulumi.Output[str]

    def database(self, name: str, *, parent: Component[Any], namespace: Namespace) -> Database:
        """Make a database and its owner by a Job in the cluster, over TLS."""
        server = Server(host=self.host, port=_PORT, user=_ADMIN, password=self.password, sslmode="require")
        return provision(name, server=server, parent=parent, namespace=namespace)


class Rds(AwsComponent[RdsConfig]):
    """One PostgreSQL server in the private subnets: encrypted, backed up, TLS only."""

    def build(self, network: VpcNetwork) -> RdsServer:
        """Make the server."""
        name = self.environment.cloud_name(self.name)
        password = random.RandomPassword(
            f"{self.name}-admin",
            length=32,
            special=False,
            # Not by `child`: this one is no AWS resource.
            opts=pulumi.ResourceOptions(parent=self, protect=self.environment.profile.protect),
        )
        instance = self._instance(name, network, password.result)
        return RdsServer(
            host=instance.address,
            password=pulumi.Output.secret(password.result),
            # What rds.force_ssl says.
            requires_tls=True,
            authorities=self.config.authorities or authorities(region_of(self.environment)),
        )

    def _instance(self, name: str, network: VpcNetwork, password: pulumi.Output[str]) -> aws.rds.Instance:
        key = self.encryption_key("database, its backups and its performance data")
        protected = self.environment.profile.protect
        insights = self.config.performance_insights
        logs = [self.log_group(f"{kind}-logs", path=f"/aws/rds/instance/{name}/{kind}") for kind in _LOGS]
        return aws.rds.Instance(
            f"{self.name}-server",
            identifier=name,
            engine="postgres",
            engine_version=self.config.version,
            auto_minor_version_upgrade=True,
            instance_class=self.config.instance_class,
            allocated_storage=self.config.storage_gi,
            max_allocated_storage=self.config.max_storage_gi,
            storage_type="gp3",
            storage_encrypted=True,
            kms_key_id=key.arn,
            multi_az=self.config.multi_az,
            username=_ADMIN,
            password=password,
            port=_PORT,
            publicly_accessible=False,
            db_subnet_group_name=self._subnets(name, network).name,
            vpc_security_group_ids=[self._security_group(name, network).id],
            parameter_group_name=self._parameters(name).name,
            backup_retention_period=self.config.backup_days,
            copy_tags_to_snapshot=True,
            delete_automated_backups=not protected,
            deletion_protection=protected,
            skip_final_snapshot=not protected,
            final_snapshot_identifier=f"{name}-final" if protected else None,
            performance_insights_enabled=insights,
            performance_insights_kms_key_id=key.arn if insights else None,
            performance_insights_retention_period=7 if insights else None,
            enabled_cloudwatch_logs_exports=list(_LOGS),
            opts=self.stateful(depends_on=logs),
        )

    def _subnets(self, name: str, network: VpcNetwork) -> aws.rds.SubnetGroup:
        return aws.rds.SubnetGroup(
            f"{self.name}-subnets",
            name=name,
            description=f"private subnets, for {name}",
            subnet_ids=network.private_subnet_ids,
            opts=self.child(),
        )

    def _security_group(self, name: str, network: VpcNetwork) -> aws.ec2.SecurityGroup:
        return aws.ec2.SecurityGroup(
            f"{self.name}-access",
            name=f"{name}-access",
            description=f"who may reach {name}",
            vpc_id=network.vpc_id,
            ingress=[
                {
                    "description": "PostgreSQL, from nodes and pods",
                    "protocol": "tcp",
                    "from_port": _PORT,
                    "to_port": _PORT,
                    "cidr_blocks": list(network.private_cidrs),
                }
            ],
            # It calls nobody.
            egress=[],
            tags={"Name": f"{name}-access"},
            opts=self.child(),
        )

    def _parameters(self, name: str) -> aws.rds.ParameterGroup:
        return aws.rds.ParameterGroup(
            f"{self.name}-parameters",
            # By version: while the server is upgraded, both exist.
            name=f"{name}-postgres{self.config.version}",
            family=f"postgres{self.config.version}",
            description=f"parameters of {name}",
            parameters=[{"name": "rds.force_ssl", "value": "1"}],
            opts=self.child(),
        )
