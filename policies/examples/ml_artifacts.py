"""Examples of the rules over artifacts."""

from __future__ import annotations

from groundwork.policy.example import Example
from groundwork.policy.subject import Subject

_BUCKET = Subject("aws:s3/bucket:Bucket", "mlflow", {"bucket": "company-mlflow"}, "urn:bucket")
_TYPE = "aws:s3/bucketVersioning:BucketVersioning"
_ON = {"bucket": "company-mlflow", "versioningConfiguration": {"status": "Enabled"}}
_VERSIONING = Subject(_TYPE, "mlflow", _ON, "urn:versioning", {"bucket": ["urn:bucket"]})
_LOGS = Subject("aws:s3/bucket:Bucket", "logs", {"bucket": "company-logs"}, "urn:logs")
_LOGGED = Subject("aws:s3/bucketLogging:BucketLogging", "mlflow", {"targetBucket": "company-logs"}, "urn:logging")

EXAMPLES = [
    Example(
        "artifacts-versioned",
        (_BUCKET, _VERSIONING, _LOGS, _LOGGED),
        "",
        None,
        "Bucket mlflow: keeps no old versions: add a BucketVersioning with status Enabled",
    ),
    Example(
        "artifacts-versioned",
        (_VERSIONING, _BUCKET),
        "versioningConfiguration.status",
        "Suspended",
        "Bucket mlflow: versioningConfiguration.status is Suspended: set it to Enabled",
    ),
]
