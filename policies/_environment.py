"""What an environment demands of its resources, and which resources belong together in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from groundwork.core.profiles import PROFILES, Profile
from groundwork.policy.facts import Facts
from groundwork.policy.subject import Subject, objects
from groundwork.policy.values import UndecidableError

KEY = "aws:kms/key:Key"
BUCKET_POLICY, LOGGING = "aws:s3/bucketPolicy:BucketPolicy", "aws:s3/bucketLogging:BucketLogging"
BUCKET, EFS = "aws:s3/bucket:Bucket", "aws:efs/fileSystem:FileSystem"
NODE_CLASS, TEMPLATE = "kubernetes:karpenter.k8s.aws/v1:EC2NodeClass", "aws:ec2/launchTemplate:LaunchTemplate"


def profile(facts: Facts) -> Profile:
    """Return the environment's defaults; production's where nobody knows its profile."""
    return PROFILES.get(facts.profile, PROFILES["prod"])


def belongs(part: Subject, key: str, whole: Subject) -> bool:
    """Return whether a resource names another by its property `key`: "bucket", "fileSystemId"."""
    # In a first preview the id of the other is unknown, but not whose it is.
    named = references(part, key)
    if named:
        return whole.urn in named
    value = part.props.get(key)
    return value is not None and value in (whole.props.get("id"), whole.props.get(key))


def log_targets(subjects: Sequence[Subject]) -> Callable[[Subject], bool]:
    """Return what tells whether a part of a bucket is of one that S3 writes access logs to.

    Args:
        subjects: the rule's, among them `LOGGING` and `BUCKET_POLICY`: a target may be named by way of its policy.
    """
    by_urn = {subject.urn: subject for subject in subjects}
    urns: set[str] = set()
    names: list[Any] = []
    for logging in subjects:
        if logging.type != LOGGING:
            continue
        for urn in references(logging, "targetBucket"):
            urns |= {urn, *(references(by_urn[urn], "bucket") if urn in by_urn else ())}
        if not references(logging, "targetBucket"):
            names.append(logging.props.get("targetBucket"))

    def is_target(part: Subject) -> bool:
        mine = references(part, "bucket")
        return bool(urns & {*mine}) if mine else part.props.get("bucket") in names

    return is_target


def first(value: Any) -> Any:
    """Return the first object of a block that there is at most one of; an empty one where there is none."""
    return next(objects(value), {})


def own_key(subject: Subject, root: str, value: Any) -> bool:
    """Return whether a value is a key that the customer manages.

    Args:
        root: the property that the value lies in.
        value: called to read it.
    """
    try:
        found = str(value() or "")
    except UndecidableError:
        # In a first preview its ARN is unknown, but not that it is a key of this stack.
        if any(f"{KEY}::" in urn for urn in references(subject, root)):
            return True
        raise
    return bool(found) and "alias/aws/" not in found


def references(subject: Subject, key: str) -> Sequence[str]:
    """Return the URNs that a property's value comes from."""
    return subject.references.get(key, ())
