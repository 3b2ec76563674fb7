"""Examples of the rules over databases, brokers and whatever else holds data."""

from __future__ import annotations

from dataclasses import replace

from groundwork.policy.example import PROTECTED, REMOVED, Example, one
from groundwork.policy.subject import Subject
from policies.examples._parts import BROKER, CLUSTER, DATABASE, FILES

_PARAMETERS = "aws:rds/parameterGroup:ParameterGroup"
_FORCED = {"family": "postgres17", "parameters": [{"name": "rds.force_ssl", "value": "1"}]}
_EFS_BACKUPS = "aws:efs/backupPolicy:BackupPolicy"
_DEV = {"profile": "dev"}

EXAMPLES = [
    Example(
        "tls-to-databases",
        one(_PARAMETERS, _FORCED),
        "parameters.0.value",
        "0",
        "ParameterGroup it: rds.force_ssl is 0: set it to 1",
    ),
    Example(
        "tls-to-databases",
        one(_PARAMETERS, {**_FORCED, "family": "oracle-ee-19"}),
        "family",
        "mysql8.4",
        "ParameterGroup it: require_secure_transport is not set: set it to 1",
    ),
    Example(
        "tls-to-databases",
        DATABASE,
        "parameterGroupName",
        "default.postgres17",
        "Instance it: has no parameter group of its own: add one that refuses connections without TLS",
    ),
    Example(
        "tls-to-databases",
        BROKER,
        "transitEncryptionEnabled",
        REMOVED,
        "ReplicationGroup it: transitEncryptionEnabled is not true: set it",
    ),
    Example(
        "tls-to-databases",
        BROKER,
        "transitEncryptionMode",
        "preferred",
        "ReplicationGroup it: transitEncryptionMode is preferred, so plain text goes too: set it to required",
    ),
    Example(
        "deletion-protection",
        DATABASE,
        "deletionProtection",
        REMOVED,
        "Instance it: deletionProtection is not true: set it",
    ),
    Example(
        "deletion-protection",
        DATABASE,
        "skipFinalSnapshot",
        True,
        "Instance it: skipFinalSnapshot is not false: set it",
    ),
    Example(
        "deletion-protection",
        CLUSTER,
        "deletionProtection",
        False,
        "Cluster it: deletionProtection is not true: set it",
    ),
    Example(
        "deletion-protection",
        one("aws:s3/bucket:Bucket", {"bucket": "data"}),
        "forceDestroy",
        True,
        "Bucket it: forceDestroy is not false: set it",
    ),
    Example(
        "deletion-protection",
        one("aws:secretsmanager/secret:Secret", {"recoveryWindowInDays": 30}),
        "recoveryWindowInDays",
        0,
        "Secret it: recoveryWindowInDays is 0: set it to 30, or leave it out",
    ),
    Example(
        "stateful-protected",
        (replace(DATABASE[0], protected=True),),
        PROTECTED,
        False,
        "Instance it: the engine may delete or replace it: make it with stateful(), or protect=True",
    ),
    Example(
        "backups-kept",
        DATABASE,
        "backupRetentionPeriod",
        7,
        "Instance it: backups are kept for 7 days: set backupRetentionPeriod to 30",
    ),
    Example(
        "backups-kept",
        one("aws:rds/instance:Instance", {"backupRetentionPeriod": 3, "deleteAutomatedBackups": True}),
        "backupRetentionPeriod",
        REMOVED,
        "Instance it: backups are kept for 0 days: set backupRetentionPeriod to 3",
        _DEV,
    ),
    Example(
        "backups-kept",
        DATABASE,
        "deleteAutomatedBackups",
        REMOVED,
        "Instance it: its backups are deleted with it: set deleteAutomatedBackups to false",
    ),
    Example(
        "backups-kept",
        BROKER,
        "snapshotRetentionLimit",
        0,
        "ReplicationGroup it: no snapshot is kept: set snapshotRetentionLimit to the days that one is kept",
    ),
    Example(
        "backups-kept",
        one(_EFS_BACKUPS, {"backupPolicy": {"status": "ENABLED"}}),
        "backupPolicy.status",
        "DISABLED",
        "BackupPolicy it: the status is DISABLED: set it to ENABLED",
    ),
    Example(
        "file-systems-backed-up",
        (*FILES, Subject(_EFS_BACKUPS, "backups", {}, "urn:backups", {"fileSystemId": ["urn:it"]})),
        "",
        None,
        "FileSystem it: has no BackupPolicy: add one with the status ENABLED",
    ),
]
