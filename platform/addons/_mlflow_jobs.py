"""MLflow's Jobs: the migration of its database once for each version, and the collection of what users deleted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
from addons._backup import Backup
from addons._mlflow_pod import TMP, USER, Server, version
from addons._pods import pod_security

from groundwork.core.contracts import Namespace

# Both schemas, so that a change of `access` needs no other migration. The URI holds the password: as an argument of
# MLflow's own command every process of the node could read it.
_MIGRATE = """\
import os
from mlflow.db import commands as store
from mlflow.server.auth.db.cli import commands as users

uri = os.environ["MLFLOW_BACKEND_STORE_URI"]
store(["upgrade", uri], standalone_mode=False)
users(["upgrade", "--url", uri], standalone_mode=False)
"""

_COLLECT = """\
import os, sys
from mlflow.cli import cli

cli(["gc", *sys.argv[1:], "--backend-store-uri", os.environ["MLFLOW_BACKEND_STORE_URI"]])
"""


def migrate(
    name: str, server: Server, *, namespace: Namespace, backup: Backup | None, after: Sequence[pulumi.Resource]
) -> pulumi.Resource:
    """Bring the database to the image's version, after a dump of what it was.

    Args:
        backup: None for no dump before.
        after: the database.
    """
    label = {"app.kubernetes.io/name": "mlflow-migrate"}
    spec = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "securityContext": pod_security(USER),
        "containers": [
            server.container(
                "migrate", environment=server.store_environment, memory="1Gi", command=["python", "-c", _MIGRATE]
            )
        ],
        "volumes": [TMP],
    }
    if backup is not None:
        spec["serviceAccountName"] = backup.account.name
        spec["initContainers"] = backup.steps(f"before-{version(server.image)}-")
        spec["volumes"] = [TMP, *backup.volumes]
    job: pulumi.Resource = k8s.batch.v1.Job(
        f"{name}-migrate",
        metadata={"name": f"{name}-migrate-{version(server.image)}", "namespace": namespace.name},
        spec={"backoff_limit": 6, "template": {"metadata": {"labels": label}, "spec": spec}},
        opts=namespace.options(
            depends_on=[*after, *(backup.ready if backup is not None else ())], delete_before_replace=True
        ),
    )
    return job


def collect(name: str, server: Server, *, url: str, days: int, namespace: Namespace, after: pulumi.Resource) -> None:
    """Delete for good, once a week, what users deleted more than `days` ago, with its artifacts.

    The server deletes the artifacts: experiments name them by a URL that only it can resolve.

    Args:
        url: of the server.
        after: the server.
    """
    arguments = [f"--older-than={days}d", *(["--all-workspaces"] if server.auth_secret else [])]
    admin = [*server.admin_environment(url), *server.store_environment[:1]]
    pod: Any = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "securityContext": pod_security(USER),
        "containers": [
            server.container("gc", environment=admin, memory="1Gi", command=["python", "-c", _COLLECT], args=arguments)
        ],
        "volumes": [TMP],
    }
    k8s.batch.v1.CronJob(
        f"{name}-gc",
        metadata={"name": f"{name}-gc", "namespace": namespace.name},
        spec={
            "schedule": "0 3 * * 6",
            "time_zone": "Etc/UTC",
            "concurrency_policy": "Forbid",
            # A run that was missed for longer is left to the next one.
            "starting_deadline_seconds": 6 * 3600,
            "successful_jobs_history_limit": 1,
            "failed_jobs_history_limit": 3,
            "job_template": {
                "spec": {
                    "backoff_limit": 1,
                    "active_deadline_seconds": 6 * 3600,
                    "template": {"metadata": {"labels": {"app.kubernetes.io/name": "mlflow-gc"}}, "spec": pod},
                }
            },
        },
        opts=namespace.options(depends_on=[after]),
    )
