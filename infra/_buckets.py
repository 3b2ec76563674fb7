"""The settings of a bucket that are resources of their own, and its policy as plain data."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from groundwork.core.component import Component
from infra._aws import aws_child


@dataclass(frozen=True)
class Tiering:
    """Where objects go with time.

    Attributes:
        storage_class: as S3 names it: INTELLIGENT_TIERING.
        days: after their creation.
    """

    storage_class: str
    days: int


def setting(bucket: aws.s3.Bucket, parent: Component[Any], **options: Any) -> pulumi.ResourceOptions:
    """Return options for a setting of a bucket, which goes with the bucket and is not taken away before.

    S3 refuses to delete a bucket with objects in it: they would be left without versions, key and policy.
    """
    return aws_child(parent, deleted_with=bucket, **options)


def close(
    resource: str, bucket: aws.s3.Bucket, parent: Component[Any]
) -> tuple[aws.s3.BucketPublicAccessBlock, aws.s3.BucketOwnershipControls]:
    """Let nothing make the bucket public, and no object be another account's."""
    closed = aws.s3.BucketPublicAccessBlock(
        resource,
        bucket=bucket.id,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
        opts=setting(bucket, parent),
    )
    owned = aws.s3.BucketOwnershipControls(
        resource,
        bucket=bucket.id,
        rule={"object_ownership": "BucketOwnerEnforced"},
        # S3 refuses two changes of a bucket's access at the same moment.
        opts=setting(bucket, parent, depends_on=[closed]),
    )
    return closed, owned


def encrypt(
    resource: str, bucket: aws.s3.Bucket, parent: Component[Any], *, key_arn: pulumi.Output[str] | None
) -> aws.s3.BucketServerSideEncryptionConfiguration:
    """Encrypt the objects with a key of KMS, None for S3's own."""
    return aws.s3.BucketServerSideEncryptionConfiguration(
        resource,
        bucket=bucket.id,
        rules=[
            {
                "apply_server_side_encryption_by_default": {"sse_algorithm": "aws:kms", "kms_master_key_id": key_arn},
                # One call to KMS for many objects.
                "bucket_key_enabled": True,
            }
            if key_arn is not None
            else {"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}
        ],
        opts=setting(bucket, parent),
    )


def keep_versions(resource: str, bucket: aws.s3.Bucket, parent: Component[Any]) -> aws.s3.BucketVersioning:
    """Keep what is overwritten and deleted."""
    return aws.s3.BucketVersioning(
        resource, bucket=bucket.id, versioning_configuration={"status": "Enabled"}, opts=setting(bucket, parent)
    )


def log_to(
    resource: str, bucket: aws.s3.Bucket, parent: Component[Any], *, target: pulumi.Output[str]
) -> aws.s3.BucketLogging:
    """Log who reads and writes the bucket: in `target`, by its name and day, so that one day can be searched alone."""
    return aws.s3.BucketLogging(
        resource,
        bucket=bucket.id,
        target_bucket=target,
        target_prefix="",
        target_object_key_format={"partitioned_prefix": {"partition_date_source": "EventTime"}},
        opts=setting(bucket, parent),
    )


def policy(statements: Sequence[dict[str, Any]]) -> str:
    """Return a bucket's policy."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def only_tls(name: str, partition: str) -> dict[str, Any]:
    """Refuse whoever comes without TLS."""
    arn = f"arn:{partition}:s3:::{name}"
    return {
        "Sid": "OnlyTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def only_key(name: str, partition: str, key_arn: str) -> list[dict[str, Any]]:
    """Refuse objects that a writer wants encrypted otherwise than with this key.

    Who says nothing gets the bucket's own key. Who names an algorithm has to name the key too: without, S3 would take
    the account's default one.
    """
    denied = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:PutObject",
        "Resource": f"arn:{partition}:s3:::{name}/*",
    }
    return [
        {
            "Sid": "OnlyThisKey",
            **denied,
            "Condition": {
                "Null": {"s3:x-amz-server-side-encryption": "false"},
                "StringNotEquals": {"s3:x-amz-server-side-encryption-aws-kms-key-id": key_arn},
            },
        },
        {
            "Sid": "NoKeyOfTheWriters",
            **denied,
            "Condition": {"Null": {"s3:x-amz-server-side-encryption-customer-algorithm": "false"}},
        },
    ]


def log_delivery(name: str, partition: str, *, account_id: str, sources: str) -> dict[str, Any]:
    """Let S3 write access logs of this account's buckets, and of no other's.

    Args:
        sources: a pattern of the buckets' names.
    """
    return {
        "Sid": "LogDelivery",
        "Effect": "Allow",
        "Principal": {"Service": "logging.s3.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"arn:{partition}:s3:::{name}/*",
        "Condition": {
            "StringEquals": {"aws:SourceAccount": account_id},
            "ArnLike": {"aws:SourceArn": f"arn:{partition}:s3:::{sources}"},
        },
    }


def lifecycle(
    keep_days: int, tier: Tiering | None, *, expire_days: int | None = None
) -> list[aws.s3.BucketLifecycleConfigurationRuleArgsDict]:
    """Return the rules: unfinished uploads and old versions go; objects move to `tier`, and end after `expire_days`."""
    rules: list[aws.s3.BucketLifecycleConfigurationRuleArgsDict] = [
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
    if tier is not None:
        rules.append(
            {
                "id": "tiering",
                "status": "Enabled",
                "filter": {},
                "transitions": [{"days": tier.days, "storage_class": tier.storage_class}],
            }
        )
    if expire_days is not None:
        rules.append({"id": "end", "status": "Enabled", "filter": {}, "expiration": {"days": expire_days}})
    return rules
