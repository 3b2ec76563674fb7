"""The Job that prepares Airflow's database: once for each version, before anything of that version starts."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_kubernetes as k8s
from addons._airflow_values import container_security, pod_security
from addons._pods import resources

from groundwork.core.contracts import Namespace

AUTH_MANAGER = "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager"

_MIGRATE = """\
set -euo pipefail
airflow db migrate
"""
# The password reaches the command by a pipe, twice as its prompt asks. A user that is there already stays as it is.
_ADMINISTRATOR = """\
printf '%s\\n%s\\n' "$ADMIN_PASSWORD" "$ADMIN_PASSWORD" |
  airflow users create --username admin --role Admin --firstname Platform --lastname Admin --email "$ADMIN_EMAIL"
"""


def prepare(
    name: str,
    *,
    namespace: Namespace,
    image: str,
    version: str,
    connection_secret: str,
    keys_secret: str,
    admin_secret: str | None,
    after: Sequence[pulumi.Resource],
) -> pulumi.Resource:
    """Migrate the database to `version`, and make the first administrator where people log in by a password.

    Args:
        connection_secret: with the key connection.
        keys_secret: with the key fernet-key.
        admin_secret: with the keys email and password; None where there is another way to log in.
        after: the database and the Secrets.
    """

    def secret(variable: str, of: str, key: str) -> dict[str, object]:
        return {"name": variable, "valueFrom": {"secretKeyRef": {"name": of, "key": key}}}

    administrator = (
        [secret("ADMIN_EMAIL", admin_secret, "email"), secret("ADMIN_PASSWORD", admin_secret, "password")]
        if admin_secret
        else []
    )
    job: pulumi.Resource = k8s.batch.v1.Job(
        f"{name}-prepare",
        metadata={"name": f"{name}-prepare-{version.replace('.', '-')}", "namespace": namespace.name},
        spec={
            "backoff_limit": 6,
            "template": {
                "metadata": {"labels": {"app.kubernetes.io/name": "airflow-prepare"}},
                "spec": {
                    "restartPolicy": "OnFailure",
                    "automountServiceAccountToken": False,
                    "securityContext": pod_security(),
                    "containers": [
                        {
                            "name": "prepare",
                            "image": image,
                            "command": ["bash", "-c", _MIGRATE + (_ADMINISTRATOR if admin_secret else "")],
                            "env": [
                                {"name": "AIRFLOW__CORE__AUTH_MANAGER", "value": AUTH_MANAGER},
                                secret("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", connection_secret, "connection"),
                                secret("AIRFLOW__CORE__FERNET_KEY", keys_secret, "fernet-key"),
                                *administrator,
                            ],
                            "resources": resources("250m", "512Mi", "1Gi"),
                            "securityContext": container_security(),
                        }
                    ],
                },
            },
        },
        opts=namespace.options(depends_on=after, delete_before_replace=True),
    )
    return job
