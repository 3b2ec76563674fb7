"""Rules over what training leaves behind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from groundwork.policy.facts import Facts
from groundwork.policy.rule import RULES
from groundwork.policy.subject import Subject, dig

_BUCKET, _VERSIONING = "aws:s3/bucket:Bucket", "aws:s3/bucketVersioning:BucketVersioning"
_LOGGING = "aws:s3/bucketLogging:BucketLogging"


@RULES.stack(
    "artifacts-versioned",
    severity="high",
    controls=("AWS FSBP S3.14", "Groundwork: a model that served can be had back"),
    types=(_BUCKET, _VERSIONING, _LOGGING),
)
def artifacts_versioned(subjects: Sequence[Subject], facts: Facts) -> Iterator[tuple[Subject, str]]:
    """Buckets of models, data and artifacts keep what is overwritten or deleted; those of access logs need not.

    A model that served yesterday is a file that a training of today may write over.
    """
    for bucket in (subject for subject in subjects if subject.type == _BUCKET):
        if any(of(log, bucket, "targetBucket") for log in subjects if log.type == _LOGGING):
            continue
        mine = [part for part in subjects if part.type == _VERSIONING and of(part, bucket, "bucket")]
        if not mine:
            yield bucket, f"Bucket {bucket.name}: keeps no old versions: add a BucketVersioning with status Enabled"
        for part in mine:
            status = dig(part.props, "versioningConfiguration.status")
            if status != "Enabled":
                yield part, f"Bucket {bucket.name}: versioningConfiguration.status is {status}: set it to Enabled"


def of(part: Subject, bucket: Subject, key: str) -> bool:
    """Return whether a property of a part is this bucket; in a first preview its id is unknown, but not whose it is."""
    if key in part.references:
        return bool(bucket.urn) and bucket.urn in part.references[key]
    named = part.props.get(key)
    return named is not None and named == bucket.props.get("bucket")
