"""Examples of the rules over encryption at rest, and over the keys."""

from __future__ import annotations

from groundwork.policy.example import REMOVED, Example, one
from groundwork.policy.subject import Subject
from policies.examples._parts import (
    BROKER,
    CLUSTER,
    DATABASE,
    FILES,
    LAUNCH_TEMPLATE,
    LOG_GROUP,
    LOGS_POLICY,
    NODE_CLASS,
)

_KEY = "arn:aws:kms:::key/1"
_SSE = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
_OWN = {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": _KEY}}
_OF_S3 = {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}
_DELIVERED = Subject(
    "aws:s3/bucketLogging:BucketLogging", "l", {"targetBucket": None}, "urn:logging", {"targetBucket": ["urn:policy"]}
)
# The target is named by way of its policy, which has to be there before S3 delivers.
_POLICY = Subject("aws:s3/bucketPolicy:BucketPolicy", "p", {}, "urn:policy", {"bucket": ["urn:logs"]})

EXAMPLES = [
    Example(
        "encryption-at-rest",
        CLUSTER,
        "encryptionConfig",
        None,
        "Cluster it: Secrets are not encrypted: set encryptionConfig with a KMS key",
    ),
    Example(
        "encryption-at-rest",
        DATABASE,
        "storageEncrypted",
        REMOVED,
        "Instance it: storageEncrypted is not true: set it to true (a later change replaces it)",
    ),
    Example(
        "encryption-at-rest",
        FILES,
        "encrypted",
        False,
        "FileSystem it: encrypted is not true: set it to true (a later change replaces it)",
    ),
    Example(
        "encryption-at-rest",
        one("aws:ebs/volume:Volume", {"encrypted": True}),
        "encrypted",
        REMOVED,
        "Volume it: encrypted is not true: set it to true (a later change replaces it)",
    ),
    Example(
        "encryption-at-rest",
        BROKER,
        "atRestEncryptionEnabled",
        False,
        "ReplicationGroup it: atRestEncryptionEnabled is not true: set it to true (a later change replaces it)",
    ),
    Example(
        "encryption-at-rest",
        one("aws:elasticache/replicationGroup:ReplicationGroup", {"engine": "valkey"}),
        "engine",
        "redis",
        "ReplicationGroup it: atRestEncryptionEnabled is not true: set it to true (a later change replaces it)",
    ),
    Example(
        "encryption-at-rest",
        LAUNCH_TEMPLATE,
        "blockDeviceMappings.0.ebs.encrypted",
        "false",
        "LaunchTemplate it: the volume /dev/xvda is not encrypted: set ebs.encrypted",
    ),
    Example(
        "encryption-at-rest",
        LAUNCH_TEMPLATE,
        "blockDeviceMappings",
        REMOVED,
        "LaunchTemplate it: its volumes are as the image has them: set blockDeviceMappings with ebs.encrypted",
    ),
    Example(
        "encryption-at-rest",
        NODE_CLASS,
        "spec.blockDeviceMappings.0.ebs.encrypted",
        REMOVED,
        "EC2NodeClass gpu: the volume /dev/xvda is not encrypted: set ebs.encrypted",
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
    Example(
        "encryption-at-rest",
        one("aws:sqs/queue:Queue", {"sqsManagedSseEnabled": True}),
        "sqsManagedSseEnabled",
        False,
        "Queue it: sqsManagedSseEnabled is false and there is no kmsMasterKeyId: leave out the first",
    ),
    Example(
        "customer-managed-keys",
        CLUSTER,
        "encryptionConfig.provider.keyArn",
        REMOVED,
        "Cluster it: encryptionConfig.provider.keyArn names no key of yours: set it to the ARN of a KMS key",
    ),
    *(
        Example(
            "customer-managed-keys",
            DATABASE,
            key,
            "arn:aws:kms:eu-west-1:111122223333:alias/aws/rds",
            f"Instance it: {key} names no key of yours: set it to the ARN of a KMS key",
        )
        for key in ("kmsKeyId", "masterUserSecretKmsKeyId", "performanceInsightsKmsKeyId")
    ),
    *(
        Example(
            "customer-managed-keys",
            valid,
            "kmsKeyId",
            REMOVED,
            f"{valid[0].label}: kmsKeyId names no key of yours: set it to the ARN of a KMS key",
        )
        for valid in (
            FILES,
            BROKER,
            LOG_GROUP,
            one("aws:rds/cluster:Cluster", {"kmsKeyId": _KEY}),
            one("aws:secretsmanager/secret:Secret", {"kmsKeyId": _KEY}),
            one("aws:fsx/lustreFileSystem:LustreFileSystem", {"deploymentType": "PERSISTENT_2", "kmsKeyId": _KEY}),
        )
    ),
    Example(
        "customer-managed-keys",
        one("aws:fsx/lustreFileSystem:LustreFileSystem", {"deploymentType": "SCRATCH_2"}),
        "deploymentType",
        "PERSISTENT_1",
        "LustreFileSystem it: kmsKeyId names no key of yours: set it to the ARN of a KMS key",
    ),
    Example(
        "customer-managed-keys",
        one(
            "aws:ecr/repository:Repository",
            {"encryptionConfigurations": [{"encryptionType": "KMS", "kmsKey": _KEY}]},
        ),
        "encryptionConfigurations",
        [{"encryptionType": "AES256"}],
        "Repository it: encryptionConfigurations.kmsKey names no key of yours: set it to the ARN of a KMS key",
    ),
    Example(
        "customer-managed-keys",
        (Subject(_SSE, "data", {"rules": [_OWN]}, "urn:sse", {"bucket": ["urn:data"]}), _DELIVERED, _POLICY),
        "rules",
        [_OF_S3],
        "BucketServerSideEncryptionConfiguration data: rules.applyServerSideEncryptionByDefault.kmsMasterKeyId "
        "names no key of yours: set it to the ARN of a KMS key",
    ),
    Example(
        "customer-managed-keys",
        one(_SSE, {"bucket": "logs", "rules": [_OF_S3]}, LOGS_POLICY),
        "bucket",
        "data",
        "BucketServerSideEncryptionConfiguration it: rules.applyServerSideEncryptionByDefault.kmsMasterKeyId "
        "names no key of yours: set it to the ARN of a KMS key",
    ),
    Example(
        "customer-managed-keys",
        (Subject(_SSE, "logs", {"rules": [_OF_S3]}, "urn:sse", {"bucket": ["urn:logs"]}), _DELIVERED, _POLICY),
        "",
        None,
        "BucketServerSideEncryptionConfiguration logs: rules.applyServerSideEncryptionByDefault.kmsMasterKeyId "
        "names no key of yours: set it to the ARN of a KMS key",
    ),
    Example(
        "keys-rotate",
        one("aws:kms/key:Key", {"enableKeyRotation": True, "deletionWindowInDays": 30}),
        "enableKeyRotation",
        REMOVED,
        "Key it: enableKeyRotation is not true: set it",
    ),
    Example(
        "keys-rotate",
        one("aws:kms/key:Key", {"customerMasterKeySpec": "RSA_4096"}),
        "customerMasterKeySpec",
        "SYMMETRIC_DEFAULT",
        "Key it: enableKeyRotation is not true: set it",
    ),
    Example(
        "keys-rotate",
        one("aws:kms/key:Key", {"enableKeyRotation": True}),
        "deletionWindowInDays",
        7,
        "Key it: deletionWindowInDays is 7: set it to 30, or leave it out",
    ),
]
