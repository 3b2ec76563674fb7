"""A parallel file system for training, on FSx for Lustre."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as k8s
from pydantic import Field, model_validator

from groundwork.core.component import Component
from groundwork.core.config import ByProfile, Config
from groundwork.core.contracts import Namespace, Network, NodePools, SharedFiles, Statement
from groundwork.core.errors import StackError
from infra._aws import AwsComponent
from infra._eks_cluster import EksCluster
from infra._volume_drivers import install_driver
from infra.s3 import S3Store

_ADDON = "aws-fsx-csi-driver"
_DRIVER = "fsx.csi.aws.com"
_ACCOUNT = "fsx-csi-controller-sa"
# Lustre's own port, and those that its clients and servers talk at:
# https://docs.aws.amazon.com/fsx/latest/LustreGuide/limit-access-security-groups.html
_PORTS = ((988, 988), (1018, 1023))
_EVENTS = ["NEW", "CHANGED", "DELETED"]
# The role that FSx itself makes for a file system that is linked with a bucket.
_SERVICE = "s3.data-source.lustre.fsx.amazonaws.com"
_ROLE = "AWSServiceRoleForFSxS3Access_"


class FsxLustreConfig(Config):
    """What a stack file may say under `fsx-lustre:`."""

    deployment: Annotated[
        Literal["scratch", "persistent"], ByProfile("protect", {True: "persistent", False: "scratch"})
    ] = Field(
        description="scratch (SCRATCH_2): files are lost when a server fails, so only copies belong there; persistent "
        "(PERSISTENT_2): servers are replaced and files stay; cannot change later"
    )
    capacity_gi: int = Field(
        default=1200, description="1200, or a multiple of 2400, in GiB; can grow later, not shrink"
    )
    throughput: Literal[125, 250, 500, 1000] | None = Field(
        default=None, description="MB a second for each TiB, of persistent alone; 125 if left out. Scratch has 200"
    )
    zone: int = Field(
        default=1, ge=1, description="the file system is in one zone: which of the network's, counted from 1"
    )
    link: bool = Field(
        default=True,
        description="whether it shows the objects of a bucket of its own as files, and writes what changes back there; "
        "where the stack has S3",
    )

    @model_validator(mode="after")
    def _as_fsx_has_them(self) -> Self:
        problems = []
        if self.capacity_gi != 1200 and (self.capacity_gi < 2400 or self.capacity_gi % 2400):
            problems.append(f"capacityGi is {self.capacity_gi}: FSx has 1200, 2400 and multiples of 2400")
        if self.throughput is not None and self.deployment == "scratch":
            problems.append(f"throughput is {self.throughput}: only persistent takes one; leave it out")
        if problems:
            raise ValueError("; ".join(problems))
        return self


@dataclass(frozen=True, kw_only=True)
class LustreFiles(SharedFiles):
    """One file system that every volume shows whole: data sets are for all, and nothing is copied.

    Attributes:
        file_system: its id.
        host: its name.
        mount: what clients mount of it.
        capacity_gi: in GiB.
    """

    file_system: pulumi.Output[str]
    host: pulumi.Output[str]
    mount: pulumi.Output[str]
    capacity_gi: int

    def volume(
        self, name: str, *, size_gi: int, parent: Component[Any], namespace: Namespace
    ) -> k8s.core.v1.PersistentVolumeClaim:
        """Make a volume of the whole file system, and a claim that no other volume can answer.

        Raises:
            StackError: where more is asked for than the file system has.
        """
        if size_gi > self.capacity_gi:
            raise StackError(
                [
                    f"{parent.name}: the volume {name} asks for {size_gi} GiB, and the file system has "
                    f"{self.capacity_gi}: ask for less, or raise capacityGi"
                ]
            )
        full_name = f"{namespace.name}-{name}"
        own = dict.fromkeys((parent.name, namespace.name, name))
        volume = k8s.core.v1.PersistentVolume(
            f"{'-'.join(own)}-lustre",
            metadata={"name": full_name},
            spec={
                "capacity": {"storage": f"{size_gi}Gi"},
                "access_modes": ["ReadWriteMany"],
                "volume_mode": "Filesystem",
                # The file system is not the claim's.
                "persistent_volume_reclaim_policy": "Retain",
                "storage_class_name": self.storage_class,
                "mount_options": ["flock"],
                "claim_ref": {"namespace": namespace.name, "name": name},
                "csi": {
                    "driver": _DRIVER,
                    # One a volume: a node tells volumes apart by it. The driver mounts by the attributes.
                    "volume_handle": pulumi.Output.concat(self.file_system, f"/{full_name}"),
                    "volume_attributes": {"dnsname": self.host, "mountname": self.mount},
                },
            },
            opts=namespace.options(parent),
        )
        return k8s.core.v1.PersistentVolumeClaim(
            f"{'-'.join(own)}-files",
            metadata={"name": name, "namespace": namespace.name, "annotations": {"pulumi.com/skipAwait": "true"}},
            spec={
                "access_modes": ["ReadWriteMany"],
                "storage_class_name": self.storage_class,
                "volume_name": full_name,
                "resources": {"requests": {"storage": f"{size_gi}Gi"}},
            },
            opts=namespace.options(parent, depends_on=[volume], protect=parent.environment.profile.protect),
        )


class FsxLustre(AwsComponent[FsxLustreConfig]):
    """A file system as fast as a training run reads, that shows a bucket's objects as files, and the driver.

    It is mounted whole: what one namespace writes others read. What belongs to one alone belongs on another
    SharedFiles.
    """

    def build(
        self, cluster: EksCluster, network: Network, objects: S3Store | None, pools: NodePools | None
    ) -> LustreFiles:
        """Make the file system, its link to a bucket, and the driver."""
        if self.config.zone > len(network.zones):
            raise StackError(
                [
                    f"{self.name}.zone: {self.config.zone} is not in the network, which has {len(network.zones)}: "
                    f"{', '.join(network.zones)}"
                ]
            )
        linked = objects if self.config.link else None
        system = self._system(network, *self._group(cluster, network), linked=linked is not None)
        if linked is not None:
            self._link(system, linked)
        driver = install_driver(
            _ADDON, parent=self, cluster=cluster, account=_ACCOUNT, statements=self._statements(system)
        )
        self._class(cluster, driver)
        return LustreFiles(
            storage_class=self.name,
            file_system=system.id,
            host=system.dns_name,
            mount=system.mount_name,
            capacity_gi=self.config.capacity_gi,
        )

    def _group(self, cluster: EksCluster, network: Network) -> tuple[aws.ec2.SecurityGroup, list[pulumi.Resource]]:
        """Make who may reach the file system, and the rules that say so."""
        rules: list[pulumi.Resource] = []
        name = self.environment.cloud_name(self.name, "access")
        group = aws.ec2.SecurityGroup(
            f"{self.name}-access",
            name=name,
            description=f"who may reach {self.environment.cloud_name(self.name)}",
            vpc_id=network.vpc_id,
            tags={"Name": name},
            opts=self.child(),
        )
        for first, last in _PORTS:
            # Its servers talk with each other too, and call clients back.
            for who, source in (("nodes", cluster.security_group_id), ("servers", group.id)):
                common: dict[str, Any] = {
                    "security_group_id": group.id,
                    "referenced_security_group_id": source,
                    "ip_protocol": "tcp",
                    "from_port": first,
                    "to_port": last,
                    "opts": self.child(),
                }
                resource = f"{self.name}-{who}-{first}"
                rules += [
                    aws.vpc.SecurityGroupIngressRule(resource, description=f"Lustre, from {who}", **common),
                    aws.vpc.SecurityGroupEgressRule(resource, description=f"Lustre, to {who}", **common),
                ]
            aws.vpc.SecurityGroupIngressRule(
                f"{self.name}-back-{first}",
                security_group_id=cluster.security_group_id,
                description="Lustre, called back",
                referenced_security_group_id=group.id,
                ip_protocol="tcp",
                from_port=first,
                to_port=last,
                opts=self.child(),
            )
        return group, rules

    def _system(
        self, network: Network, group: aws.ec2.SecurityGroup, rules: list[pulumi.Resource], *, linked: bool
    ) -> aws.fsx.LustreFileSystem:
        persistent = self.config.deployment == "persistent"
        # What is linked with a bucket has its copy there, and FSx makes no backup of it.
        backed_up = persistent and not linked
        last = backed_up and self.environment.profile.protect
        # A scratch file system is encrypted too, but with a key of FSx: it takes no other.
        key = self.encryption_key("files for training", outlived=last) if persistent else None
        place = self.config.zone - 1
        backup_days = min(self.environment.profile.backup_retention_days, 90) if backed_up else 0
        return aws.fsx.LustreFileSystem(
            f"{self.name}-files",
            deployment_type="PERSISTENT_2" if persistent else "SCRATCH_2",
            storage_type="SSD",
            storage_capacity=self.config.capacity_gi,
            per_unit_storage_throughput=(self.config.throughput or 125) if persistent else None,
            file_system_type_version="2.15",
            data_compression_type="LZ4",
            kms_key_id=key.arn if key is not None else None,
            subnet_ids=network.private_subnet_ids[place],
            security_group_ids=[group.id],
            automatic_backup_retention_days=backup_days if persistent else None,
            copy_tags_to_backups=True if backed_up else None,
            # The daily ones go with the file system.
            skip_final_backup=not last,
            tags={"Name": self.environment.cloud_name(self.name)},
            # FSx refuses one whose group does not let Lustre through, at the moment when it is made:
            # https://docs.aws.amazon.com/fsx/latest/LustreGuide/file-system-creation-failed.html
            opts=self.stateful(depends_on=rules),
        )

    def _link(self, system: aws.fsx.LustreFileSystem, objects: S3Store) -> None:
        bucket = objects.bucket(self.name, parent=self)
        association = aws.fsx.DataRepositoryAssociation(
            f"{self.name}-link",
            file_system_id=system.id,
            file_system_path="/data",
            data_repository_path=bucket.url,
            # Names at once, contents when they are read.
            batch_import_meta_data_on_create=True,
            s3={"auto_import_policy": {"events": _EVENTS}, "auto_export_policy": {"events": _EVENTS}},
            opts=self.child(depends_on=list(bucket.ready)),
        )
        role = f"arn:{self.partition}:iam::{self.account_id}:role/aws-service-role/{_SERVICE}/{_ROLE}"
        aws.kms.Grant(
            f"{self.name}-link",
            name=self.environment.cloud_name(self.name, "link"),
            key_id=objects.key_arn,
            grantee_principal=pulumi.Output.concat(role, system.id),
            operations=["Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey"],
            # FSx makes the role when the two are linked.
            opts=self.child(depends_on=[association]),
        )

    def _statements(self, system: aws.fsx.LustreFileSystem) -> list[Statement]:
        """Return what the driver may: see the file system. It makes none here, and so deletes none."""
        return [Statement(["fsx:DescribeFileSystems"], [system.arn])]

    def _class(self, cluster: EksCluster, driver: aws.eks.Addon) -> None:
        """Make the class that the volumes and their claims name; nobody makes a volume of it by asking."""
        k8s.storage.v1.StorageClass(
            f"{self.name}-class",
            metadata={"name": self.name},
            provisioner="kubernetes.io/no-provisioner",
            reclaim_policy="Retain",
            volume_binding_mode="Immediate",
            opts=cluster.options(self, depends_on=[driver]),
        )
