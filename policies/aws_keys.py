"""Rules over encryption at rest, and over the keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from groundwork.policy.facts import Facts
from groundwork.policy.rule import RULES
from groundwork.policy.subject import Subject, dig, objects
from policies._environment import (
    BUCKET_POLICY,
    EFS,
    KEY,
    LOGGING,
    NODE_CLASS,
    NODE_GROUP,
    TEMPLATE,
    first,
    log_targets,
    own_key,
    profile,
    retired,
)

_OF_EBS = ("ebs.csi.aws.com", "kubernetes.io/aws-ebs", "ebs.csi.eks.amazonaws.com")
_LATER = "set it to true (a later change replaces it)"


def _switch(key: str) -> Callable[[Subject], Iterator[str]]:
    def check(subject: Subject) -> Iterator[str]:
        if str(subject.props.get(key)).lower() != "true":
            yield f"{key} is not true: {_LATER}"

    return check


def _broker(subject: Subject) -> Iterator[str]:
    # Valkey is encrypted unless it is told otherwise, Redis is not.
    default = "true" if subject.props.get("engine") == "valkey" else "false"
    said = subject.props.get("atRestEncryptionEnabled")
    if str(default if said is None else said).lower() != "true":
        yield f"atRestEncryptionEnabled is not true: {_LATER}"


def _cluster(subject: Subject) -> Iterator[str]:
    if not first(subject.props.get("encryptionConfig")).get("resources"):
        yield "Secrets are not encrypted: set encryptionConfig with a KMS key"


def _template(subject: Subject) -> Iterator[str]:
    devices = list(objects(subject.props.get("blockDeviceMappings")))
    if not devices:
        yield "its volumes are as the image has them: set blockDeviceMappings with ebs.encrypted"
    yield from _devices(devices)


def _node_class(subject: Subject) -> Iterator[str]:
    # Karpenter encrypts the volumes of a class that says nothing of them, and no others.
    yield from _devices(objects(dig(subject.props, "spec.blockDeviceMappings")))


def _devices(devices: Iterator[Mapping[str, Any]] | Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for device in devices:
        if str(dig(device, "ebs.encrypted")).lower() != "true" and not device.get("virtualName"):
            yield f"the volume {device.get('deviceName')} is not encrypted: set ebs.encrypted"


def _node_group(subject: Subject) -> Iterator[str]:
    # Which one may be unknown: only reading the value would ask for it.
    if "launchTemplate" not in list(subject.props):
        yield "its volumes are as AWS has them: set a launchTemplate with ebs.encrypted"


def _machine(subject: Subject) -> Iterator[str]:
    root = first(subject.props.get("rootBlockDevice"))
    for device in (root, *objects(subject.props.get("ebsBlockDevices"))):
        if str(device.get("encrypted")).lower() != "true":
            name = device.get("deviceName") or "root"
            yield f"the volume {name} is not encrypted: set encrypted"


def _storage_class(subject: Subject) -> Iterator[str]:
    encrypted = dig(subject.props, "parameters.encrypted")
    if subject.props.get("provisioner") in _OF_EBS and encrypted != "true":
        yield 'volumes are not encrypted: set parameters.encrypted to "true"'


def _queue(subject: Subject) -> Iterator[str]:
    if subject.props.get("sqsManagedSseEnabled") is False and not subject.props.get("kmsMasterKeyId"):
        yield "sqsManagedSseEnabled is false and there is no kmsMasterKeyId: leave out the first"


_AT_REST: Mapping[str, Callable[[Subject], Iterator[str]]] = {
    "aws:rds/instance:Instance": _switch("storageEncrypted"),
    "aws:rds/cluster:Cluster": _switch("storageEncrypted"),
    EFS: _switch("encrypted"),
    "aws:ebs/volume:Volume": _switch("encrypted"),
    "aws:elasticache/replicationGroup:ReplicationGroup": _broker,
    "aws:eks/cluster:Cluster": _cluster,
    TEMPLATE: _template,
    NODE_GROUP: _node_group,
    "aws:ec2/instance:Instance": _machine,
    NODE_CLASS: _node_class,
    "kubernetes:storage.k8s.io/v1:StorageClass": _storage_class,
    "aws:sqs/queue:Queue": _queue,
}


@RULES.resource(
    "encryption-at-rest",
    severity="high",
    controls=("AWS FSBP RDS.3", "EKS.3", "EFS.1", "EC2.3", "ElastiCache.4"),
    types=tuple(_AT_REST),
)
def encryption_at_rest(subject: Subject, facts: Facts) -> Iterator[str]:
    """Databases, brokers, file systems, queues, volumes and the cluster's Secrets are encrypted.

    Whoever gets at a snapshot or a disk must still not read it, and most of these cannot be encrypted later.
    """
    for problem in _AT_REST[subject.type](subject):
        yield f"{subject.label}: {problem}"


_SSE = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"

_Read = Callable[[Mapping[str, Any]], Any]
# Of each type where a key is named, and how it is read. The path's first part is the property that it lies in.
_KEYS: Mapping[str, Sequence[tuple[str, _Read]]] = {
    "aws:eks/cluster:Cluster": (
        (
            "encryptionConfig.provider.keyArn",
            lambda props: dig(first(props.get("encryptionConfig")), "provider.keyArn"),
        ),
    ),
    "aws:rds/instance:Instance": (
        ("kmsKeyId", lambda props: props.get("kmsKeyId")),
        (
            "masterUserSecretKmsKeyId",
            lambda props: props.get("masterUserSecretKmsKeyId") if props.get("manageMasterUserPassword") else "none",
        ),
        (
            "performanceInsightsKmsKeyId",
            lambda props: (
                props.get("performanceInsightsKmsKeyId") if props.get("performanceInsightsEnabled") else "none"
            ),
        ),
    ),
    "aws:ecr/repository:Repository": (
        (
            "encryptionConfigurations.kmsKey",
            lambda props: first(props.get("encryptionConfigurations")).get("kmsKey"),
        ),
    ),
    "aws:fsx/lustreFileSystem:LustreFileSystem": (
        (
            "kmsKeyId",
            # A scratch file system takes no key but AWS's.
            lambda props: (
                props.get("kmsKeyId") if str(props.get("deploymentType")).startswith("PERSISTENT") else "none"
            ),
        ),
    ),
    _SSE: (
        (
            "rules.applyServerSideEncryptionByDefault.kmsMasterKeyId",
            lambda props: dig(first(props.get("rules")), "applyServerSideEncryptionByDefault.kmsMasterKeyId"),
        ),
    ),
    **dict.fromkeys(
        (
            EFS,
            "aws:rds/cluster:Cluster",
            "aws:cloudwatch/logGroup:LogGroup",
            "aws:elasticache/replicationGroup:ReplicationGroup",
            "aws:secretsmanager/secret:Secret",
        ),
        (("kmsKeyId", lambda props: props.get("kmsKeyId")),),
    ),
}


@RULES.stack(
    "customer-managed-keys",
    severity="high",
    controls=("AWS FSBP S3.17", "CIS EKS 5.3.1", "Groundwork: our keys"),
    types=(*_KEYS, LOGGING, BUCKET_POLICY),
)
def customer_managed_keys(subjects: Sequence[Subject], facts: Facts) -> Iterator[tuple[Subject, str]]:
    """Where the environment is protected, what holds data, secrets or logs is encrypted by a key of its own.

    Only of such a key does a policy say who may use it, a trail say who did, and can all copies be shut at once.
    """
    if not profile(facts).protect:
        return
    of_logs = log_targets(subjects)
    for subject in subjects:
        for path, read in _KEYS.get(subject.type, ()):
            owned = own_key(subject, path, read)
            # S3 delivers access logs to no bucket that a key of KMS encrypts.
            if not owned and not (subject.type == _SSE and of_logs(subject)):
                yield subject, f"{subject.label}: {path} names no key of yours: set it to the ARN of a KMS key"


_LONGEST_WINDOW = 30


@RULES.resource(
    "keys-rotate", severity="high", controls=("CIS AWS 3.6", "AWS FSBP KMS.4", "AWS FSBP KMS.3"), types=(KEY,)
)
def keys_rotate(subject: Subject, facts: Facts) -> Iterator[str]:
    """Keys get new material each year, and in a protected environment a deleted one can be had back for a month.

    What a deleted key encrypted is lost; and whoever has old material must not read what is new. The key of a component
    that its stack file retires goes sooner, with what it encrypted.
    """
    props = subject.props
    # KMS rotates no others.
    symmetric = props.get("customerMasterKeySpec") in (None, "SYMMETRIC_DEFAULT") and not props.get("customKeyStoreId")
    if symmetric and props.get("enableKeyRotation") is not True:
        yield f"{subject.label}: enableKeyRotation is not true: set it"
    window = props.get("deletionWindowInDays")
    lasting = profile(facts).protect and not retired(subject, facts)
    if lasting and isinstance(window, int | float) and window < _LONGEST_WINDOW:
        yield f"{subject.label}: deletionWindowInDays is {window:g}: set it to {_LONGEST_WINDOW}, or leave it out"
