"""Examples of the rules over buckets, file systems and registries."""

from __future__ import annotations

import json
from typing import Any

from groundwork.policy.example import REMOVED, Example, one
from groundwork.policy.subject import Subject
from policies.examples._parts import FILES, LOGS_POLICY

_BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
_VERSIONING = "aws:s3/bucketVersioning:BucketVersioning"
_LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
_LOGGING = "aws:s3/bucketLogging:BucketLogging"
_BUCKET_POLICY, _EFS_POLICY = "aws:s3/bucketPolicy:BucketPolicy", "aws:efs/fileSystemPolicy:FileSystemPolicy"
_ON = dict.fromkeys(("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"), True)
_BUCKET = Subject("aws:s3/bucket:Bucket", "data", {"bucket": "data"}, "urn:data")
# As in a first preview: the bucket's id is unknown, and whose it is is not.
_OF_BUCKET = {"bucket": ["urn:data"]}


def _document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Statement": list(statements)})


def _allow(**more: Any) -> str:
    return _document({"Effect": "Allow", "Action": "s3:GetObject", **more})


def _only_tls(action: str = "s3:*", value: str = "false", resource: tuple[str, ...] = ("arn:x", "arn:x/*")) -> str:
    condition = {"Bool": {"aws:SecureTransport": value}}
    return _document(
        {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": list(resource), "Condition": condition}
    )


_NAMED = _allow(Principal={"AWS": "arn:aws:iam::111122223333:root"})
_TLS = _only_tls()
_POLICY = Subject(_BUCKET_POLICY, "p", {"policy": _TLS}, "urn:policy", _OF_BUCKET)
_VERSIONED = Subject(_VERSIONING, "v", {"versioningConfiguration": {"status": "Enabled"}}, "urn:versioning", _OF_BUCKET)
_OLD = {"id": "old", "status": "Enabled", "noncurrentVersionExpiration": {"noncurrentDays": 30}}
_DELIVERED = Subject(_LOGGING, "l", {"targetBucket": "logs"}, "urn:logging")

EXAMPLES = [
    Example(
        "no-public-bucket",
        (_BUCKET, Subject(_BLOCK, "b", {"bucket": "data", **_ON}, "urn:block")),
        "",
        None,
        "Bucket data: has no BucketPublicAccessBlock: add one with all four switches on",
    ),
    Example(
        "no-public-bucket",
        (Subject(_BLOCK, "b", {"bucket": None, **_ON}, "urn:block", _OF_BUCKET), _BUCKET),
        "blockPublicAcls",
        False,
        "Bucket data: its public access block leaves blockPublicAcls off: set to true",
    ),
    Example(
        "no-public-policy",
        one(_BUCKET_POLICY, {"policy": _NAMED}),
        "policy",
        _allow(Principal={"AWS": "*"}),
        "BucketPolicy it: a statement allows s3:GetObject to everybody: name who",
    ),
    Example(
        "no-public-policy",
        one(_BUCKET_POLICY, {"policy": _allow(Principal="*", Condition={"StringEquals": {"aws:PrincipalOrgID": "o"}})}),
        "policy",
        _allow(Principal="*", Condition={"Bool": {"aws:SecureTransport": "true"}}),
        "BucketPolicy it: a statement allows s3:GetObject to everybody: name who",
    ),
    Example(
        "no-public-policy",
        one("aws:ecr/repositoryPolicy:RepositoryPolicy", {"policy": _NAMED}),
        "policy",
        _allow(NotPrincipal={"AWS": "arn:aws:iam::111122223333:root"}),
        "RepositoryPolicy it: a statement allows s3:GetObject to everybody: name who",
    ),
    Example(
        "no-public-policy",
        one(_BUCKET_POLICY, {"policy": _NAMED}),
        "policy",
        _allow(Principal="*", Condition={"StringNotEquals": {"aws:PrincipalAccount": "444455556666"}}),
        "BucketPolicy it: a statement allows s3:GetObject to everybody: name who",
    ),
    Example(
        "no-public-policy",
        one("aws:s3/bucketAcl:BucketAcl", {"accessControlPolicy": {"grants": [{"permission": "READ", "grantee": {}}]}}),
        "accessControlPolicy.grants.0.grantee",
        {"type": "Group", "uri": "http://acs.amazonaws.com/groups/global/AllUsers"},
        "BucketAcl it: grants READ to AllUsers: name who",
    ),
    Example(
        "no-public-policy",
        one("aws:s3/bucketAcl:BucketAcl", {"acl": "private"}),
        "acl",
        "public-read",
        "BucketAcl it: the ACL public-read lets everybody in: use private",
    ),
    Example(
        "tls-only-stores",
        one(_BUCKET_POLICY, {"policy": _TLS}),
        "policy",
        _only_tls(value="true"),
        "BucketPolicy it: does not refuse requests without TLS: "
        "deny everybody every action where aws:SecureTransport is false",
    ),
    Example(
        "tls-only-stores",
        one(_EFS_POLICY, {"policy": _only_tls("*")}),
        "policy",
        _only_tls("elasticfilesystem:ClientWrite"),
        "FileSystemPolicy it: does not refuse requests without TLS: "
        "deny everybody every action where aws:SecureTransport is false",
    ),
    Example(
        "tls-only-stores",
        one(_BUCKET_POLICY, {"policy": _TLS}),
        "policy",
        _only_tls(resource=("arn:x",)),
        "BucketPolicy it: refuses requests without TLS for the bucket alone: add its objects, ARN/*",
    ),
    Example(
        "stores-complete",
        (*FILES, Subject(_EFS_POLICY, "p", {"policy": "{}"}, "urn:policy", {"fileSystemId": ["urn:it"]})),
        "",
        None,
        "FileSystem it: has no FileSystemPolicy: add one that refuses clients without TLS",
    ),
    Example(
        "bucket-versions-kept",
        one(_VERSIONING, {"versioningConfiguration": {"status": "Enabled"}}),
        "versioningConfiguration.status",
        "Suspended",
        "BucketVersioning it: the status is Suspended: set it to Enabled",
    ),
    Example(
        "bucket-versions-kept",
        one(_LIFECYCLE, {"bucket": "data", "rules": [_OLD]}, _DELIVERED),
        "rules.0.noncurrentVersionExpiration.noncurrentDays",
        7,
        "BucketLifecycleConfiguration it: keeps old versions for 7 days: set noncurrentDays to 30",
    ),
    Example(
        "bucket-versions-kept",
        one(
            _LIFECYCLE,
            {"bucket": "logs", "rules": [{**_OLD, "noncurrentVersionExpiration": {"noncurrentDays": 1}}]},
            _DELIVERED,
        ),
        "bucket",
        "data",
        "BucketLifecycleConfiguration it: keeps old versions for 1 days: set noncurrentDays to 30",
    ),
    Example(
        "bucket-versions-kept",
        one(
            _LIFECYCLE,
            {"bucket": "logs", "rules": [{**_OLD, "noncurrentVersionExpiration": {"noncurrentDays": 1}}]},
            LOGS_POLICY,
        ),
        "bucket",
        "data",
        "BucketLifecycleConfiguration it: keeps old versions for 1 days: set noncurrentDays to 30",
    ),
    Example(
        "ecr-images",
        one(
            "aws:ecr/repository:Repository",
            {"imageTagMutability": "IMMUTABLE", "imageScanningConfiguration": {"scanOnPush": True}},
        ),
        "imageTagMutability",
        REMOVED,
        "Repository it: imageTagMutability is MUTABLE: set it to IMMUTABLE",
    ),
    Example(
        "ecr-images",
        one(
            "aws:ecr/repository:Repository",
            {"imageTagMutability": "IMMUTABLE", "imageScanningConfiguration": {"scanOnPush": True}},
        ),
        "imageScanningConfiguration",
        None,
        "Repository it: images are not scanned: set imageScanningConfiguration.scanOnPush to true",
    ),
]
# A bucket needs two other parts: one is another's each time, and the other stays.
EXAMPLES += [
    Example(
        "stores-complete",
        (Subject(part.type, part.name, {**part.props, "bucket": "data"}, part.urn), _BUCKET, other),
        "bucket",
        "another",
        f"Bucket data: has no {part.kind}: {remedy}",
    )
    for part, other, remedy in (
        (_POLICY, _VERSIONED, "add one that refuses requests without TLS"),
        (_VERSIONED, _POLICY, "add one with the status Enabled"),
    )
]
