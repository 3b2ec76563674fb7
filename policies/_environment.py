"""What an environment demands of its resources, and which resources belong together in it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from groundwork.core.profiles import PROFILES, Profile
from groundwork.policy.facts import Facts
from groundwork.policy.subject import Subject, objects
from groundwork.policy.values import UndecidableError
from policies._documents import delivers_logs

KEY = "aws:kms/key:Key"
BUCKET_POLICY, LOGGING = "aws:s3/bucketPolicy:BucketPolicy", "aws:s3/bucketLogging:BucketLogging"
VERSIONING = "aws:s3/bucketVersioning:BucketVersioning"
BUCKET, EFS = "aws:s3/bucket:Bucket", "aws:efs/fileSystem:FileSystem"
NODE_GROUP = "aws:eks/nodeGroup:NodeGroup"
NODE_CLASS, TEMPLATE = "kubernetes:karpenter.k8s.aws/v1:EC2NodeClass", "aws:ec2/launchTemplate:LaunchTemplate"


def profile(facts: Facts) -> Profile:
    """Return the environment's defaults; production's where nobody knows its profile."""
    return PROFILES.get(facts.profile, PROFILES["prod"])


def retired(subject: Subject, facts: Facts) -> bool:
    """Return whether a resource is of a component that its stack file retires, so that it can go the next time."""
    given = json.loads(facts.settings.get("groundwork:components") or "{}")
    if "groundwork:component:" not in subject.urn or not isinstance(given, Mapping):
        return False
    # A child's name begins with its component's, and one component's may begin with another's.
    owners = [name for name in given if subject.name == name or subject.name.startswith(f"{name}-")]
    owner = given[max(owners, key=len)] if owners else None
    return isinstance(owner, Mapping) and owner.get("retire") is True


def approved(subject: Subject, facts: Facts) -> bool:
    """Return whether somebody has approved that a resource is replaced or deleted here."""
    return any(one.resource == subject.label and one.counts(facts.environment, facts.today) for one in facts.approvals)


def belongs(part: Subject, key: str, whole: Subject) -> bool:
    """Return whether a resource names another by its property `key`: "bucket", "fileSystemId"."""
    # In a first preview the id of the other is unknown, but not whose it is.
    named = references(part, key)
    if named:
        return whole.urn in named
    value = part.props.get(key)
    return value is not None and value in (whole.props.get("id"), whole.props.get(key))


def log_targets(subjects: Sequence[Subject]) -> Callable[[Subject], bool]:
    """Return what tells whether a bucket, or a part of one, is one that S3 writes access logs to.

    The logging of another bucket names it, by way of its policy perhaps, or its own policy lets S3 deliver: the other
    bucket may be in another stack. Ask only of what would break a rule: in a first preview a policy may be unknown.

    Args:
        subjects: the rule's, among them `LOGGING` and `BUCKET_POLICY`.
    """
    policies = {subject.urn: subject for subject in subjects if subject.type == BUCKET_POLICY}
    targets: set[str] = set()
    for logging in subjects:
        if logging.type == LOGGING:
            named = _named(logging, "targetBucket")
            targets |= named.union(*(_named(policies[urn], "bucket") for urn in named if urn in policies))

    def is_target(part: Subject) -> bool:
        mine = {part.urn, *_named(part, "bucket")} if part.type == BUCKET else _named(part, "bucket")
        return bool(mine & targets) or any(
            mine & _named(policy, "bucket") and delivers_logs(policy.props.get("policy"))
            for policy in policies.values()
        )

    return is_target


def _named(subject: Subject, key: str) -> set[str]:
    """Return what a property names: the URNs that its value comes from, or else its plain value."""
    found = references(subject, key)
    value = None if found else subject.props.get(key)
    return {*found} if value is None else {str(value)}


def first(value: Any) -> Any:
    """Return the first object of a block that there is at most one of; an empty one where there is none."""
    return next(objects(value), {})


def own_key(subject: Subject, path: str, read: Callable[[Mapping[str, Any]], Any]) -> bool:
    """Return whether a resource names a key that the customer manages.

    Args:
        path: where.
        read: what reads it there from the resource's properties.
    """
    try:
        found = str(read(subject.props) or "")
    except UndecidableError:
        # In a first preview its ARN is unknown, but not that it is a key of this stack.
        if any(f"{KEY}::" in urn for urn in references(subject, path.partition(".")[0])):
            return True
        raise
    return bool(found) and "alias/aws/" not in found


def references(subject: Subject, key: str) -> Sequence[str]:
    """Return the URNs that a property's value comes from."""
    return subject.references.get(key, ())
