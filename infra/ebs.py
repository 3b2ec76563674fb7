"""Further classes of EBS volumes, encrypted with a key of one's own, and their snapshots."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as k8s
from pydantic import AfterValidator, Field, PositiveInt, model_validator

from groundwork.core.config import ByProfile, Config
from groundwork.core.contracts import NodePools, SnapshotKinds, Statement
from groundwork.core.errors import StackError
from groundwork.core.naming import is_label, join
from infra._aws import AwsComponent
from infra._eks_cluster import ROLE_NAME, EksCluster
from infra._policies import allow
from infra._volume_drivers import install_driver

_DRIVER = "ebs.csi.aws.com"
_ADDON = "aws-ebs-csi-driver"


class VolumeClass(Config):
    """One class of volumes."""

    type: Literal["gp3", "io2", "st1", "sc1"] = Field(
        default="gp3",
        description="gp3: for most; io2: many operations a second, at their price; st1: large files read from front to "
        "end; sc1: the same, seldom read",
    )
    iops: PositiveInt | None = Field(
        default=None, description="operations a second: io2 needs them said; gp3 has 3000 by itself"
    )
    throughput_mi: PositiveInt | None = Field(
        default=None, description="MiB a second, for gp3 alone, which has 125 by itself"
    )
    filesystem: Literal["ext4", "xfs"] = Field(default="ext4", description="of the volumes")
    keep: bool = Field(default=False, description="whether a volume stays when its claim is deleted")

    @model_validator(mode="after")
    def _as_aws_has_them(self) -> Self:
        """Hold the limits: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volume-types.html."""
        problems = []
        limits = {"gp3": (3000, 80000), "io2": (100, 256000)}
        if self.iops is None and self.type == "io2":
            problems.append("io2 needs iops: 100 to 256000")
        if self.iops is not None:
            if self.type not in limits:
                problems.append(f"{self.type} takes no iops: its speed follows from its size")
            elif not limits[self.type][0] <= self.iops <= limits[self.type][1]:
                low, high = limits[self.type]
                problems.append(f"iops is {self.iops}: {self.type} takes {low} to {high}")
        if self.throughput_mi is not None:
            if self.type != "gp3":
                problems.append(f"{self.type} takes no throughputMi: only gp3 does")
            elif not 125 <= self.throughput_mi <= 2000:
                problems.append(f"throughputMi is {self.throughput_mi}: gp3 takes 125 to 2000")
            elif self.throughput_mi * 4 > (self.iops or 3000):
                problems.append(
                    f"throughputMi is {self.throughput_mi}, and iops {self.iops or 3000}: that many need at least "
                    f"{self.throughput_mi * 4}"
                )
        if problems:
            raise ValueError("; ".join(problems))
        return self

    @property
    def parameters(self) -> dict[str, str]:
        """What the driver is told of a volume of this class."""
        given = {"iops": self.iops, "throughput": self.throughput_mi}
        return {
            "type": self.type,
            "csi.storage.k8s.io/fstype": self.filesystem,
            **{name: str(value) for name, value in given.items() if value is not None},
        }


def _class_name(name: str) -> str:
    if not is_label(name):
        raise ValueError(f"{name!r} is no name of a class: lower case letters, digits and hyphens, such as fast")
    return name


class SnapshotClass(pulumi.CustomResource):
    """A VolumeSnapshotClass, which has no `spec`; the SDK's class for other kinds knows no other field."""

    def __init__(self, name: str, fields: Mapping[str, Any], opts: pulumi.ResourceOptions) -> None:
        kind = {"apiVersion": "snapshot.storage.k8s.io/v1", "kind": "VolumeSnapshotClass"}
        super().__init__(f"kubernetes:{kind['apiVersion']}:{kind['kind']}", name, {**kind, **fields}, opts)


class EbsConfig(Config):
    """What a stack file may say under `ebs:`."""

    classes: dict[Annotated[str, AfterValidator(_class_name)], VolumeClass] = Field(
        default_factory=lambda: {"gp3-own-key": VolumeClass()},
        description="classes of volumes by name, beside the cluster's own one, which stays the default",
    )
    keep_snapshots: Annotated[bool, ByProfile("protect")] = Field(
        description="whether a snapshot stays in AWS when its VolumeSnapshot is deleted"
    )


class Ebs(AwsComponent[EbsConfig]):
    """Classes of volumes under a key of their own, the snapshot controller, and a class of snapshots."""

    single = True

    def build(self, cluster: EksCluster, kinds: SnapshotKinds, pools: NodePools | None) -> None:
        """Make the key and the classes."""
        if cluster.storage_class in self.config.classes:
            raise StackError(
                [
                    f"{self.name}.classes: {cluster.storage_class!r} is the cluster's own class; choose another name, "
                    f"such as {cluster.storage_class}-own-key"
                ]
            )
        keep = self.environment.profile.protect or self.config.keep_snapshots
        stays = keep or any(wanted.keep for wanted in self.config.classes.values())
        key = self.encryption_key("volumes and their snapshots", outlived=stays)
        may = self._grant(cluster, key)
        for name, wanted in sorted(self.config.classes.items()):
            k8s.storage.v1.StorageClass(
                f"{self.name}-{name}",
                metadata={"name": name},
                provisioner=_DRIVER,
                parameters={**wanted.parameters, "encrypted": "true", "kmsKeyId": key.arn},
                reclaim_policy="Retain" if wanted.keep else "Delete",
                allow_volume_expansion=True,
                # A volume is of one zone: the pod that uses it decides which.
                volume_binding_mode="WaitForFirstConsumer",
                opts=cluster.options(self, depends_on=[*self.after, may]),
            )
        controller = install_driver("snapshot-controller", parent=self, cluster=cluster, preserve=True)
        self._snapshots(cluster, [controller])

    def _grant(self, cluster: EksCluster, key: aws.kms.Key) -> aws.iam.RolePolicy:
        """Let the driver use the key, and lend it to EC2, which attaches the volumes."""
        return aws.iam.RolePolicy(
            f"{self.name}-key",
            name=self.environment.cloud_name(self.name, "key"),
            # The role of the driver that the cluster itself brings.
            role=join(cluster.name, _ADDON, limit=ROLE_NAME),
            policy=allow(
                [
                    Statement(
                        [
                            "kms:Decrypt",
                            "kms:DescribeKey",
                            "kms:GenerateDataKeyWithoutPlaintext",
                            "kms:ReEncryptFrom",
                            "kms:ReEncryptTo",
                        ],
                        [key.arn],
                    ),
                    Statement(["kms:CreateGrant"], [key.arn], {"Bool": {"kms:GrantIsForAWSResource": "true"}}),
                ]
            ),
            opts=self.child(depends_on=list(self.after)),
        )

    def _snapshots(self, cluster: EksCluster, after: list[pulumi.Resource]) -> None:
        tags = [f"{name}={value}" for name, value in sorted(self.environment.tags.items())]
        SnapshotClass(
            f"{self.name}-snapshots",
            {
                "metadata": {
                    "name": self.name,
                    "annotations": {"snapshot.storage.kubernetes.io/is-default-class": "true"},
                },
                "driver": _DRIVER,
                "deletionPolicy": "Retain" if self.config.keep_snapshots else "Delete",
                "parameters": {f"tagSpecification_{place}": tag for place, tag in enumerate(tags, start=1)},
            },
            cluster.options(self, depends_on=[*self.after, *after]),
        )
