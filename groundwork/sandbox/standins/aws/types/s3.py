"""Buckets and the settings that are resources of their own."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from groundwork.sandbox.standins.aws.declare import Call, Do, Path, Read, Resource, Tagging, declare, put, uses
from groundwork.sandbox.standins.aws.session import ApiError, NotFoundError, Session
from groundwork.sandbox.standins.aws.types.iam import policy_document

_BUCKET = {"Bucket": "{id}"}


@uses("region")
def _location(env: dict[str, Any]) -> Any:
    return None if env["region"] == "us-east-1" else {"LocationConstraint": env["region"]}


def _empty(session: Session, env: dict[str, Any]) -> None:
    """Delete every object and version of a bucket, if forceDestroy asks for it."""
    if not env.get("forceDestroy"):
        return
    # To moto a refusal of some calls, such as of those without TLS, is one of all.
    with suppress(NotFoundError):
        session.ask("s3", "delete_bucket_policy", env["region"], Bucket=env["id"])
    while True:
        page = session.ask("s3", "list_object_versions", env["region"], Bucket=env["id"])
        found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        if not found:
            return
        objects = [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in found]
        done = session.ask("s3", "delete_objects", env["region"], Bucket=env["id"], Delete={"Objects": objects})
        if done.get("Errors"):
            first = done["Errors"][0]
            raise ApiError(f"s3 DeleteObjects: {first.get('Code')}: {first.get('Key')}: {first.get('Message')}")


def _read_bucket(session: Session, env: dict[str, Any]) -> dict[str, Any] | None:
    head = session.ask("s3", "head_bucket", env["region"], Bucket=env["id"])
    try:
        tags = session.ask("s3", "get_bucket_tagging", env["region"], Bucket=env["id"])["TagSet"]
    except NotFoundError:
        tags = []
    return {**head, "TagSet": tags, "Bucket": env["id"]}


declare(
    Resource(
        "aws:s3/bucket:Bucket",
        service="s3",
        create=Call(
            "create_bucket",
            {
                "Bucket": "{bucket}",
                "CreateBucketConfiguration": _location,
                "ObjectLockEnabledForBucket": "{objectLockEnabled}",
                "ACL": "{acl}",
            },
        ),
        id="{bucket}",
        autoname="bucket",
        autoname_limit=63,
        lower=True,
        steers=("forceDestroy",),
        names={"acl": "ACL"},
        update=(Call("put_bucket_acl", {**_BUCKET, "ACL": "{acl}"}),),
        read=_read_bucket,
        outputs={
            "bucket": "{id}",
            "bucketDomainName": "{id}.s3.amazonaws.com",
            "bucketRegion": "{region}",
            "bucketRegionalDomainName": "{id}.s3.{region}.amazonaws.com",
        },
        delete=(Do(_empty), Call("delete_bucket", _BUCKET)),
        arn="arn:{partition}:s3:::{id}",
        tagging=Tagging("put_bucket_tagging", "", _BUCKET),
    )
)


def _setting(
    token: str,
    write: str,
    read: str,
    delete: Call | None,
    *,
    arguments: dict[str, Any] | None = None,
    wrap: str = "",
    **more: Any,
) -> Resource:
    """Declare a setting of a bucket: the same call makes and changes it, and its id is the bucket."""
    reading = more.pop("path", wrap or "@")
    return put(
        Resource(
            token,
            service="s3",
            create=Call(write, {"Bucket": "{bucket}", **(arguments or {})}, spread=arguments is None, wrap=wrap),
            id="{bucket}",
            read=Read(read, _BUCKET, reading),
            outputs={"bucket": "{id}", **more.pop("outputs", {})},
            delete=() if delete is None else (delete,),
            steers=("expectedBucketOwner", "mfa", "skipDestroy"),
            **more,
        )
    )


_setting(
    "aws:s3/bucketVersioning:BucketVersioning",
    "put_bucket_versioning",
    "get_bucket_versioning",
    Call("put_bucket_versioning", {**_BUCKET, "VersioningConfiguration": {"Status": "Suspended"}}),
    arguments={"VersioningConfiguration": "{versioningConfiguration}"},
    path="{VersioningConfiguration: @}",
)
_setting(
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "put_bucket_encryption",
    "get_bucket_encryption",
    Call("delete_bucket_encryption", _BUCKET),
    wrap="ServerSideEncryptionConfiguration",
)
_setting(
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    "put_public_access_block",
    "get_public_access_block",
    Call("delete_public_access_block", _BUCKET),
    wrap="PublicAccessBlockConfiguration",
)
_setting(
    "aws:s3/bucketPolicy:BucketPolicy",
    "put_bucket_policy",
    "get_bucket_policy",
    Call("delete_bucket_policy", _BUCKET),
    checks=(policy_document("policy"),),
)
_setting(
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
    "put_bucket_ownership_controls",
    "get_bucket_ownership_controls",
    Call("delete_bucket_ownership_controls", _BUCKET),
    arguments={"OwnershipControls": {"Rules": ["{rule}"]}},
    path="OwnershipControls",
    outputs={"rule": Path("Rules[0]")},
)
_setting(
    "aws:s3/bucketLogging:BucketLogging",
    "put_bucket_logging",
    "get_bucket_logging",
    Call("put_bucket_logging", {**_BUCKET, "BucketLoggingStatus": {}}),
    arguments={
        "BucketLoggingStatus": {
            "LoggingEnabled": {
                "TargetBucket": "{targetBucket}",
                "TargetPrefix": "{targetPrefix}",
                "TargetGrants": "{targetGrants}",
                "TargetObjectKeyFormat": "{targetObjectKeyFormat}",
            }
        }
    },
    path="LoggingEnabled",
)
_setting(
    "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration",
    "put_object_lock_configuration",
    "get_object_lock_configuration",
    # A lock is never taken off a bucket; objects that come later get no retention of their own.
    Call("put_object_lock_configuration", {**_BUCKET, "ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled"}}),
    arguments={"ObjectLockConfiguration": {"ObjectLockEnabled": "{objectLockEnabled}", "Rule": "{rule}"}},
    path="ObjectLockConfiguration",
    defaults={"objectLockEnabled": "Enabled"},
)


@uses("rules")
def _rules(env: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the rules as the API has them: its filter is a union, its `and` holds a list of tags."""
    made = []
    for rule in env["rules"]:
        given = {name: value for name, value in rule.items() if value not in (None, [], {})}
        narrow = given.pop("filter", None) or ({} if "prefix" in given else {"prefix": ""})
        both = narrow.get("and")
        if both:
            narrow = {"and": {**both, "tags": _pairs(both.get("tags"))}}
        made.append({**given, **({"filter": narrow} if narrow else {})})
    return made


def _pairs(tags: Any) -> Any:
    return [{"Key": name, "Value": value} for name, value in tags.items()] if tags else None


def _read_rules(session: Session, env: dict[str, Any]) -> dict[str, Any] | None:
    try:
        answer = session.ask("s3", "get_bucket_lifecycle_configuration", env["region"], Bucket=env["id"])
    except ApiError as error:
        if "NoSuchLifecycleConfiguration" in str(error):
            return None
        raise
    return answer


put(
    Resource(
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        service="s3",
        create=Call(
            "put_bucket_lifecycle_configuration",
            {"Bucket": "{bucket}", "LifecycleConfiguration": {"Rules": _rules}},
        ),
        id="{bucket}",
        read=_read_rules,
        outputs={"bucket": "{id}"},
        steers=("expectedBucketOwner", "transitionDefaultMinimumObjectSize"),
        delete=(Call("delete_bucket_lifecycle", _BUCKET),),
    )
)
