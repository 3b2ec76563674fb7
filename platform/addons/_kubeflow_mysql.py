"""The MySQL of Kubeflow Pipelines' runs.

Pipelines has a driver for PostgreSQL, but all of its queries are MySQL's, in 2.17.0 still (`storage.NewMySQLDialect()`
in client_manager.go; https://github.com/kubeflow/pipelines/issues/13956): on a SqlServer it does not start.

Native objects, for a reason: one server with one volume needs no operator. The exit is a release that speaks
PostgreSQL, on the stack's SqlServer; runs that are over are not taken along. Nothing backs this server up: what is lost
with its volume is the history of runs, schedules and uploaded pipelines; artifacts are in the object store.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pulumi_random as random
from addons._availability import nearly_full
from addons._pods import container_security, pod_security, resources
from addons._server_on_volume import server_on_volume

from groundwork.core.component import Component
from groundwork.core.contracts import Alert, Namespace

MYSQL = "kubeflow-mysql"
"""The name of the server, of its Service and of the Secret with host, port, database, username and password."""

# The user of the official image.
_USER = 999
_PORT = 3306
_DATABASE = _ACCOUNT = "pipelines"
_ACCESS = "/etc/mysql-access"


def mysql(
    *, parent: Component[Any], namespace: Namespace, storage_gi: int, callers: Mapping[str, str]
) -> pulumi.Resource:
    """Make the server, with a database and its user, and return the Secret `MYSQL`.

    Args:
        callers: labels of the pods that reach it; no others do.
    """
    passwords = {
        name: random.RandomPassword(f"{MYSQL}-{name}", length=32, special=False, opts=parent.stateful()).result
        for name in ("password", "root-password")
    }
    access: pulumi.Resource = k8s.core.v1.Secret(
        f"{MYSQL}-access",
        metadata={"name": MYSQL, "namespace": namespace.name},
        string_data={
            "host": namespace.host(MYSQL),
            "port": str(_PORT),
            "database": _DATABASE,
            "username": _ACCOUNT,
            **passwords,
        },
        opts=namespace.options(parent),
    )
    labels = {"app.kubernetes.io/name": "mysql", "app.kubernetes.io/instance": MYSQL}
    closed = k8s.networking.v1.NetworkPolicy(
        f"{MYSQL}-closed",
        metadata={"name": MYSQL, "namespace": namespace.name},
        spec={
            "pod_selector": {"match_labels": labels},
            "policy_types": ["Ingress"],
            "ingress": [
                {"from_": [{"pod_selector": {"match_labels": dict(callers)}}], "ports": namespace.arrivals(_PORT)}
            ],
        },
        opts=namespace.options(parent, depends_on=[access]),
    )
    server_on_volume(
        "mysql",
        parent=parent,
        namespace=namespace,
        pod=_pod(parent.catalogue.image("mysql")),
        port_name="tcp-mysql",
        port=_PORT,
        storage_gi=storage_gi,
        after=closed,
        name=MYSQL,
    )
    return access


def mysql_alerts(namespace: str) -> list[Alert]:
    """Return what tells that the server is down, or its volume nearly full."""
    ready = f'kube_statefulset_status_replicas_ready{{namespace="{namespace}",statefulset="{MYSQL}"}}'
    down = Alert(
        name="KubeflowMysqlDown",
        expression=f"{ready} < 1",
        after="5m",
        severity="critical",
        summary="The database of Kubeflow Pipelines' runs is not ready: no pipeline can be started or looked at.",
    )
    full = nearly_full(
        "KubeflowVolumeNearlyFull",
        namespace=namespace,
        summary="A volume of Kubeflow's is nearly full: give kubeflow.storageGi more, or delete old runs.",
    )
    return [down, full]


def _pod(image: str) -> dict[str, Any]:
    # It answers also to who is not let in.
    ping = {"exec": {"command": ["mysqladmin", "ping", "--host=127.0.0.1"]}, "timeoutSeconds": 5}
    files = {"MYSQL_ROOT_PASSWORD_FILE": "root-password", "MYSQL_PASSWORD_FILE": "password"}
    plain = {"MYSQL_DATABASE": _DATABASE, "MYSQL_USER": _ACCOUNT}
    environment = {**plain, **{variable: f"{_ACCESS}/{key}" for variable, key in files.items()}}
    items = [{"key": key, "path": key} for key in files.values()]
    return {
        "automountServiceAccountToken": False,
        "securityContext": pod_security(_USER),
        "terminationGracePeriodSeconds": 60,
        "containers": [
            {
                "name": "mysql",
                "image": image,
                # A volume is not empty at its root, and nothing follows this server's log of changes.
                "args": ["--datadir=/var/lib/mysql/data", "--disable-log-bin"],
                "ports": [{"name": "tcp-mysql", "containerPort": _PORT}],
                "env": [{"name": name, "value": value} for name, value in environment.items()],
                "resources": resources("250m", "1Gi", "2Gi"),
                "securityContext": container_security(),
                "startupProbe": {**ping, "periodSeconds": 5, "failureThreshold": 60},
                "readinessProbe": {**ping, "periodSeconds": 10},
                "livenessProbe": {**ping, "periodSeconds": 20, "failureThreshold": 6},
                "volumeMounts": [
                    {"name": "data", "mountPath": "/var/lib/mysql"},
                    {"name": "access", "mountPath": _ACCESS, "readOnly": True},
                    {"name": "run", "mountPath": "/var/run/mysqld"},
                    {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - a path inside the container
                ],
            }
        ],
        "volumes": [
            {"name": "access", "secret": {"secretName": MYSQL, "defaultMode": 0o440, "items": items}},
            {"name": "run", "emptyDir": {}},
            {"name": "tmp", "emptyDir": {}},
        ],
    }
