"""Backups of one database: a dump every night into a bucket of its own, and a Job that restores one.

For whoever runs PostgreSQL: it works for every `Database`. A dump is a copy to go back to; whoever must lose less than
a day has to archive the server's own log as well, as RDS does.

To restore, stop what uses the database, then make the Job of the suspended CronJob; without `DUMP` it takes the newest:

    kubectl -n mlflow scale deployment/mlflow --replicas=0
    kubectl -n mlflow create job restore --from=cronjob/mlflow-restore --dry-run=client -o yaml |
      kubectl set env --local -f - DUMP=mlflow/2026-11-22T01-30-00Z.dump -o yaml | kubectl create -f -
    kubectl -n mlflow wait --for=condition=complete job/restore --timeout=1h
    kubectl -n mlflow scale deployment/mlflow --replicas=3
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
from addons._pods import container_security, pod_security, resources

from groundwork.core.component import Component
from groundwork.core.contracts import Alert, Bucket, Database, Metrics, Namespace, ObjectStore, ServiceAccount

# The user of the official PostgreSQL image's Debian variant; rclone's image runs as anybody.
_USER = 999
_FOLDER = "/backup"

# Custom format, so that one table can be restored; what cannot be listed again is no backup.
DUMP = """\
set -eu
pg_dump --format=custom --no-password --file=/backup/dump
pg_restore --list /backup/dump > /dev/null
"""

# Only after the upload is what is too old deleted: where dumps fail, old ones stay.
UPLOAD = """\
set -eu
name="$LABEL$(date -u +%Y-%m-%dT%H-%M-%SZ).dump"
rclone copyto /backup/dump ":s3:$BUCKET/$PGDATABASE/$name"
rclone delete --min-age "${KEEP_DAYS}d" ":s3:$BUCKET/$PGDATABASE"
"""

FETCH = """\
set -eu
newest=$(rclone lsf --files-only --format tp ":s3:$BUCKET/$PGDATABASE" | sort | tail -n 1 | cut -d ';' -f 2)
test -n "$DUMP$newest"
dump="${DUMP:-$PGDATABASE/$newest}"
echo "restoring $dump"
rclone copyto ":s3:$BUCKET/$dump" /backup/dump
"""

# All or nothing: a dump that does not fit leaves the database as it was.
RESTORE = """\
set -eu
pg_restore --clean --if-exists --no-owner --no-privileges --single-transaction --no-password \\
  --dbname="$PGDATABASE" /backup/dump
"""


@dataclass(frozen=True, kw_only=True)
class Backup:
    """Where the dumps of a database go, and who may write there.

    Attributes:
        account: of the pods that dump.
        bucket: of the dumps, which lie in a folder of the database's name.
        keep_days: how long each stays.
        dump_image: with psql's tools, of the server's major version or newer.
        upload_image: with rclone and a shell.
    """

    database: Database
    account: ServiceAccount
    bucket: Bucket
    keep_days: int
    dump_image: str
    upload_image: str

    @property
    def ready(self) -> list[pulumi.Resource]:
        """What a pod that dumps has to wait for."""
        return [*self.account.resources, *self.database.ready, *self.bucket.ready]

    def steps(self, label: str = "") -> list[Any]:
        """Return the containers that dump and upload, in this order, for a pod with `volumes`.

        Args:
            label: with which the dump's name begins, such as "before-3.17-".
        """
        keep = [{"name": "KEEP_DAYS", "value": str(self.keep_days)}, {"name": "LABEL", "value": label}]
        return [self._postgres("dump", DUMP), self._rclone("upload", UPLOAD, keep)]

    def restore_steps(self) -> list[Any]:
        """Return the containers that fetch a dump and restore it."""
        return [self._rclone("fetch", FETCH, [{"name": "DUMP", "value": ""}]), self._postgres("restore", RESTORE)]

    @property
    def volumes(self) -> list[Any]:
        """The volumes that the steps mount."""
        return [{"name": "backup", "emptyDir": {}}, {"name": "backup-tmp", "emptyDir": {}}]

    def _postgres(self, name: str, script: str) -> Any:
        keys = {"PGHOST": "host", "PGPORT": "port", "PGDATABASE": "database", "PGUSER": "username"}
        return self._container(name, self.dump_image, script, {**keys, "PGPASSWORD": "password"}, [])

    def _rclone(self, name: str, script: str, more: list[Any]) -> Any:
        environment = [
            *self.bucket.environment,
            {"name": "BUCKET", "value": self.bucket.name},
            # Whoever the pod is: keys of the environment, or the cloud's identity.
            {"name": "RCLONE_S3_ENV_AUTH", "value": "true"},
            {"name": "RCLONE_S3_PROVIDER", "value": "Other" if self.bucket.endpoint else "AWS"},
            {"name": "RCLONE_S3_REGION", "value": self.bucket.region},
            # A user of one bucket may not look whether it exists.
            {"name": "RCLONE_S3_NO_CHECK_BUCKET", "value": "true"},
            {"name": "RCLONE_CONFIG", "value": "/tmp/rclone.conf"},  # noqa: S108 - a path inside the container
            *more,
        ]
        if self.bucket.endpoint:
            environment.append({"name": "RCLONE_S3_ENDPOINT", "value": self.bucket.endpoint})
        return self._container(name, self.upload_image, script, {"PGDATABASE": "database"}, environment)

    def _container(self, name: str, image: str, script: str, keys: dict[str, str], more: list[Any]) -> Any:
        secret = self.database.secret
        return {
            "name": name,
            "image": image,
            "command": ["/bin/sh", "-c", script],
            "env": [
                *({"name": n, "valueFrom": {"secretKeyRef": {"name": secret, "key": k}}} for n, k in keys.items()),
                *more,
            ],
            "resources": resources("100m", "128Mi", "512Mi"),
            "securityContext": container_security(),
            "volumeMounts": [
                {"name": "backup", "mountPath": _FOLDER},
                {"name": "backup-tmp", "mountPath": "/tmp"},  # noqa: S108 - a path inside the container
            ],
        }


def back_up(
    database: Database,
    *,
    parent: Component[Any],
    namespace: Namespace,
    objects: ObjectStore,
    metrics: Metrics | None,
    keep_days: int,
    schedule: str = "30 1 * * *",
) -> Backup:
    """Dump a database by a schedule into a bucket of its own, and say when that does not happen.

    Args:
        parent: the component that the database belongs to.
        namespace: that the database's Secret is in.
        schedule: cron's five fields, in UTC; at least once a day, or the alert is wrong.
    """
    name = f"{parent.name}-backup"
    account = namespace.service_account(name)
    backup = Backup(
        database=database,
        account=account,
        bucket=objects.bucket(name, parent=parent, reader_writers=[account]),
        keep_days=keep_days,
        dump_image=parent.catalogue.image("postgres"),
        upload_image=parent.catalogue.image("rclone"),
    )
    _cron_job(name, parent, namespace, backup, backup.steps(), {"schedule": schedule})
    # Suspended: a template, from which a person makes the Job. February has no 30th day.
    restore = {"schedule": "0 0 30 2 *", "suspend": True}
    _cron_job(f"{parent.name}-restore", parent, namespace, backup, backup.restore_steps(), restore)
    if metrics is not None:
        last = f'kube_cronjob_status_last_successful_time{{namespace="{namespace.name}",cronjob="{name}"}}'
        made = f'kube_cronjob_created{{namespace="{namespace.name}",cronjob="{name}"}}'
        metrics.alert(
            name,
            parent=parent,
            namespace=namespace,
            alerts=[
                Alert(
                    name="DatabaseBackupMissing",
                    expression=f"time() - ({last} or {made}) > 26 * 3600",
                    after="30m",
                    severity="warning",
                    summary=f"The database of {parent.name} has not been backed up for more than a day.",
                )
            ],
        )
    return backup


def _cron_job(
    name: str, parent: Component[Any], namespace: Namespace, backup: Backup, steps: list[Any], when: dict[str, Any]
) -> None:
    *before, last = steps
    pod = {
        "serviceAccountName": backup.account.name,
        "automountServiceAccountToken": False,
        "restartPolicy": "Never",
        "securityContext": pod_security(_USER),
        "initContainers": before,
        "containers": [last],
        "volumes": backup.volumes,
    }
    k8s.batch.v1.CronJob(
        name,
        metadata={"name": name, "namespace": namespace.name},
        spec={
            **when,
            "time_zone": "Etc/UTC",
            "concurrency_policy": "Forbid",
            # A run that was missed for longer is left to the next one.
            "starting_deadline_seconds": 6 * 3600,
            "successful_jobs_history_limit": 1,
            "failed_jobs_history_limit": 3,
            "job_template": {
                "spec": {
                    "backoff_limit": 2,
                    "active_deadline_seconds": 6 * 3600,
                    "template": {"metadata": {"labels": {"app.kubernetes.io/name": name}}, "spec": pod},
                }
            },
        },
        opts=namespace.options(parent, depends_on=backup.ready),
    )
