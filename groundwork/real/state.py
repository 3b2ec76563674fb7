"""Where Pulumi keeps the state of real stacks: a bucket and a key of one's own, made before any stack is.

Pulumi's own S3 backend locks a stack by an object beside its state, so the bucket needs nothing else for that:
https://www.pulumi.com/docs/iac/concepts/state-and-backends/#aws-s3
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from botocore.exceptions import BotoCoreError, ClientError

from groundwork.core.naming import join
from groundwork.core.project import load_project
from groundwork.real.aws import Place, code_of, place_of, session_of
from groundwork.real.errors import RealError

if TYPE_CHECKING:
    import boto3

_KEEP_DAYS = 90

Did = Literal["made", "mended", "kept"]


@dataclass(frozen=True)
class Setting:
    """One setting of the bucket: how it is read, and how it is made what it should be."""

    name: str
    wanted: Any
    read: Callable[[], Any]
    write: Callable[[], Any]


@dataclass
class StateStore:
    """What there is now.

    Attributes:
        done: each part -> whether it was made, mended, or is as it was.
    """

    place: Place
    bucket: str
    key: str
    done: dict[str, Did] = field(default_factory=dict)

    @property
    def login(self) -> str:
        """The address for `pulumi login`."""
        return f"s3://{self.bucket}?region={self.place.region}&awssdk=v2"

    @property
    def secrets_provider(self) -> str:
        """What `pulumi stack init --secrets-provider` takes."""
        return f"awskms://{self.key}?region={self.place.region}"


def bootstrap(root: Path, environment: str) -> StateStore:
    """Make the state bucket and its key in the environment's account, or mend what differs; again changes nothing.

    Raises:
        StackError: the stack files are wrong, or are nowhere in AWS.
        RealError: the credentials are of another account, or the bucket's name is somebody else's.
    """
    project = load_project(root)
    place = place_of(environment, project.environment(environment))
    session = session_of(place)
    name = join(project.name, "state", limit=40)
    store = StateStore(place, f"{name}-{place.account}-{place.region}", f"alias/{name}")
    try:
        key = _key(session, store)
        _bucket(session, store)
        for setting in _settings(session, store, key):
            _apply(store, setting)
    except (BotoCoreError, ClientError) as error:
        done = ", ".join(f"{part}: {did}" for part, did in store.done.items()) or "nothing"
        raise RealError(
            f"AWS refuses: {error}\n"
            f"Reached so far: {done}. Let your role do it, and run the same command again: it goes on from here."
        ) from None
    return store


def _key(session: boto3.Session, store: StateStore) -> str:
    kms = session.client("kms")
    try:
        key = kms.describe_key(KeyId=store.key)["KeyMetadata"]
        store.done["key"] = "kept"
    except kms.exceptions.NotFoundException:
        key = kms.create_key(Description="state and secrets of Pulumi stacks")["KeyMetadata"]
        kms.create_alias(AliasName=store.key, TargetKeyId=key["KeyId"])
        store.done["key"] = "made"
    if key["KeyState"] != "Enabled":
        raise RealError(
            f"The key {store.key} is {key['KeyState']}: what it encrypts cannot be read. Cancel its deletion, or "
            "enable it, and run this again."
        )
    if not kms.get_key_rotation_status(KeyId=key["KeyId"])["KeyRotationEnabled"]:
        kms.enable_key_rotation(KeyId=key["KeyId"])
        store.done["rotation of the key"] = "mended" if store.done["key"] == "kept" else "made"
    return str(key["Arn"])


def _bucket(session: boto3.Session, store: StateStore) -> None:
    s3 = session.client("s3")
    try:
        s3.head_bucket(Bucket=store.bucket, ExpectedBucketOwner=store.place.account)
        store.done["bucket"] = "kept"
        return
    except ClientError as error:
        if code_of(error) in ("403", "AccessDenied"):
            raise RealError(
                f"The bucket {store.bucket} is there, and you may not use it: it is another account's, or your role "
                "has no right to it."
            ) from None
        if code_of(error) not in ("404", "NoSuchBucket"):
            raise
    # The API's own first region must not be named.
    elsewhere = {"CreateBucketConfiguration": {"LocationConstraint": store.place.region}}
    given: Any = {} if store.place.region == "us-east-1" else elsewhere
    s3.create_bucket(Bucket=store.bucket, ObjectOwnership="BucketOwnerEnforced", **given)
    store.done["bucket"] = "made"


def _settings(session: boto3.Session, store: StateStore, key: str) -> list[Setting]:
    s3: Any = session.client("s3")
    mine = {"Bucket": store.bucket, "ExpectedBucketOwner": store.place.account}
    closed = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
    rule = {
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key},
        "BucketKeyEnabled": True,
    }
    policy = _policy(store, session.get_partition_for_region(store.place.region))
    lifecycle = _lifecycle()
    return [
        Setting(
            "closed to the public",
            closed,
            lambda: s3.get_public_access_block(**mine)["PublicAccessBlockConfiguration"],
            lambda: s3.put_public_access_block(**mine, PublicAccessBlockConfiguration=closed),
        ),
        Setting(
            "encryption",
            [rule],
            lambda: s3.get_bucket_encryption(**mine)["ServerSideEncryptionConfiguration"]["Rules"],
            lambda: s3.put_bucket_encryption(**mine, ServerSideEncryptionConfiguration={"Rules": [rule]}),
        ),
        Setting(
            "versions",
            "Enabled",
            lambda: s3.get_bucket_versioning(**mine).get("Status"),
            lambda: s3.put_bucket_versioning(**mine, VersioningConfiguration={"Status": "Enabled"}),
        ),
        Setting(
            "TLS only, and no deletion",
            policy,
            lambda: json.loads(s3.get_bucket_policy(**mine)["Policy"]),
            lambda: s3.put_bucket_policy(**mine, Policy=json.dumps(policy)),
        ),
        Setting(
            f"old versions for {_KEEP_DAYS} days",
            lifecycle,
            lambda: s3.get_bucket_lifecycle_configuration(**mine)["Rules"],
            lambda: s3.put_bucket_lifecycle_configuration(**mine, LifecycleConfiguration={"Rules": lifecycle}),
        ),
    ]


def _apply(store: StateStore, setting: Setting) -> None:
    try:
        found = setting.read()
    except ClientError as error:
        if not code_of(error).startswith(("NoSuch", "ServerSideEncryptionConfigurationNotFound")):
            raise
        found = None
    if found == setting.wanted:
        store.done[setting.name] = "kept"
        return
    setting.write()
    store.done[setting.name] = "made" if store.done["bucket"] == "made" else "mended"


def _policy(store: StateStore, partition: str) -> dict[str, Any]:
    arn = f"arn:{partition}:s3:::{store.bucket}"
    everybody = {"Effect": "Deny", "Principal": "*"}
    insecure = {"Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "OnlyTls", **everybody, "Action": "s3:*", "Resource": [arn, f"{arn}/*"], **insecure},
            # Whoever means it takes this statement away first.
            {"Sid": "Keep", **everybody, "Action": "s3:DeleteBucket", "Resource": arn},
        ],
    }


def _lifecycle() -> list[dict[str, Any]]:
    return [
        {
            "ID": "old-versions",
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "NoncurrentVersionExpiration": {"NoncurrentDays": _KEEP_DAYS},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
        }
    ]
