"""A message broker on ElastiCache: Valkey, the open fork of Redis, run by AWS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as k8s
import pulumi_random as random
from pydantic import AfterValidator, Field, model_validator

from groundwork.core.component import Component
from groundwork.core.config import ByProfile, Config
from groundwork.core.contracts import Broker, Namespace, Queue
from groundwork.core.forms import Form
from infra._access import one_port
from infra._aws import AwsComponent, once
from infra._windows import daily, overlap, weekly
from infra.network import VpcNetwork

_PORT = 6379
# https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CreateReplicationGroup.html
_NAME = 40
_LOGS = ("engine-log", "slow-log")
_VERIFIED = "ssl_cert_reqs=required&ssl_check_hostname=true"
"""What kombu, Celery's way to brokers, reads from a URL: AWS signs with an authority that every system trusts."""


class ElastiCacheConfig(Config):
    """What a stack file may say under `elasticache:`."""

    version: Literal["7.2", "8.0", "8.1"] = Field(default="8.1", description="of Valkey, in quotes")
    node_type: Annotated[
        str,
        Form(r"cache\.[a-z0-9-]+\.[a-z0-9]+", "a node type of ElastiCache", "cache.t4g.small"),
        ByProfile("size", {"small": "cache.t4g.small", "medium": "cache.m7g.large", "large": "cache.m7g.large"}),
    ] = Field(description="ElastiCache node type: CPUs and memory")
    replicas: Annotated[int, ByProfile("highly_available", {True: 1, False: 0})] = Field(
        ge=0, le=5, description="copies in other zones, one of which takes over; 0: messages are lost with the node"
    )
    snapshot_days: Annotated[int, ByProfile("protect", {True: 1, False: 0})] = Field(
        ge=0,
        le=35,
        description="how long a day's snapshot is kept; an old one brings back tasks that were done since. 0: none",
    )
    snapshot_window: Annotated[str, AfterValidator(daily)] = Field(
        default="02:00-03:00", description="of each day, in UTC: when the snapshot is made"
    )
    maintenance_window: Annotated[str, AfterValidator(weekly)] = Field(
        default="sun:05:00-sun:06:00", description="of each week, in UTC: when AWS patches it"
    )
    changes: Annotated[Literal["at-once", "in-window"], ByProfile("protect", {True: "in-window", False: "at-once"})] = (
        Field(description="when another size or version takes effect: at once, or in the maintenance window")
    )

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if overlap(self.snapshot_window, self.maintenance_window):
            raise ValueError(
                f"snapshotWindow is {self.snapshot_window}, and maintenanceWindow {self.maintenance_window}: "
                "ElastiCache wants them apart"
            )
        return self


@dataclass(frozen=True, kw_only=True)
class ElastiCacheBroker(Broker):
    """A replication group of ElastiCache, for one application.

    Attributes:
        instance: of the component.
        host: of the node that takes writes, whichever it is.
        password: of its one user.
        cidr: of the network that it is in.
    """

    instance: str
    host: pulumi.Output[str]
    password: pulumi.Output[str]
    cidr: str

    def queue(self, name: str, *, parent: Component[Any], namespace: Namespace) -> Queue:
        """Give the way in, over TLS, to one application.

        The server has one user, and the queues of two applications would have the same names: it serves one. Who
        reaches it is decided by the network: it admits the subnets of pods.
        """
        parent.claim(
            f"the user of {self.instance}",
            f"give each its own: `NAME: {{component: elasticache}}` and `{parent.name}: {{use: {{broker: NAME}}}}`",
        )
        # Its name is known only when it is there, and a call to it shows none.
        namespace.reach(
            f"{name}-queue", parent=parent, hosts=[f"{name}.elasticache.internal"], port=_PORT, ranges=[self.cidr]
        )
        plain: pulumi.Output[str] = pulumi.Output.format(
            "rediss://:{0}@{1}:{2}/0?{3}", self.password, self.host, _PORT, _VERIFIED
        )
        url: pulumi.Output[str] = pulumi.Output.secret(plain)
        prefix = f"{parent.name}-{name}-queue" if name != parent.name else f"{name}-queue"
        secret = k8s.core.v1.Secret(
            f"{prefix}-access",
            metadata={"name": f"{name}-queue", "namespace": namespace.name},
            string_data={"url": url},
            opts=namespace.options(parent),
        )
        return Queue(secret=f"{name}-queue", url=url, ready=(secret,))


class ElastiCache(AwsComponent[ElastiCacheConfig]):
    """Valkey in the private subnets: encrypted at rest and on the way, with a password, and one shard.

    Not in cluster mode: Celery's protocol moves messages between keys that would be on different shards.
    """

    def build(self, network: VpcNetwork) -> ElastiCacheBroker:
        """Make the replication group."""
        name = self.environment.cloud_name(self.name, limit=_NAME)
        password = random.RandomPassword(
            f"{self.name}-password",
            # AWS takes 16 to 128 characters, and few that are no letters or digits.
            length=64,
            special=False,
            # Not by `child`: this one is no AWS resource.
            opts=pulumi.ResourceOptions(parent=self, protect=self.environment.profile.protect),
        )
        group = self._group(name, network, password.result)
        return ElastiCacheBroker(
            instance=self.name,
            host=group.primary_endpoint_address,
            password=pulumi.Output.secret(password.result),
            cidr=network.cidr,
        )

    def _group(self, name: str, network: VpcNetwork, password: pulumi.Output[str]) -> aws.elasticache.ReplicationGroup:
        paths = {kind: f"/aws/elasticache/{name}/{kind}" for kind in _LOGS}
        protected = self.environment.profile.protect
        key = self.encryption_key(
            "messages, snapshots and logs of the broker", logs=tuple(paths.values()), outlived=protected
        )
        logs = {kind: self.log_group(kind, path=path, key=key) for kind, path in paths.items()}
        several = self.config.replicas > 0
        return aws.elasticache.ReplicationGroup(
            f"{self.name}-server",
            replication_group_id=name,
            description=f"message broker {name}",
            engine="valkey",
            engine_version=self.config.version,
            auto_minor_version_upgrade=True,
            node_type=self.config.node_type,
            num_cache_clusters=1 + self.config.replicas,
            automatic_failover_enabled=several,
            multi_az_enabled=several,
            port=_PORT,
            parameter_group_name=self._parameters(name, key).name,
            subnet_group_name=self._subnets(name, network).name,
            security_group_ids=[self._security_group(name, network).id],
            at_rest_encryption_enabled=True,
            kms_key_id=key.arn,
            transit_encryption_enabled=True,
            transit_encryption_mode="required",
            auth_token=password,
            # A new password is taken beside the old one: no pod is locked out before it has the new one.
            auth_token_update_strategy="ROTATE",  # noqa: S106 - no password
            snapshot_retention_limit=self.config.snapshot_days,
            snapshot_window=self.config.snapshot_window,
            final_snapshot_identifier=once(f"{name}-final", key) if protected else None,
            maintenance_window=self.config.maintenance_window,
            apply_immediately=self.config.changes == "at-once",
            log_delivery_configurations=[
                {
                    "destination": logs[kind].name,
                    "destination_type": "cloudwatch-logs",
                    "log_format": "json",
                    "log_type": kind,
                }
                for kind in _LOGS
            ],
            opts=self.stateful(),
        )

    def _parameters(self, name: str, key: aws.kms.Key) -> aws.elasticache.ParameterGroup:
        family = f"valkey{self.config.version.partition('.')[0]}"
        return aws.elasticache.ParameterGroup(
            f"{self.name}-parameters",
            # By family: while the server is upgraded, both exist.
            name=once(f"{name}-{family}", key),
            family=family,
            description=f"parameters of {name}",
            # A broker that is full refuses: one that evicts loses tasks, and tells nobody.
            parameters=[{"name": "maxmemory-policy", "value": "noeviction"}],
            # Until the maintenance window the server uses the old family's group, which AWS then does not delete.
            opts=self.child(retain_on_delete=self.config.changes == "in-window"),
        )

    def _subnets(self, name: str, network: VpcNetwork) -> aws.elasticache.SubnetGroup:
        return aws.elasticache.SubnetGroup(
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
            what="Redis protocol, from nodes and pods",
            vpc_id=network.vpc_id,
            port=_PORT,
            cidrs=network.private_cidrs,
        )
