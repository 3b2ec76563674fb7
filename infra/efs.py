"""Files that many pods write at once, on EFS."""

from __future__ import annotations

import json
from typing import Annotated, Literal

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as k8s
from pydantic import Field

from groundwork.core.config import ByProfile, Config
from groundwork.core.contracts import Network, NodePools, SharedFiles, Statement
from infra._aws import AwsComponent
from infra._eks_cluster import EksCluster
from infra._volume_drivers import install_driver

_ADDON = "aws-efs-csi-driver"
_ACCOUNT = "efs-csi-controller-sa"
_PROVISIONER = "efs.csi.aws.com"
_PORT = 2049
# The driver gives this tag to each access point that it makes.
_MADE = "efs.csi.aws.com/cluster"
_DAYS = Literal[1, 7, 14, 30, 60, 90, 180, 270, 365]


class EfsConfig(Config):
    """What a stack file may say under `efs:`."""

    cold_after_days: _DAYS | None = Field(
        default=30, description="days without use after which a file moves to cheaper storage; null: none moves"
    )
    backups: Annotated[bool, ByProfile("protect")] = Field(
        description="whether AWS Backup keeps a copy of each of the last 35 days"
    )
    keep: Annotated[bool, ByProfile("protect")] = Field(
        description="whether a deleted volume's folder stays on the file system"
    )
    default: bool = Field(default=False, description="whether claims that name no storage class get this one")


class Efs(AwsComponent[EfsConfig]):
    """An encrypted file system, reached over TLS from nodes alone, the driver, and a class of volumes.

    Each volume is a folder behind an access point of its own, which makes every caller the same user in it: pods of any
    user share its files, and cannot leave it.
    """

    single = True

    def build(self, cluster: EksCluster, network: Network, pools: NodePools | None) -> SharedFiles:
        """Make the file system and the class."""
        if self.config.default:
            self.claim("the default storage class", f"set {self.name}.default: false", either=True)
        system = self._system()
        targets = self._targets(system, cluster, network)
        policy = self._policy(system)
        driver = install_driver(
            _ADDON,
            parent=self,
            cluster=cluster,
            account=_ACCOUNT,
            statements=self._statements(system),
            settings={
                "controller": {
                    # Nobody else tags what the driver makes.
                    "tags": self.environment.tags,
                    "deleteAccessPointRootDir": not self.config.keep,
                }
            },
        )
        self._storage_class(cluster, system, [*targets, policy, driver])
        return SharedFiles(storage_class=self.name)

    def _system(self) -> aws.efs.FileSystem:
        key = self.encryption_key("shared files")
        name = self.environment.cloud_name(self.name)
        cold = self.config.cold_after_days
        system = aws.efs.FileSystem(
            f"{self.name}-files",
            creation_token=name,
            encrypted=True,
            kms_key_id=key.arn,
            # Pays for what is moved, and never runs out of credits as bursting does.
            throughput_mode="elastic",
            performance_mode="generalPurpose",
            lifecycle_policies=[
                {"transition_to_ia": "AFTER_1_DAY" if cold == 1 else f"AFTER_{cold}_DAYS"},
                {"transition_to_primary_storage_class": "AFTER_1_ACCESS"},
            ]
            if cold is not None
            else [],
            tags={"Name": name},
            opts=self.stateful(),
        )
        aws.efs.BackupPolicy(
            f"{self.name}-backups",
            file_system_id=system.id,
            backup_policy={"status": "ENABLED" if self.config.backups else "DISABLED"},
            opts=self.child(),
        )
        return system

    def _targets(self, system: aws.efs.FileSystem, cluster: EksCluster, network: Network) -> list[aws.efs.MountTarget]:
        name = self.environment.cloud_name(self.name, "access")
        group = aws.ec2.SecurityGroup(
            f"{self.name}-access",
            name=name,
            description=f"who may reach {self.environment.cloud_name(self.name)}",
            vpc_id=network.vpc_id,
            # It calls nobody.
            egress=[],
            tags={"Name": name},
            opts=self.child(),
        )
        aws.vpc.SecurityGroupIngressRule(
            f"{self.name}-access",
            security_group_id=group.id,
            description="NFS over TLS, from nodes and pods",
            ip_protocol="tcp",
            from_port=_PORT,
            to_port=_PORT,
            referenced_security_group_id=cluster.security_group_id,
            opts=self.child(),
        )
        return [
            aws.efs.MountTarget(
                f"{self.name}-{zone}",
                file_system_id=system.id,
                subnet_id=network.private_subnet_ids[place],
                security_groups=[group.id],
                opts=self.child(),
            )
            for place, zone in enumerate(network.zones)
        ]

    def _policy(self, system: aws.efs.FileSystem) -> aws.efs.FileSystemPolicy:
        points = f"arn:{self.partition}:elasticfilesystem:{self.region}:{self.account_id}:access-point/*"
        return aws.efs.FileSystemPolicy(
            f"{self.name}-policy",
            file_system_id=system.id,
            policy=system.arn.apply(lambda arn: system_policy(arn, points)),
            opts=self.child(),
        )

    def _statements(self, system: aws.efs.FileSystem) -> list[Statement]:
        """Return what the driver may: make access points of this file system, and delete those that it made."""
        points = f"arn:{self.partition}:elasticfilesystem:{self.region}:{self.account_id}:access-point/*"
        prefix = "elasticfilesystem:"
        statements = [
            Statement(
                [f"{prefix}DescribeAccessPoints", f"{prefix}DescribeFileSystems", f"{prefix}DescribeMountTargets"],
                [system.arn, points],
            ),
            # It has no resource that could be named.
            Statement(["ec2:DescribeAvailabilityZones"], ["*"]),
            Statement(
                [f"{prefix}CreateAccessPoint"], [system.arn], {"StringEquals": {f"aws:RequestTag/{_MADE}": "true"}}
            ),
            Statement(
                [f"{prefix}TagResource"], [points], {"StringEquals": {f"{prefix}CreateAction": "CreateAccessPoint"}}
            ),
            Statement([f"{prefix}DeleteAccessPoint"], [points], {"StringEquals": {f"aws:ResourceTag/{_MADE}": "true"}}),
        ]
        if not self.config.keep:
            # To delete a volume's folder it mounts the file system's root, which nobody else may.
            statements.append(
                Statement(
                    [f"{prefix}ClientMount", f"{prefix}ClientRootAccess", f"{prefix}ClientWrite"],
                    [system.arn],
                    {"Bool": {f"{prefix}AccessedViaMountTarget": "true"}},
                )
            )
        return statements

    def _storage_class(self, cluster: EksCluster, system: aws.efs.FileSystem, after: list[pulumi.Resource]) -> None:
        default = {"storageclass.kubernetes.io/is-default-class": "true"} if self.config.default else {}
        k8s.storage.v1.StorageClass(
            f"{self.name}-class",
            metadata={"name": self.name, "annotations": default},
            provisioner=_PROVISIONER,
            parameters={
                "provisioningMode": "efs-ap",
                "fileSystemId": system.id,
                "directoryPerms": "0770",
                "basePath": "/volumes",
                # So that a person finds a folder by what used it.
                "subPathPattern": "${.PVC.namespace}/${.PVC.name}",
                "ensureUniqueDirectory": "true",
            },
            mount_options=["tls"],
            reclaim_policy="Delete",
            volume_binding_mode="Immediate",
            opts=cluster.options(self, depends_on=after),
        )


def system_policy(arn: str, points: str) -> str:
    """Return the file system's policy: over TLS alone, and without an identity only through an access point.

    With a policy there is no access but what it allows: https://docs.aws.amazon.com/efs/latest/ug/iam-access-control-nfs-efs.html
    """
    statements = [
        {
            "Sid": "ThroughAccessPoints",
            "Effect": "Allow",
            "Principal": {"AWS": "*"},
            "Action": ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"],
            "Resource": arn,
            "Condition": {
                "Bool": {"elasticfilesystem:AccessedViaMountTarget": "true"},
                "StringLike": {"elasticfilesystem:AccessPointArn": points},
            },
        },
        {
            "Sid": "OnlyTls",
            "Effect": "Deny",
            "Principal": {"AWS": "*"},
            "Action": "*",
            "Resource": arn,
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
