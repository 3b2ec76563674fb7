"""Examples of the rules over the AWS account."""

from __future__ import annotations

import json

from groundwork.policy.example import REMOVED, Example, one
from groundwork.policy.subject import Subject
from policies.examples._parts import CLUSTER

_SWITCHES = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
_ON = dict.fromkeys(_SWITCHES, True)
_BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
_BUCKET = Subject("aws:s3/bucket:Bucket", "data", {"bucket": "data"}, "urn:data")
_OPEN = {"Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "s3:GetObject"}]}


def _iam(action: str, resource: str) -> str:
    return json.dumps({"Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}]})


_POLICY = one("aws:iam/policy:Policy", {"policy": _iam("s3:GetObject", "arn:x")})

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
        (Subject(_BLOCK, "b", {"bucket": None, **_ON}, "urn:block", {"bucket": ["urn:data"]}), _BUCKET),
        "blockPublicAcls",
        False,
        "Bucket data: its public access block leaves blockPublicAcls off: set to true",
    ),
    Example(
        "no-public-bucket-policy",
        one("aws:s3/bucketPolicy:BucketPolicy", {"policy": "{}"}),
        "policy",
        json.dumps(_OPEN),
        "it: a statement allows s3:GetObject to everybody: name who",
    ),
    Example(
        "no-public-bucket-policy",
        one("aws:s3/bucketAcl:BucketAcl", {"acl": "private"}),
        "acl",
        "public-read",
        "it: the ACL public-read lets everybody in: use private",
    ),
    Example(
        "private-cluster-endpoint",
        CLUSTER,
        "vpcConfig.endpointPrivateAccess",
        False,
        "Cluster it: endpointPrivateAccess is not true: set it",
    ),
    Example(
        "private-cluster-endpoint",
        CLUSTER,
        "vpcConfig.endpointPublicAccess",
        True,
        "Cluster it: its API is open to 0.0.0.0/0: "
        "set endpointPublicAccess to false, or name the CIDRs that may reach it",
    ),
    Example(
        "encryption-at-rest",
        CLUSTER,
        "encryptionConfig",
        None,
        "Cluster it: Secrets are not encrypted: set encryptionConfig with a KMS key",
    ),
    Example(
        "encryption-at-rest",
        one("aws:rds/instance:Instance", {"storageEncrypted": True}),
        "storageEncrypted",
        REMOVED,
        "Instance it: storageEncrypted is not true: set it (a later change replaces the database)",
    ),
    Example(
        "encryption-at-rest",
        one("aws:efs/fileSystem:FileSystem", {"encrypted": True}),
        "encrypted",
        False,
        "FileSystem it: encrypted is not true: set it (a later change replaces the file system)",
    ),
    Example(
        "encryption-at-rest",
        one(
            "aws:ec2/launchTemplate:LaunchTemplate",
            {"blockDeviceMappings": [{"deviceName": "/dev/xvda", "ebs": {"encrypted": "true"}}]},
        ),
        "blockDeviceMappings.0.ebs.encrypted",
        "false",
        "LaunchTemplate it: the volume /dev/xvda is not encrypted: set ebs.encrypted",
    ),
    Example(
        "encryption-at-rest",
        one(
            "kubernetes:storage.k8s.io/v1:StorageClass",
            {"provisioner": "ebs.csi.aws.com", "parameters": {"encrypted": "true"}},
        ),
        "parameters",
        {},
        'StorageClass it: volumes are not encrypted: set parameters.encrypted to "true"',
    ),
    Example("no-wildcard-iam", _POLICY, "policy", _iam("s3:*", "arn:x"), "it: allows s3:*: name the actions"),
    Example(
        "no-wildcard-iam",
        _POLICY,
        "policy",
        _iam("s3:PutObject", "*"),
        "it: allows s3:PutObject on every resource: name the resources, or a condition",
    ),
]
