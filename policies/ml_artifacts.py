"""Rules over what training leaves behind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from groundwork.policy.facts import Facts
from groundwork.policy.rule import RULES
from groundwork.policy.subject import Subject, dig
from policies._environment import BUCKET, BUCKET_POLICY, LOGGING, VERSIONING, belongs, log_targets


@RULES.stack(
    "artifacts-versioned",
    severity="high",
    controls=("AWS FSBP S3.14", "Groundwork: a model that served can be had back"),
    types=(BUCKET, VERSIONING, LOGGING, BUCKET_POLICY),
)
def artifacts_versioned(subjects: Sequence[Subject], facts: Facts) -> Iterator[tuple[Subject, str]]:
    """Buckets of models, data and artifacts keep what is overwritten or deleted; those of access logs need not.

    A model that served yesterday is a file that a training of today may write over.
    """
    of_logs = log_targets(subjects)
    for bucket in (subject for subject in subjects if subject.type == BUCKET):
        mine = [part for part in subjects if part.type == VERSIONING and belongs(part, "bucket", bucket)]
        if not mine and not of_logs(bucket):
            yield bucket, f"Bucket {bucket.name}: keeps no old versions: add a BucketVersioning with status Enabled"
        for part in mine:
            status = dig(part.props, "versioningConfiguration.status")
            if status != "Enabled" and not of_logs(bucket):
                yield part, f"Bucket {bucket.name}: versioningConfiguration.status is {status}: set it to Enabled"
