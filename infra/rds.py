"""PostgreSQL on RDS."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal, Self

import pulumi
import pulumi_aws as aws
import pulumi_random as random
from pydantic import AfterValidator, Field, PositiveInt, model_validator

from groundwork.core.config import ByProfile, Config
from groundwork.core.forms import Form
from infra._access import one_port
from infra._aws import AwsComponent, once
from infra._policies import trust
from infra._rds_authorities import authorities
from infra._rds_parameters import FIXED, parameters
from infra._rds_server import ADMIN, PORT, RdsServer
from infra._rds_steps import backwards
from infra._windows import daily, overlap, weekly
from infra.network import VpcNetwork

_LOGS = ("postgresql", "upgrade")


class RdsConfig(Config):
    """What a stack file may say under `rds:`."""

    version: Literal["16", "17"] = Field(
        default="17",
        description="major version, in quotes; AWS chooses the minor one, and upgrades it; never goes back",
    )
    instance_class: Annotated[
        str,
        Form(r"db\.[a-z0-9-]+\.[a-z0-9-]+", "an instance class of RDS", "db.m7g.large"),
        ByProfile("size", {"small": "db.t4g.medium", "medium": "db.m7g.large", "large": "db.m7g.xlarge"}),
    ] = Field(description="RDS instance class: CPUs and memory")
    storage_gi: Annotated[int, ByProfile("size", {"small": 20, "medium": 100, "large": 400})] = Field(
        ge=20, le=65536, description="to begin with, in GiB; can grow later, not shrink"
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
    backup_window: Annotated[str, AfterValidator(daily)] = Field(
        default="02:00-03:00", description="of each day, in UTC: when the day's snapshot is made"
    )
    maintenance_window: Annotated[str, AfterValidator(weekly)] = Field(
        default="sun:04:00-sun:05:00", description="of each week, in UTC: when AWS patches it"
    )
    changes: Annotated[Literal["at-once", "in-window"], ByProfile("protect", {True: "in-window", False: "at-once"})] = (
        Field(
            description="when another size or version takes effect, which interrupts connections: at once, or in the "
            "maintenance window"
        )
    )
    admin_password: Literal["rotated", "fixed"] = Field(
        default="rotated",
        description="rotated: RDS makes it, keeps it in Secrets Manager and changes it each week; fixed: made once "
        "with the stack, for a cluster whose pods have no identity in AWS",
    )
    performance_insights: Annotated[bool, ByProfile("highly_available")] = Field(
        description="seven days of which statement waited for what"
    )
    monitoring_seconds: Annotated[
        Literal[0, 1, 5, 10, 15, 30, 60], ByProfile("highly_available", {True: 60, False: 0})
    ] = Field(description="how often the server's own processes, memory and disks are looked at; 0: never")
    parameters: dict[str, str] = Field(
        default_factory=dict,
        description="of PostgreSQL, by name, each value in quotes; what is not among the defaults waits for a restart",
    )

    authorities: (
        Annotated[
            str,
            Form(
                r"-----BEGIN CERTIFICATE-----\n(.|\n)*", "certificates in PEM: -----BEGIN CERTIFICATE-----, and so on"
            ),
        ]
        | None
    ) = Field(
        default=None,
        description="PEM certificates of who signs the server's; the region's own by default",
    )

    @model_validator(mode="after")
    def _possible(self) -> Self:
        problems = []
        # RDS wants a tenth more, or it refuses.
        if self.max_storage_gi * 10 < self.storage_gi * 11:
            least = -(-self.storage_gi * 11 // 10)
            problems.append(
                f"maxStorageGi is {self.max_storage_gi}, and storageGi {self.storage_gi}: RDS needs at least {least}"
            )
        if overlap(self.backup_window, self.maintenance_window):
            problems.append(
                f"backupWindow is {self.backup_window}, and maintenanceWindow {self.maintenance_window}: RDS wants "
                "them apart"
            )
        problems += [
            f"parameters.{name}: always {value!r} here; leave it out"
            for name, value in FIXED.items()
            if name in self.parameters
        ]
        if problems:
            raise ValueError("; ".join(problems))
        return self


class Rds(AwsComponent[RdsConfig]):
    """One PostgreSQL server in the private subnets: encrypted, backed up, TLS only."""

    def build(self, network: VpcNetwork) -> RdsServer:
        """Make the server."""
        self.refuse(backwards(self.name, self.before, version=self.config.version, storage_gi=self.config.storage_gi))
        name = self.environment.cloud_name(self.name)
        paths = {kind: f"/aws/rds/instance/{name}/{kind}" for kind in _LOGS}
        key = self.encryption_key(
            "database, its backups, logs, performance data and administrator",
            logs=tuple(paths.values()),
            outlived=self.environment.profile.protect,
        )
        logs = [self.log_group(f"{kind}-logs", path=path, key=key) for kind, path in paths.items()]
        password = self._fixed_password() if self.config.admin_password == "fixed" else None  # noqa: S105 - no password
        instance = self._instance(name, network, key, password, logs)
        rotated = password is None
        return RdsServer(
            instance=self.name,
            region=self.region,
            rotated=rotated,
            host=instance.address,
            password=pulumi.Output.secret(pulumi.Output.from_input("") if password is None else password),
            secret_arn=instance.master_user_secrets.apply(_secret_of) if rotated else pulumi.Output.from_input(""),
            key_arn=key.arn,
            cidr=network.cidr,
            version=self.config.version,
            storage_gi=self.config.storage_gi,
            # What rds.force_ssl says.
            requires_tls=True,
            authorities=self.config.authorities or authorities(self.region),
        )

    def _fixed_password(self) -> pulumi.Output[str]:
        return random.RandomPassword(
            f"{self.name}-admin",
            length=32,
            special=False,
            # Not by `child`: this one is no AWS resource.
            opts=pulumi.ResourceOptions(parent=self, protect=self.protected),
        ).result

    def _instance(
        self,
        name: str,
        network: VpcNetwork,
        key: aws.kms.Key,
        password: pulumi.Output[str] | None,
        logs: list[aws.cloudwatch.LogGroup],
    ) -> aws.rds.Instance:
        protected = self.environment.profile.protect
        insights = self.config.performance_insights
        seconds = self.config.monitoring_seconds
        return aws.rds.Instance(
            f"{self.name}-server",
            identifier=name,
            engine="postgres",
            engine_version=self.config.version,
            auto_minor_version_upgrade=True,
            # Another major version is what the stack file asks for, and it is an update: nothing is replaced.
            allow_major_version_upgrade=True,
            apply_immediately=self.config.changes == "at-once",
            instance_class=self.config.instance_class,
            allocated_storage=self.config.storage_gi,
            max_allocated_storage=self.config.max_storage_gi,
            storage_type="gp3",
            storage_encrypted=True,
            kms_key_id=key.arn,
            multi_az=self.config.multi_az,
            username=ADMIN,
            password=password,
            manage_master_user_password=True if password is None else None,
            master_user_secret_kms_key_id=key.arn if password is None else None,
            port=PORT,
            publicly_accessible=False,
            # Named, so that AWS's next default changes no certificate by surprise.
            ca_cert_identifier="rds-ca-rsa2048-g1",
            db_subnet_group_name=self._subnets(name, network).name,
            vpc_security_group_ids=[self._security_group(name, network).id],
            parameter_group_name=self._parameters(name, key).name,
            backup_retention_period=self.config.backup_days,
            backup_window=self.config.backup_window,
            maintenance_window=self.config.maintenance_window,
            copy_tags_to_snapshot=True,
            delete_automated_backups=not protected,
            deletion_protection=self.protected,
            skip_final_snapshot=not protected,
            final_snapshot_identifier=once(f"{name}-final", key) if protected else None,
            performance_insights_enabled=insights,
            performance_insights_kms_key_id=key.arn if insights else None,
            performance_insights_retention_period=7 if insights else None,
            monitoring_interval=seconds,
            monitoring_role_arn=self._monitoring_role() if seconds else None,
            enabled_cloudwatch_logs_exports=list(_LOGS),
            opts=self.stateful(depends_on=logs),
        )

    def _monitoring_role(self) -> pulumi.Output[str]:
        """Make the role with which RDS writes what the server's own system tells, into CloudWatch."""
        role = aws.iam.Role(
            f"{self.name}-monitoring",
            name=self.environment.cloud_name(self.name, "monitoring", limit=64),
            description=f"RDS writes measurements of {self.environment.cloud_name(self.name)}",
            # Of this account's servers: the service acts for every customer of AWS.
            assume_role_policy=trust(
                "monitoring.rds.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": self.account_id}},
            ),
            opts=self.child(),
        )
        attached = aws.iam.RolePolicyAttachment(
            f"{self.name}-monitoring",
            role=role.name,
            policy_arn=self.managed_policy("service-role/AmazonRDSEnhancedMonitoringRole"),
            opts=self.child(),
        )
        return pulumi.Output.all(role.arn, attached.id).apply(lambda known: str(known[0]))

    def _subnets(self, name: str, network: VpcNetwork) -> aws.rds.SubnetGroup:
        return aws.rds.SubnetGroup(
            f"{self.name}-subnets",
            name=name,
            description=f"private subnets, for {name}",
            subnet_ids=network.private_subnet_ids,
            opts=self.child(),
        )

    def _security_group(self, name: str, network: VpcNetwork) -> aws.ec2.SecurityGroup:
        return one_port(
            "access",
            parent=self,
            name=f"{name}-access",
            description=f"who may reach {name}",
            what="PostgreSQL, from nodes and pods",
            vpc_id=network.vpc_id,
            port=PORT,
            cidrs=network.private_cidrs,
        )

    def _parameters(self, name: str, key: aws.kms.Key) -> aws.rds.ParameterGroup:
        return aws.rds.ParameterGroup(
            f"{self.name}-parameters",
            # By version: while the server is upgraded, both exist.
            name=once(f"{name}-postgres{self.config.version}", key),
            family=f"postgres{self.config.version}",
            description=f"parameters of {name}",
            parameters=parameters(self.config.parameters),
            # Until the maintenance window the server uses the old version's group, which AWS then does not delete.
            skip_destroy=self.config.changes == "in-window",
            opts=self.child(),
        )


def _secret_of(secrets: Sequence[aws.rds.outputs.InstanceMasterUserSecret]) -> str:
    return str(secrets[0]["secret_arn"])
