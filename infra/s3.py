"""Buckets of S3, encrypted with a key of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Literal, Self

import pulumi
import pulumi_aws as aws
from pydantic import Field, PositiveInt, model_validator

from groundwork.core.component import Component
from groundwork.core.config import ByProfile, Config
from groundwork.core.contracts import Bucket, CloudIdentity, ObjectStore, ServiceAccount, Statement
from groundwork.core.errors import StackError
from groundwork.core.regions import partition_of
from infra import _buckets
from infra._aws import AwsComponent, aws_child, region_of
from infra._buckets import Tiering
from infra._eks_cluster import identity_of
from infra._policies import service_suffix


class S3Config(Config):
    """What a stack file may say under `s3:`."""

    keep_old_versions_days: Annotated[PositiveInt, ByProfile("backup_retention_days")] = Field(
        description="how long what was overwritten or deleted can be had back"
    )
    access_logs: bool = Field(
        default=True, description="whether who read and wrote what is kept, in a bucket of its own beside the others"
    )
    access_log_days: Annotated[PositiveInt, ByProfile("log_retention_days")] = Field(
        description="how long that is kept"
    )
    tiering: Literal["none", "intelligent", "infrequent"] = Field(
        default="none",
        description="where objects go after `tieringDays`: `intelligent` moves each by its use, for a fee per object; "
        "`infrequent` is cheap to keep and costs at each read",
    )
    tiering_days: Annotated[int, Field(ge=0)] | None = Field(
        default=None, description="0 for intelligent and 30 for infrequent if left out"
    )
    lock_days: PositiveInt | None = Field(
        default=None,
        description="how long nobody can delete or overwrite a version of an object: for a store of backups; buckets "
        "that are there already are replaced by a change between null and a number",
    )
    lock_mode: Literal["governance", "compliance"] = Field(
        default="governance",
        description="governance: whoever has the right to can delete it all the same; compliance: nobody, AWS included",
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.tiering_days is not None and self.tiering == "none":
            raise ValueError(f"tieringDays is {self.tiering_days}, and tiering none: choose intelligent or infrequent")
        # S3 itself refuses less.
        if self.tiering == "infrequent" and self.tiering_days is not None and self.tiering_days < 30:
            raise ValueError(f"tieringDays is {self.tiering_days}: objects must be at least 30 days old for infrequent")
        if self.lock_mode == "compliance" and self.lock_days is None:
            raise ValueError("lockMode is compliance, and lockDays is left out: say how many days")
        return self

    @property
    def tier(self) -> Tiering | None:
        """Where objects go with time."""
        if self.tiering == "none":
            return None
        storage_class = {"intelligent": "INTELLIGENT_TIERING", "infrequent": "STANDARD_IA"}[self.tiering]
        least = {"intelligent": 0, "infrequent": 30}[self.tiering]
        return Tiering(storage_class, least if self.tiering_days is None else self.tiering_days)


@dataclass(frozen=True, kw_only=True)
class S3Store(ObjectStore):
    """Buckets of one account and region.

    Attributes:
        key_arn: what encrypts the objects.
        keep_old_versions_days: how long what was overwritten or deleted can be had back.
        tier_class: where objects go after `tier_days`, None where they stay.
        lock_days: how long nobody can delete a version, None where that is not so.
        lock_mode: GOVERNANCE or COMPLIANCE.
        logged: whether access to the buckets is logged.
        log_bucket: to where, once it takes logs; "" where it is not.
    """

    region: str
    key_arn: pulumi.Output[str]
    keep_old_versions_days: int
    tier_class: str | None
    tier_days: int
    lock_days: int | None
    lock_mode: str
    logged: bool
    log_bucket: pulumi.Output[str]

    @cached_property
    def _reached(self) -> set[str]:
        return set()

    def bucket(
        self,
        name: str,
        *,
        parent: Component[Any],
        reader_writers: Sequence[ServiceAccount] = (),
        tags: Mapping[str, str] | None = None,
    ) -> Bucket:
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
        bucket, settings = self._make(f"{parent.name}-{name}-bucket", full_name, parent, tags or {})
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

    def _make(
        self, resource: str, name: str, parent: Component[Any], tags: Mapping[str, str]
    ) -> tuple[aws.s3.Bucket, list[pulumi.Resource]]:
        """Make the bucket and its settings; a bucket with objects in it cannot be deleted, in no environment."""
        partition = partition_of(self.region)
        bucket = aws.s3.Bucket(
            resource,
            bucket=name,
            object_lock_enabled=True if self.lock_days else None,
            tags={**tags, "Name": name},
            # Who deletes both deletes the bucket first: where S3 refuses, since it has objects, these need the key.
            opts=aws_child(parent, stateful=True, depends_on=self.key_arn.apply(lambda _: [])),
        )
        closed, owned = _buckets.close(resource, bucket, parent)
        encrypted = _buckets.encrypt(resource, bucket, parent, key_arn=self.key_arn)
        versioned = _buckets.keep_versions(resource, bucket, parent)
        policy = aws.s3.BucketPolicy(
            resource,
            bucket=bucket.id,
            policy=self.key_arn.apply(lambda key: _policy(name, partition, key)),
            # S3 refuses two changes of a bucket's access at the same moment.
            opts=_buckets.setting(bucket, parent, depends_on=[owned]),
        )
        tier = Tiering(self.tier_class, self.tier_days) if self.tier_class else None
        aws.s3.BucketLifecycleConfiguration(
            resource,
            bucket=bucket.id,
            rules=_buckets.lifecycle(self.keep_old_versions_days, tier),
            opts=_buckets.setting(bucket, parent, depends_on=[versioned]),
        )
        if self.lock_days:
            aws.s3.BucketObjectLockConfiguration(
                resource,
                bucket=bucket.id,
                rule={"default_retention": {"mode": self.lock_mode, "days": self.lock_days}},
                opts=_buckets.setting(bucket, parent, depends_on=[versioned]),
            )
        if self.logged:
            _buckets.log_to(resource, bucket, parent, target=self.log_bucket)
        return bucket, [closed, encrypted, policy]


class S3(AwsComponent[S3Config]):
    """Object storage on S3; components ask it for buckets.

    Objects are encrypted with the store's own key and no other, reached over TLS alone, and never public; what was
    overwritten or deleted can be had back for a while, and who read and wrote what is logged.
    """

    def build(self, identity: CloudIdentity) -> S3Store:
        """Make the key and the bucket of logs; `identity` is who the pods are that use the buckets."""
        key = self.encryption_key("objects of the buckets")
        tier = self.config.tier
        return S3Store(
            region=self.region,
            key_arn=key.arn,
            keep_old_versions_days=self.config.keep_old_versions_days,
            tier_class=tier.storage_class if tier else None,
            tier_days=tier.days if tier else 0,
            lock_days=self.config.lock_days,
            lock_mode=self.config.lock_mode.upper(),
            logged=self.config.access_logs,
            log_bucket=self._log_bucket() if self.config.access_logs else pulumi.Output.from_input(""),
        )

    def _log_bucket(self) -> pulumi.Output[str]:
        """Make the bucket that S3 writes access logs to.

        S3 delivers to none that a key of KMS encrypts, so S3's own encrypts these; and its own access is not logged, or
        each log would make another.
        """
        name = self.environment.global_name(self.name, "access-logs")
        resource = f"{self.name}-access-logs"
        bucket = aws.s3.Bucket(
            resource,
            bucket=name,
            # Where nothing is protected, what S3 wrote by itself must not be in the way of a destroy.
            force_destroy=not self.environment.profile.protect,
            tags={"Name": name},
            opts=self.stateful(),
        )
        _, owned = _buckets.close(resource, bucket, self)
        _buckets.encrypt(resource, bucket, self, key_arn=None)
        versioned = _buckets.keep_versions(resource, bucket, self)
        policy = aws.s3.BucketPolicy(
            resource,
            bucket=bucket.id,
            policy=_buckets.policy(
                [
                    _buckets.log_delivery(
                        name,
                        self.partition,
                        account_id=self.account_id,
                        # Every name that this environment gives to a bucket begins so.
                        sources=f"{self.environment.prefix}-*",
                    ),
                    _buckets.only_tls(name, self.partition),
                ]
            ),
            opts=_buckets.setting(bucket, self, depends_on=[owned]),
        )
        aws.s3.BucketLifecycleConfiguration(
            resource,
            bucket=bucket.id,
            rules=_buckets.lifecycle(1, None, expire_days=self.config.access_log_days),
            opts=_buckets.setting(bucket, self, depends_on=[versioned]),
        )
        return policy.bucket


def _endpoints(region: str) -> list[str]:
    """Return the names under which clients of all kinds call S3; a bucket has one below each of them.

    https://docs.aws.amazon.com/general/latest/gr/s3.html
    """
    suffix = service_suffix(partition_of(region))
    older = [f"s3.{suffix}"] if region == "us-east-1" else []
    return [f"s3.{region}.{suffix}", f"s3.dualstack.{region}.{suffix}", *older]


def _policy(name: str, partition: str, key_arn: str) -> str:
    return _buckets.policy([_buckets.only_tls(name, partition), *_buckets.only_key(name, partition, key_arn)])
