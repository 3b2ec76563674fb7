"""Buckets of S3, encrypted with a key of their own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

import pulumi
import pulumi_aws as aws
from pydantic import Field, PositiveInt

from groundwork.core.component import Component
from groundwork.core.config import ByProfile, Config
from groundwork.core.contracts import Bucket, CloudIdentity, ObjectStore, ServiceAccount, Statement
from groundwork.core.errors import StackError
from infra._aws import AwsComponent, aws_child, partition_of, region_of
from infra._eks_cluster import identity_of


class S3Config(Config):
    """What a stack file may say under `s3:`."""

    keep_old_versions_days: Annotated[PositiveInt, ByProfile("backup_retention_days")] = Field(
        description="how long what was overwritten or deleted can be had back"
    )


@dataclass(frozen=True, kw_only=True)
class S3Store(ObjectStore):
    """Buckets of one account and region.

    Attributes:
        key_arn: what encrypts the objects.
        keep_old_versions_days: how long what was overwritten or deleted can be had back.
    """

    region: str
    key_arn: pulumi.Output[str]
    keep_old_versions_days: int

    @cached_property
    def _reached(self) -> set[str]:
        return set()

    def bucket(self, name: str, *, parent: Component[Any], reader_writers: Sequence[ServiceAccount] = ()) -> Bucket:
        """Make a bucket that only these service accounts, and those whom IAM allows it, can use.

        Raises:
            StackError: where an account's cluster gives no identities in AWS, or the bucket would be in another region.
        """
        identities = [
            (account, identity_of(account.namespace.cluster, f"{parent.name}: bucket {name}"))
            for account in reader_writers
        ]
        if region_of(parent.environment) != self.region:
            here = parent.environment.region
            raise StackError(
                [f"{parent.name}: bucket {name}: this stack is in {here}, its ObjectStore in {self.region}"]
            )
        full_name = parent.environment.global_name(name)
        bucket, settings = self._make(f"{parent.name}-{name}-bucket", full_name, parent)
        ready: list[pulumi.Resource] = [bucket, *settings]
        for namespace in {account.namespace.name: account.namespace for account in reader_writers}.values():
            if namespace.mesh is not None and namespace.name not in self._reached:
                self._reached.add(namespace.name)
                namespace.reach("s3", parent=namespace.owner, hosts=_endpoints(self.region))
            hosts = [f"{full_name}.{endpoint}" for endpoint in _endpoints(self.region)]
            namespace.reach(f"bucket-{name}", parent=parent, hosts=hosts)
        for account, identity in identities:
            ready += identity.grant(f"bucket-{name}", parent=parent, account=account, statements=self._allowed(bucket))
        return Bucket(name=full_name, endpoint=None, region=self.region, credentials=None, ready=tuple(ready))

    def _allowed(self, bucket: aws.s3.Bucket) -> list[Statement]:
        return [
            Statement(["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"], [bucket.arn]),
            Statement(
                [
                    "s3:AbortMultipartUpload",
                    "s3:DeleteObject",
                    "s3:GetObject",
                    "s3:ListMultipartUploadParts",
                    "s3:PutObject",
                ],
                [pulumi.Output.concat(bucket.arn, "/*")],
            ),
            Statement(
                ["kms:Decrypt", "kms:GenerateDataKey"],
                [self.key_arn],
                # The key serves every bucket of the store: only through S3, and so only for what the two above allow.
                conditions={"StringEquals": {"kms:ViaService": f"s3.{self.region}.amazonaws.com"}},
            ),
        ]

    def _make(self, resource: str, name: str, parent: Component[Any]) -> tuple[aws.s3.Bucket, list[pulumi.Resource]]:
        """Make the bucket and its settings; a bucket with objects in it cannot be deleted, in no environment."""
        bucket = aws.s3.Bucket(resource, bucket=name, tags={"Name": name}, opts=aws_child(parent, stateful=True))
        closed = aws.s3.BucketPublicAccessBlock(
            resource,
            bucket=bucket.id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=aws_child(parent),
        )
        owned = aws.s3.BucketOwnershipControls(
            resource,
            bucket=bucket.id,
            rule={"object_ownership": "BucketOwnerEnforced"},
            opts=aws_child(parent, depends_on=[closed]),
        )
        encrypted = aws.s3.BucketServerSideEncryptionConfiguration(
            resource,
            bucket=bucket.id,
            rules=[
                {
                    "apply_server_side_encryption_by_default": {
                        "sse_algorithm": "aws:kms",
                        "kms_master_key_id": self.key_arn,
                    },
                    # One call to KMS for many objects.
                    "bucket_key_enabled": True,
                }
            ],
            opts=aws_child(parent),
        )
        versioned = aws.s3.BucketVersioning(
            resource,
            bucket=bucket.id,
            versioning_configuration={"status": "Enabled"},
            opts=aws_child(parent),
        )
        policy = aws.s3.BucketPolicy(
            resource,
            bucket=bucket.id,
            policy=_only_tls(name, partition_of(self.region)),
            # S3 refuses two changes of a bucket's access at the same moment.
            opts=aws_child(parent, depends_on=[owned]),
        )
        aws.s3.BucketLifecycleConfiguration(
            resource,
            bucket=bucket.id,
            rules=_lifecycle(self.keep_old_versions_days),
            opts=aws_child(parent, depends_on=[versioned]),
        )
        return bucket, [closed, encrypted, policy]


class S3(AwsComponent[S3Config]):
    """Object storage on S3; components ask it for buckets."""

    def build(self, identity: CloudIdentity) -> S3Store:
        """Make the key; `identity` is who the pods are that use the buckets."""
        key = self.encryption_key("objects of the buckets")
        return S3Store(region=self.region, key_arn=key.arn, keep_old_versions_days=self.config.keep_old_versions_days)


def _endpoints(region: str) -> list[str]:
    """Return the names under which clients of all kinds call S3; a bucket has one below each of them.

    https://docs.aws.amazon.com/general/latest/gr/s3.html
    """
    suffix = "amazonaws.com.cn" if partition_of(region) == "aws-cn" else "amazonaws.com"
    older = [f"s3.{suffix}"] if region == "us-east-1" else []
    return [f"s3.{region}.{suffix}", f"s3.dualstack.{region}.{suffix}", *older]


def _only_tls(name: str, partition: str) -> str:
    arn = f"arn:{partition}:s3:::{name}"
    statement = {
        "Sid": "OnlyTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _lifecycle(keep_days: int) -> list[aws.s3.BucketLifecycleConfigurationRuleArgsDict]:
    return [
        {
            "id": "unfinished-uploads",
            "status": "Enabled",
            "filter": {},
            "abort_incomplete_multipart_upload": {"days_after_initiation": 7},
        },
        {
            "id": "old-versions",
            "status": "Enabled",
            "filter": {},
            "noncurrent_version_expiration": {"noncurrent_days": keep_days},
            "expiration": {"expired_object_delete_marker": True},
        },
    ]
