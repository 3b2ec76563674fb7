"""Rules over the AWS account."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from groundwork.policy.facts import Facts
from groundwork.policy.rule import RULES
from groundwork.policy.subject import Subject, dig, items, mapping, objects

_BLOCKS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
_READING = ("Describe", "List", "Get")


@RULES.stack(
    "no-public-bucket",
    severity="high",
    controls=(
        "AWS FSBP S3.8",
        "CIS AWS 2.1.4",
    ),
    types=("aws:s3/",),
)
def no_public_bucket(subjects: Sequence[Subject], facts: Facts) -> Iterator[tuple[Subject, str]]:
    """Every bucket has a public access block with all four switches on.

    One policy or ACL too many, and what is in it is everybody's.
    """
    blocks = [s for s in subjects if s.type == "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"]
    for bucket in subjects:
        if bucket.type != "aws:s3/bucket:Bucket":
            continue
        mine = [block for block in blocks if _belongs(block, bucket)]
        if not mine:
            yield bucket, f"Bucket {bucket.name}: has no BucketPublicAccessBlock: add one with all four switches on"
        for block in mine:
            off = [switch for switch in _BLOCKS if block.props.get(switch) is not True]
            if off:
                yield block, f"Bucket {bucket.name}: its public access block leaves {', '.join(off)} off: set to true"


def _belongs(part: Subject, bucket: Subject) -> bool:
    # In a first preview the bucket's id is unknown, but not whose it is.
    if bucket.urn and bucket.urn in part.references.get("bucket", ()):
        return True
    return not part.references.get("bucket") and part.props.get("bucket") == bucket.props.get("bucket")


@RULES.resource(
    "no-public-bucket-policy",
    severity="high",
    controls=("AWS FSBP S3.2",),
    types=("aws:s3/bucketPolicy:BucketPolicy", "aws:s3/bucketAcl"),
)
def no_public_bucket_policy(subject: Subject, facts: Facts) -> Iterator[str]:
    """No bucket policy or ACL lets everybody in.

    Models and training data are found by scanners within hours.
    """
    if str(subject.props.get("acl") or "").startswith("public"):
        yield f"{subject.name}: the ACL {subject.props['acl']} lets everybody in: use private"
    for statement in _statements(subject.props.get("policy")):
        principal = statement.get("Principal")
        everybody = principal == "*" or (isinstance(principal, Mapping) and "*" in items(principal.get("AWS")))
        if statement.get("Effect") == "Allow" and everybody and not statement.get("Condition"):
            yield f"{subject.name}: a statement allows {statement.get('Action')} to everybody: name who"


def _database(subject: Subject) -> Iterator[str]:
    if subject.props.get("storageEncrypted") is not True:
        yield "storageEncrypted is not true: set it (a later change replaces the database)"


def _file_system(subject: Subject) -> Iterator[str]:
    if subject.props.get("encrypted") is not True:
        yield "encrypted is not true: set it (a later change replaces the file system)"


def _cluster(subject: Subject) -> Iterator[str]:
    if not dig(subject.props, "encryptionConfig.resources"):
        yield "Secrets are not encrypted: set encryptionConfig with a KMS key"


def _launch_template(subject: Subject) -> Iterator[str]:
    for device in objects(subject.props.get("blockDeviceMappings")):
        if str(dig(device, "ebs.encrypted")).lower() != "true":
            yield f"the volume {device.get('deviceName')} is not encrypted: set ebs.encrypted"


def _storage_class(subject: Subject) -> Iterator[str]:
    encrypted = dig(subject.props, "parameters.encrypted")
    if subject.props.get("provisioner") == "ebs.csi.aws.com" and encrypted != "true":
        yield 'volumes are not encrypted: set parameters.encrypted to "true"'


_AT_REST = {
    "aws:rds/instance:Instance": _database,
    "aws:rds/cluster:Cluster": _database,
    "aws:efs/fileSystem:FileSystem": _file_system,
    "aws:eks/cluster:Cluster": _cluster,
    "aws:ec2/launchTemplate:LaunchTemplate": _launch_template,
    "kubernetes:storage.k8s.io/v1:StorageClass": _storage_class,
}


@RULES.resource(
    "encryption-at-rest",
    severity="high",
    controls=(
        "AWS FSBP RDS.3",
        "EKS.3",
        "EFS.1",
        "EC2.3",
    ),
    types=tuple(_AT_REST),
)
def encryption_at_rest(subject: Subject, facts: Facts) -> Iterator[str]:
    """Databases, file systems, volumes and the cluster's Secrets are encrypted.

    Whoever gets at a snapshot or a disk must still not read it, and most of these cannot be encrypted later.
    """
    for problem in _AT_REST[subject.type](subject):
        yield f"{subject.type.rpartition(':')[2]} {subject.name}: {problem}"


@RULES.resource(
    "private-cluster-endpoint",
    severity="high",
    controls=(
        "CIS EKS 5.4.1",
        "AWS FSBP EKS.1",
    ),
    types=("aws:eks/cluster:Cluster",),
)
def private_cluster_endpoint(subject: Subject, facts: Facts) -> Iterator[str]:
    """The API server is not open to the internet.

    What cannot be reached cannot be attacked, whatever its next vulnerability is.
    """
    network = mapping(subject.props.get("vpcConfig"))
    if network.get("endpointPrivateAccess") is not True:
        yield f"Cluster {subject.name}: endpointPrivateAccess is not true: set it"
    # AWS opens the endpoint unless told not to.
    if network.get("endpointPublicAccess") is not False:
        cidrs = [str(cidr) for cidr in items(network.get("publicAccessCidrs"))] or ["0.0.0.0/0"]
        wide = [cidr for cidr in cidrs if cidr.endswith("/0")]
        if wide:
            yield (
                f"Cluster {subject.name}: its API is open to {', '.join(wide)}: "
                "set endpointPublicAccess to false, or name the CIDRs that may reach it"
            )


@RULES.resource(
    "no-wildcard-iam",
    severity="high",
    controls=(
        "CIS AWS 1.16",
        "AWS FSBP IAM.1",
        "IAM.21",
    ),
    types=("aws:iam/policy:Policy", "aws:iam/rolePolicy:RolePolicy"),
)
def no_wildcard_iam(subject: Subject, facts: Facts) -> Iterator[str]:
    """No identity may do everything, or change something everywhere.

    A pod that is broken into has its identity's rights.
    """
    for statement in _statements(subject.props.get("policy")):
        if statement.get("Effect") != "Allow":
            continue
        actions = [str(action) for action in items(statement.get("Action"))]
        wild = [action for action in actions if action == "*" or action.endswith(":*")]
        if wild:
            yield f"{subject.name}: allows {', '.join(wild)}: name the actions"
        changing = [a for a in actions if not a.partition(":")[2].startswith(_READING) and a not in wild]
        if "*" in items(statement.get("Resource")) and changing and not statement.get("Condition"):
            yield f"{subject.name}: allows {', '.join(changing)} on every resource: name the resources, or a condition"


def _statements(document: Any) -> list[Mapping[str, Any]]:
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except ValueError:
            return []
    return list(objects(document.get("Statement"))) if isinstance(document, Mapping) else []
