"""A pool of connections in between, where a program speaks no TLS and the database server takes nothing else.

Native objects, for a reason: PgBouncer's makers ship no chart. The exit is a release of the program that speaks TLS.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import unquote, urlsplit

import pulumi
import pulumi_kubernetes as k8s
from addons._availability import keep_available
from addons._pgbouncer import FOLDER, ini, users
from addons._pods import container_security, pod_security, resources, spread

from groundwork.core.component import Component
from groundwork.core.contracts import Database, Namespace, SqlServer
from groundwork.core.errors import StackError

PORT = 6432
# The image's user `pgbouncer`.
_USER = 998
# Of each copy, for each database: programs keep few connections, and close those beyond.
_CONNECTIONS, _CLIENTS = 20, 200
# When it is told to end it takes nobody new, and waits so long for those who are there.
_GRACE_SECONDS = 120


def settings(uri: str) -> str:
    """Return pgbouncer.ini for the server of the database at `uri`.

    A connection is its client's for as long as he keeps it: so migrations, prepared statements, locks and settings of a
    session do what they would do without the pool.
    """
    parts = urlsplit(uri)
    return ini(
        {"*": f"host={parts.hostname} port={parts.port or 5432}"},
        {
            "listen_port": PORT,
            "pool_mode": "session",
            "default_pool_size": _CONNECTIONS,
            "max_client_conn": _CLIENTS,
            "ignore_startup_parameters": "extra_float_digits",
            "client_tls_sslmode": "disable",
            "server_tls_sslmode": "verify-full",
            "server_tls_ca_file": f"{FOLDER}/authorities.pem",
            # Its file system is not to be written.
            "unix_socket_dir": "",
            # A probe connects, and leaves.
            "log_connections": 0,
            "log_disconnections": 0,
        },
    )


def without_tls(
    databases: Sequence[Database],
    *,
    sql: SqlServer,
    parent: Component[Any],
    namespace: Namespace,
    callers: Sequence[Mapping[str, str]],
    copies: int,
) -> list[Database]:
    """Return the way to these databases for programs that speak no TLS: as they are, or through a pool.

    Args:
        databases: of one server, made for `namespace`, where the programs run.
        callers: labels of the pods that come to the pool; no others get in.
        copies: of the pool.

    Raises:
        StackError: where nothing tells whether the server is who it says it is.
    """
    if not sql.requires_tls:
        return list(databases)
    if not sql.authorities:
        raise StackError(
            [
                f"{parent.name}: it speaks no TLS, and the SqlServer takes nothing else; a pool in between would "
                "have to check the server's certificate, and who signs that is not known: say it under "
                "rds.authorities, or use another SqlServer"
            ]
        )
    ready = _pool(databases, sql.authorities, parent, namespace, callers, copies)
    return [_through(database, parent, namespace, ready) for database in databases]


def pool_name(parent: Component[Any]) -> str:
    """Return the name of a component's pool, where it has one: of its Deployment and its Service."""
    return f"{parent.name}-pool"


def _labels(parent: Component[Any]) -> dict[str, str]:
    return {"app.kubernetes.io/name": "pgbouncer", "app.kubernetes.io/instance": parent.name}


def _through(
    database: Database, parent: Component[Any], namespace: Namespace, ready: Sequence[pulumi.Resource]
) -> Database:
    host = namespace.host(pool_name(parent))
    password = _secret(database.uri.apply(lambda uri: unquote(urlsplit(uri).password or "")))
    uri = _secret(
        pulumi.Output.format(
            "postgresql://{0}:{1}@{2}:{3}/{4}?sslmode=disable", database.user, password, host, PORT, database.name
        )
    )
    secret = k8s.core.v1.Secret(
        f"{parent.name}-{database.secret}-pooled",
        metadata={"name": f"{database.secret}-pooled", "namespace": namespace.name},
        string_data={
            "host": host,
            "port": str(PORT),
            "database": database.name,
            "username": database.user,
            "password": password,
            "sslmode": "disable",
            "uri": uri,
        },
        opts=namespace.options(parent),
    )
    return replace(
        database,
        secret=f"{database.secret}-pooled",
        uri=uri,
        ready=[*database.ready, secret, *ready],
    )


def _pool(
    databases: Sequence[Database],
    authorities: str,
    parent: Component[Any],
    namespace: Namespace,
    callers: Sequence[Mapping[str, str]],
    copies: int,
) -> list[pulumi.Resource]:
    name, labels = pool_name(parent), _labels(parent)
    metadata = {"name": name, "namespace": namespace.name, "labels": labels}
    uris: pulumi.Output[Any] = pulumi.Output.all(*[database.uri for database in databases])
    files = uris.apply(lambda all_: {"pgbouncer.ini": settings(all_[0]), "users.txt": users(all_)})
    secret = k8s.core.v1.Secret(
        f"{name}-files",
        metadata=metadata,
        string_data={
            "pgbouncer.ini": _secret(files.apply(lambda made: made["pgbouncer.ini"])),
            "users.txt": _secret(files.apply(lambda made: made["users.txt"])),
            "authorities.pem": authorities,
        },
        opts=namespace.options(parent),
    )
    service = k8s.core.v1.Service(
        f"{name}-service",
        metadata=metadata,
        spec={"selector": labels, "ports": [{"name": "tcp-postgres", "port": PORT, "target_port": PORT}]},
        opts=namespace.options(parent),
    )
    closed = k8s.networking.v1.NetworkPolicy(
        f"{name}-closed",
        metadata=metadata,
        spec={
            "pod_selector": {"match_labels": labels},
            "policy_types": ["Ingress"],
            "ingress": [
                {
                    "from_": [{"pod_selector": {"match_labels": dict(caller)}} for caller in callers],
                    "ports": namespace.arrivals(PORT),
                }
            ],
        },
        opts=namespace.options(parent),
    )
    # PgBouncer reads its files when it starts. The digest tells nothing of a random password, and as a secret it would
    # hide the whole Deployment from reviewers and policies.
    digest = pulumi.Output.unsecret(files.apply(lambda made: _digest([*made.values(), authorities])))
    template: Any = {
        "metadata": {"labels": labels, "annotations": {"groundwork.example/inputs": digest}},
        "spec": _pod(parent.catalogue.image("pgbouncer"), name, labels),
    }
    deployment = k8s.apps.v1.Deployment(
        name,
        metadata=metadata,
        spec={
            "replicas": copies,
            "selector": {"match_labels": labels},
            "strategy": {"rolling_update": {"max_unavailable": 0, "max_surge": 1}},
            "template": template,
        },
        opts=namespace.options(parent, depends_on=[secret, closed]),
    )
    keep_available("pool", parent=parent, namespace=namespace, labels=labels, copies=copies)
    return [service, deployment]


def _secret(text: pulumi.Output[str]) -> pulumi.Output[str]:
    secret: pulumi.Output[str] = pulumi.Output.secret(text)
    return secret


def _digest(texts: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]


def _pod(image: str, name: str, labels: dict[str, str]) -> dict[str, Any]:
    probe = {"tcpSocket": {"port": PORT}}
    return {
        "automountServiceAccountToken": False,
        "securityContext": pod_security(_USER),
        "terminationGracePeriodSeconds": _GRACE_SECONDS,
        "topologySpreadConstraints": spread(labels),
        "containers": [
            {
                "name": "pgbouncer",
                "image": image,
                # By PATH: it is elsewhere where it is built from sources than where it comes of a package.
                "command": ["pgbouncer", f"{FOLDER}/pgbouncer.ini"],
                "ports": [{"name": "tcp-postgres", "containerPort": PORT}],
                "resources": resources("50m", "32Mi", "128Mi"),
                "securityContext": container_security(),
                "readinessProbe": {**probe, "periodSeconds": 5},
                "livenessProbe": {**probe, "periodSeconds": 20, "failureThreshold": 3},
                "volumeMounts": [{"name": "files", "mountPath": FOLDER, "readOnly": True}],
            }
        ],
        "volumes": [{"name": "files", "secret": {"secretName": name, "defaultMode": 0o440}}],
    }
