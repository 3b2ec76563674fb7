"""Rules over databases, brokers and whatever else holds data: the way there, backups, and what may delete them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from groundwork.data.stateful_types import LOST_WITH
from groundwork.policy.facts import Facts
from groundwork.policy.rule import RULES
from groundwork.policy.subject import Subject, objects
from groundwork.policy.values import UndecidableError
from policies._environment import BUCKET, EFS, approved, belongs, first, profile, retired

_INSTANCE, _CLUSTER = "aws:rds/instance:Instance", "aws:rds/cluster:Cluster"
_PARAMETERS = "aws:rds/parameterGroup:ParameterGroup"
_CLUSTER_PARAMETERS = "aws:rds/clusterParameterGroup:ClusterParameterGroup"
_BROKER = "aws:elasticache/replicationGroup:ReplicationGroup"
_EKS, _SECRET, _ZONE = "aws:eks/cluster:Cluster", "aws:secretsmanager/secret:Secret", "aws:route53/zone:Zone"
_REGISTRY = "aws:ecr/repository:Repository"
_EFS_BACKUPS = "aws:efs/backupPolicy:BackupPolicy"

# Beginning of a family -> the parameter that refuses connections without TLS, and the value that does.
_FORCES_TLS: Mapping[str, tuple[str, str]] = {
    "postgres": ("rds.force_ssl", "1"),
    "aurora-postgresql": ("rds.force_ssl", "1"),
    "sqlserver": ("rds.force_ssl", "1"),
    "mysql": ("require_secure_transport", "1"),
    "mariadb": ("require_secure_transport", "1"),
    "aurora-mysql": ("require_secure_transport", "ON"),
}
_ON = ("1", "on", "true")


@RULES.resource(
    "tls-to-databases",
    severity="high",
    controls=("AWS FSBP RDS.34", "AWS FSBP ElastiCache.5", "Groundwork: TLS everywhere"),
    types=(_INSTANCE, _PARAMETERS, _CLUSTER_PARAMETERS, _BROKER),
)
def tls_to_databases(subject: Subject, facts: Facts) -> Iterator[str]:
    """Databases and brokers refuse connections without TLS, and say so themselves.

    Passwords and rows would be in plain text on the network; and what the default is changes with the engine's version.
    """
    props = subject.props
    if subject.type == _INSTANCE:
        # AWS's own groups cannot be changed.
        if not _copies(props) and not _has_own_group(props):
            yield f"{subject.label}: has no parameter group of its own: add one that refuses connections without TLS"
        return
    if subject.type == _BROKER:
        if props.get("transitEncryptionEnabled") is not True:
            yield f"{subject.label}: transitEncryptionEnabled is not true: set it"
        elif props.get("transitEncryptionMode") == "preferred":
            yield f"{subject.label}: transitEncryptionMode is preferred, so plain text goes too: set it to required"
        return
    family = str(props.get("family"))
    demanded = next((found for begin, found in _FORCES_TLS.items() if family.startswith(begin)), None)
    if demanded is None:
        return
    name, value = demanded
    said = {str(entry.get("name")): str(entry.get("value")).lower() for entry in objects(props.get("parameters"))}
    if said.get(name) not in _ON:
        yield f"{subject.label}: {name} is {said.get(name, 'not set')}: set it to {value}"


def _copies(props: Mapping[str, Any]) -> bool:
    """Return whether a database only follows another one, whose settings and backups it has."""
    # Which one may be unknown in a preview: only reading the value would ask for it.
    return not {"replicateSourceDb", "replicationSourceIdentifier"}.isdisjoint(list(props))


def _has_own_group(props: Mapping[str, Any]) -> bool:
    try:
        return not str(props.get("parameterGroupName") or "default.").startswith("default.")
    except UndecidableError:
        return True  # a name that only an update makes known is of a group that this program makes


# What AWS asks before it deletes, and the engine's answer to a deletion: type, property, what is demanded. None is true
# unless told so.
_GUARDS: Sequence[tuple[str, str, bool]] = (
    (_INSTANCE, "deletionProtection", True),
    (_CLUSTER, "deletionProtection", True),
    (_EKS, "deletionProtection", True),
    ("aws:lb/loadBalancer:LoadBalancer", "enableDeletionProtection", True),
    (_INSTANCE, "skipFinalSnapshot", False),
    (_CLUSTER, "skipFinalSnapshot", False),
    (BUCKET, "forceDestroy", False),
    (_REGISTRY, "forceDelete", False),
    (_ZONE, "forceDestroy", False),
)


@RULES.resource(
    "deletion-protection",
    severity="high",
    controls=("AWS FSBP RDS.8", "AWS FSBP RDS.7", "AWS FSBP ELB.6", "Groundwork: nothing lost by surprise"),
    types=tuple({kind for kind, *_ in _GUARDS} | {_SECRET}),
)
def deletion_protection(subject: Subject, facts: Facts) -> Iterator[str]:
    """Where the environment is protected, AWS refuses to delete databases, clusters, and stores that are not empty.

    The engine's own protection ends where somebody is at AWS's console, or takes it away with the same change. A
    component that its stack file retires has none, so that the next change can delete it.
    """
    if not profile(facts).protect or retired(subject, facts):
        return
    for kind, key, demanded in _GUARDS:
        if subject.type == kind and (subject.props.get(key) or False) is not demanded:
            yield f"{subject.label}: {key} is not {str(demanded).lower()}: set it"
    window = subject.props.get("recoveryWindowInDays")
    if subject.type == _SECRET and isinstance(window, int | float) and window < _RECOVERY:
        yield f"{subject.label}: recoveryWindowInDays is {window:g}: set it to {_RECOVERY}, or leave it out"


_RECOVERY = 30


@RULES.resource(
    "stateful-protected",
    severity="high",
    controls=("Groundwork: nothing lost by surprise",),
    types=tuple(type for type in LOST_WITH if type.startswith("aws:")),
)
def stateful_protected(subject: Subject, facts: Facts) -> Iterator[str]:
    """Where the environment is protected, the engine refuses to delete or replace what holds data, or what opens it.

    A renamed component or a property that replaces is a short line in a long plan. What its stack file retires, or
    somebody has approved to go, is protected no longer.
    """
    if (
        profile(facts).protect
        and not subject.protected
        and not retired(subject, facts)
        and not approved(subject, facts)
    ):
        yield f"{subject.label}: the engine may delete or replace it: make it with stateful(), or protect=True"


_MOST_OF_RDS = 35


@RULES.resource(
    "backups-kept",
    severity="high",
    controls=("AWS FSBP RDS.11", "AWS FSBP ElastiCache.1", "AWS FSBP EFS.2"),
    types=(_INSTANCE, _CLUSTER, _BROKER, _EFS_BACKUPS),
)
def backups_kept(subject: Subject, facts: Facts) -> Iterator[str]:
    """Databases are backed up for as long as the environment says, and brokers and file systems where it is protected.

    What was lost is often noticed a week later, and a backup that is deleted with its database is none.
    """
    props, demanded = subject.props, profile(facts)
    if subject.type in (_INSTANCE, _CLUSTER) and not _copies(props):
        least = min(demanded.backup_retention_days, _MOST_OF_RDS)
        # AWS keeps none of an instance, and a day's of a cluster, unless told otherwise.
        days = props.get("backupRetentionPeriod", 0 if subject.type == _INSTANCE else 1)
        if not isinstance(days, int | float) or days < least:
            yield f"{subject.label}: backups are kept for {days} days: set backupRetentionPeriod to {least}"
    if not demanded.protect:
        return
    if subject.type in (_INSTANCE, _CLUSTER) and props.get("deleteAutomatedBackups") is not False:
        yield f"{subject.label}: its backups are deleted with it: set deleteAutomatedBackups to false"
    if subject.type == _BROKER and not props.get("snapshotRetentionLimit"):
        yield f"{subject.label}: no snapshot is kept: set snapshotRetentionLimit to the days that one is kept"
    if subject.type == _EFS_BACKUPS and first(props.get("backupPolicy")).get("status") != "ENABLED":
        yield f"{subject.label}: the status is {first(props.get('backupPolicy')).get('status')}: set it to ENABLED"


@RULES.stack("file-systems-backed-up", severity="high", controls=("AWS FSBP EFS.2",), types=(EFS, _EFS_BACKUPS))
def file_systems_backed_up(subjects: Sequence[Subject], facts: Facts) -> Iterator[tuple[Subject, str]]:
    """Where the environment is protected, every file system of EFS has a backup policy.

    It is a resource of its own, without which AWS backs up nothing of a file system that a program made.
    """
    policies = [subject for subject in subjects if subject.type == _EFS_BACKUPS]
    for system in subjects:
        if system.type != EFS or not profile(facts).protect:
            continue
        if not any(belongs(found, "fileSystemId", system) for found in policies):
            yield system, f"{system.label}: has no BackupPolicy: add one with the status ENABLED"
