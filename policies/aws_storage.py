"""Rules over buckets, file systems and registries: who gets at what is kept in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from groundwork.policy.facts import Facts
from groundwork.policy.rule import RULES
from groundwork.policy.subject import Subject, dig, items, objects
from policies._documents import actions, allowing, conditions, everybody, narrowed, statements
from policies._environment import BUCKET, BUCKET_POLICY, EFS, LOGGING, VERSIONING, belongs, first, log_targets, profile

_BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
_LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
_EFS_POLICY = "aws:efs/fileSystemPolicy:FileSystemPolicy"
_QUEUE_POLICY = "aws:sqs/queuePolicy:QueuePolicy"
_EVERYBODY = ("AllUsers", "AuthenticatedUsers")
_SWITCHES = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


@RULES.stack(
    "no-public-bucket", severity="critical", controls=("AWS FSBP S3.8", "CIS AWS 2.1.4"), types=(BUCKET, _BLOCK)
)
def no_public_bucket(subjects: Sequence[Subject], facts: Facts) -> Iterator[tuple[Subject, str]]:
    """Every bucket has a public access block with all four switches on.

    One policy or ACL too many, and what is in it is everybody's.
    """
    for bucket in _of(subjects, BUCKET):
        mine = [block for block in _of(subjects, _BLOCK) if belongs(block, "bucket", bucket)]
        if not mine:
            yield bucket, f"{bucket.label}: has no BucketPublicAccessBlock: add one with all four switches on"
        for block in mine:
            off = [switch for switch in _SWITCHES if block.props.get(switch) is not True]
            if off:
                yield block, f"{bucket.label}: its public access block leaves {', '.join(off)} off: set to true"


def _of(subjects: Sequence[Subject], kind: str) -> list[Subject]:
    return [subject for subject in subjects if subject.type == kind]


@RULES.resource(
    "no-public-policy",
    severity="critical",
    controls=("AWS FSBP S3.2", "AWS FSBP SQS.3", "Groundwork: nothing is everybody's"),
    types=(
        BUCKET_POLICY,
        _EFS_POLICY,
        _QUEUE_POLICY,
        BUCKET,
        "aws:s3/bucketAcl",
        "aws:s3/accessPoint:AccessPoint",
        "aws:s3control/accessPointPolicy:AccessPointPolicy",
        "aws:ecr/registryPolicy:RegistryPolicy",
        "aws:ecr/repositoryPolicy:RepositoryPolicy",
        "aws:kms/key:Key",
        "aws:kms/keyPolicy:KeyPolicy",
        "aws:secretsmanager/secret:Secret",
        "aws:secretsmanager/secretPolicy:SecretPolicy",
        "aws:sns/topic:Topic",
        "aws:sns/topicPolicy:TopicPolicy",
        "aws:sqs/queue:Queue",
    ),
)
def no_public_policy(subject: Subject, facts: Facts) -> Iterator[str]:
    """No policy or ACL of a bucket, registry, file system, queue, secret or key lets everybody in.

    Models and training data are found by scanners within hours.
    """
    acl = str(subject.props.get("acl") or "")
    if acl.startswith("public") or acl == "authenticated-read":
        yield f"{subject.label}: the ACL {acl} lets everybody in: use private"
    for grant in objects(dig(subject.props, "accessControlPolicy.grants")):
        group = str(dig(grant, "grantee.uri") or "").rpartition("/")[2]
        if group in _EVERYBODY:
            yield f"{subject.label}: grants {grant.get('permission')} to {group}: name who"
    for statement in allowing(subject.props.get("policy")):
        if everybody(statement) and not narrowed(statement):
            allowed = ", ".join(actions(statement)) or "nearly everything"
            yield f"{subject.label}: a statement allows {allowed} to everybody: name who"


# What all requests are called in a policy of each service.
_ALL_REQUESTS = {BUCKET_POLICY: "s3:*", _EFS_POLICY: "elasticfilesystem:*", _QUEUE_POLICY: "sqs:*"}


@RULES.resource(
    "tls-only-stores",
    severity="high",
    controls=("AWS FSBP S3.5", "CIS AWS 2.1.1"),
    types=(BUCKET_POLICY, _EFS_POLICY, _QUEUE_POLICY),
)
def tls_only_stores(subject: Subject, facts: Facts) -> Iterator[str]:
    """The policies of buckets, file systems and queues refuse whoever comes without TLS, whatever they ask for.

    Without TLS data and signatures can be read, and changed, on the way.
    """
    refusing = [s for s in statements(subject.props.get("policy")) if s.get("Effect") == "Deny" and _plain(s)]
    if not any({"*", _ALL_REQUESTS[subject.type]} & set(actions(statement)) for statement in refusing):
        yield (
            f"{subject.label}: does not refuse requests without TLS: "
            "deny everybody every action where aws:SecureTransport is false"
        )
    elif subject.type == BUCKET_POLICY and not any(map(_objects_too, refusing)):
        yield f"{subject.label}: refuses requests without TLS for the bucket alone: add its objects, ARN/*"


def _plain(statement: Mapping[str, Any]) -> bool:
    """Return whether a statement is about everybody's requests without TLS, and no fewer."""
    found = list(conditions(statement))
    return everybody(statement) and len(found) == 1 and found[0] == ("Bool", "aws:securetransport", ["false"])


def _objects_too(statement: Mapping[str, Any]) -> bool:
    return any(str(resource).endswith("*") for resource in items(statement.get("Resource")))


# What has to be there besides a store, and what happens without.
_PARTS = (
    (BUCKET, BUCKET_POLICY, "bucket", "add one that refuses requests without TLS"),
    (BUCKET, VERSIONING, "bucket", "add one with the status Enabled"),
    (EFS, _EFS_POLICY, "fileSystemId", "add one that refuses clients without TLS"),
)


@RULES.stack(
    "stores-complete",
    severity="high",
    controls=("AWS FSBP S3.5", "AWS FSBP S3.14", "Groundwork: defaults of AWS"),
    types=tuple({kind for store, part, *_ in _PARTS for kind in (store, part)}),
)
def stores_complete(subjects: Sequence[Subject], facts: Facts) -> Iterator[tuple[Subject, str]]:
    """Every bucket has a policy and versioning, and every file system a policy.

    They are resources of their own: what forgets them gets AWS's defaults, plain HTTP and no second chance.
    """
    for kind, part, key, remedy in _PARTS:
        parts = _of(subjects, part)
        for store in _of(subjects, kind):
            if not any(belongs(found, key, store) for found in parts):
                yield store, f"{store.label}: has no {part.rpartition(':')[2]}: {remedy}"


@RULES.stack(
    "bucket-versions-kept",
    severity="high",
    controls=("AWS FSBP S3.14", "AWS FSBP S3.10", "Groundwork: backups"),
    types=(VERSIONING, _LIFECYCLE, LOGGING, BUCKET_POLICY),
)
def bucket_versions_kept(subjects: Sequence[Subject], facts: Facts) -> Iterator[tuple[Subject, str]]:
    """Buckets keep what is overwritten or deleted as long as the environment keeps backups.

    It is the only backup that a bucket has: of a model overwritten by mistake, or by somebody with stolen rights.
    """
    days = profile(facts).backup_retention_days
    for versioning in _of(subjects, VERSIONING):
        status = dig(versioning.props, "versioningConfiguration.status")
        if status != "Enabled":
            yield versioning, f"{versioning.label}: the status is {status}: set it to Enabled"
    of_logs = log_targets(subjects)
    for lifecycle in _of(subjects, _LIFECYCLE):
        for rule in objects(lifecycle.props.get("rules")):
            kept = dig(rule, "noncurrentVersionExpiration.noncurrentDays")
            short = isinstance(kept, int | float) and kept < days and rule.get("status") != "Disabled"
            # Nothing overwrites a log.
            if short and not of_logs(lifecycle):
                yield (
                    lifecycle,
                    f"{lifecycle.label}: keeps old versions for {kept:g} days: set noncurrentDays to {days}",
                )


@RULES.resource(
    "ecr-images",
    severity="high",
    controls=("AWS FSBP ECR.1", "AWS FSBP ECR.2", "CIS EKS 5.1.1"),
    types=("aws:ecr/repository:Repository",),
)
def ecr_images(subject: Subject, facts: Facts) -> Iterator[str]:
    """A tag in a registry is given once, and what is pushed is scanned.

    An image that was reviewed under a tag has to be the one that runs under it, on the node that starts next year too.
    """
    mutability = subject.props.get("imageTagMutability") or "MUTABLE"
    # Tags of some names may be left out: those that are given to each build in turn.
    but = [str(one.get("filter")) for one in objects(subject.props.get("imageTagMutabilityExclusionFilters"))]
    if not str(mutability).startswith("IMMUTABLE") or any(not pattern.strip("*") for pattern in but):
        yield f"{subject.label}: imageTagMutability is {mutability}: set it to IMMUTABLE"
    if first(subject.props.get("imageScanningConfiguration")).get("scanOnPush") is not True:
        yield f"{subject.label}: images are not scanned: set imageScanningConfiguration.scanOnPush to true"
