"""A database and its owner on a PostgreSQL server, made by a Job in the cluster.

The server may be private, so nothing is dialled from where the engine runs. The administrator's password is only in a
namespace of its own, never in the namespace of the component that uses the database; where somebody else keeps and
rotates it, it is in no Secret at all, and each run of the Job asks for the present one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pulumi
import pulumi_kubernetes as k8s
import pulumi_random as random

from groundwork.core.component import Component
from groundwork.core.contracts.cluster import Namespace, ServiceAccount
from groundwork.core.contracts.storage import Database
from groundwork.core.scram import verifier

SCRIPT = r"""\set ON_ERROR_STOP on
\getenv database NEW_DATABASE
\getenv owner NEW_OWNER
\getenv password NEW_PASSWORD

SELECT format('CREATE ROLE %I', :'owner')
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'owner') \gexec
ALTER ROLE :"owner" LOGIN PASSWORD :'password';

-- An administrator that is no superuser, as on RDS, may give away a database only to a role that it belongs to.
GRANT :"owner" TO CURRENT_USER;

SELECT format('CREATE DATABASE %I OWNER %I', :'database', :'owner')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \gexec
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
"""
"""What the Job runs: psql's own commands and SQL, without harm if it runs again. psql 14 or newer."""

# The user of the official image's Debian variant.
_USER = 999
_SCRIPTS = "/scripts"
_KEPT = "/administrator"
_ASK = f'umask 077; exec "$@" > {_KEPT}/kept.json'
# The image has Perl, whose own modules read JSON: its psql is started by a script in Perl.
_KNOCK = f"""PGPASSWORD=$(perl -MJSON::PP -0777 -ne 'print decode_json($_)->{{password}}' {_KEPT}/kept.json)
export PGPASSWORD
exec "$@"
"""


@dataclass(frozen=True, kw_only=True)
class KeptPassword:
    """An administrator's password that somebody else keeps and changes.

    Attributes:
        image: of the container that asks for it.
        command: writes JSON with the key `password` to its standard output; in its image there is a `sh`.
        environment: of that container; nothing secret.
        allow: lets a service account ask, and returns what its pods have to wait for.
    """

    image: str
    command: Sequence[str]
    environment: Mapping[str, pulumi.Input[str]]
    allow: Callable[[ServiceAccount], Sequence[pulumi.Resource]]


@dataclass(frozen=True, kw_only=True)
class Server:
    """A PostgreSQL server, and its administrator.

    Attributes:
        host: as pods resolve it.
        user: may create roles and databases.
        password: of that user, or how each run of the Job gets the present one.
        sslmode: libpq's word for how much TLS clients must insist on.
    """

    host: pulumi.Input[str]
    port: int = 5432
    user: str
    password: pulumi.Output[str] | KeptPassword
    sslmode: Literal["disable", "require", "verify-ca", "verify-full"] = "require"


def home_of_job(name: str) -> str:
    """Return the namespace in which the Job runs that makes the database `name`."""
    return f"{name}-database"


def provision(
    name: str,
    *,
    server: Server,
    parent: Component[Any],
    namespace: Namespace,
    after: Sequence[pulumi.Resource] = (),
) -> Database:
    """Make the database `name` with an owner of the same name, and the Secret `<name>-database` in `namespace`.

    Nothing here drops a database: what is removed from a stack keeps its data until somebody deletes it on the server.

    Args:
        name: lower case letters, digits, hyphens; a hyphen is an underscore on the server.
        after: what the server needs to be there, where the stack itself makes it.
    """
    identifier = name.replace("-", "_")
    label = home_of_job(name)
    prefix = label if name == parent.name else f"{parent.name}-{label}"
    password = random.RandomPassword(f"{prefix}-password", length=32, special=False, opts=parent.stateful())
    uri = pulumi.Output.format(
        "postgresql://{0}:{1}@{2}:{3}/{0}?sslmode={4}",
        identifier,
        password.result,
        server.host,
        server.port,
        server.sslmode,
    )
    secret = k8s.core.v1.Secret(
        f"{prefix}-access",
        metadata={"name": label, "namespace": namespace.name},
        string_data={
            "host": server.host,
            "port": str(server.port),
            "database": identifier,
            "username": identifier,
            "password": password.result,
            "sslmode": server.sslmode,
            "uri": uri,
        },
        opts=namespace.options(parent),
    )
    job = _job(prefix, label, identifier, password.result, server, parent, namespace, after)
    return Database(name=identifier, user=identifier, secret=label, uri=pulumi.Output.secret(uri), ready=(job, secret))


def _job(
    prefix: str,
    label: str,
    identifier: str,
    password: pulumi.Output[str],
    server: Server,
    parent: Component[Any],
    consumer: Namespace,
    after: Sequence[pulumi.Resource],
) -> k8s.batch.v1.Job:
    space = consumer.cluster.namespace(label, parent=parent)
    given: dict[str, pulumi.Input[str]] = {
        "PGHOST": server.host,
        "PGPORT": str(server.port),
        "PGUSER": server.user,
        "PGSSLMODE": server.sslmode,
        "NEW_PASSWORD": password.apply(lambda known: verifier(known, identifier)),
    }
    image = parent.catalogue.image("postgres")
    text = [SCRIPT, image, identifier]
    pod = _pod(image, identifier, credentials_name="administrator", script_name="script")
    facts = [pulumi.Output.from_input(server.host), password]
    ready = list(after)
    if isinstance(server.password, KeptPassword):
        account = space.service_account("database")
        ready += [*account.resources, *server.password.allow(account)]
        text += [server.password.image, *server.password.command, _ASK, _KNOCK]
        _ask(pod, server.password, account.name)
        facts += [pulumi.Output.from_input(value) for _, value in sorted(server.password.environment.items())]
    else:
        given["PGPASSWORD"] = server.password
        facts.insert(1, server.password)
    credentials = k8s.core.v1.Secret(
        f"{prefix}-administrator",
        metadata={"name": "administrator", "namespace": space.name},
        string_data=given,
        opts=space.options(parent),
    )
    script = k8s.core.v1.ConfigMap(
        f"{prefix}-script",
        metadata={"name": "script", "namespace": space.name},
        data={"provision.sql": SCRIPT},
        opts=space.options(parent),
    )
    # A pod template cannot change: the name changes with what the Job does, and so the Job is made anew.
    digest = hashlib.sha256("\n".join(text).encode()).hexdigest()[:8]
    # Another server or password also needs the work done again. The digest tells nothing of a random password, and as a
    # secret it would hide the whole Job from reviewers and policies.
    inputs = pulumi.Output.unsecret(pulumi.Output.all(*facts).apply(_digest))
    # Any: a type checker needs minutes for a dictionary this deep against the SDK's unions.
    spec: Any = {
        # A new server takes minutes until its name resolves everywhere: with the growing pauses, about 10.
        "backoff_limit": 8,
        "template": {
            "metadata": {
                "labels": {"app.kubernetes.io/name": "database", "app.kubernetes.io/instance": label},
                "annotations": {"groundwork.example/inputs": inputs},
            },
            "spec": pod,
        },
    }
    return k8s.batch.v1.Job(
        f"{prefix}-job",
        metadata={"name": f"{label[:50]}-{digest}", "namespace": space.name},
        spec=spec,
        opts=space.options(parent, depends_on=[credentials, script, *ready]),
    )


def _digest(values: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(values).encode()).hexdigest()[:16]


def _ask(pod: Any, kept: KeptPassword, account: str) -> None:
    """Let a container of the pod ask for the password before the pod's own does its work."""
    (psql,) = pod["containers"]
    volume = {"name": "administrator", "mount_path": _KEPT}
    environment = {**kept.environment, "HOME": "/tmp"}  # noqa: S108 - the container's own, on a read-only root
    pod["service_account_name"] = account
    pod["init_containers"] = [
        {
            "name": "password",
            "image": kept.image,
            "command": ["sh", "-ec", _ASK, "sh", *kept.command],
            "env": [{"name": name, "value": value} for name, value in sorted(environment.items())],
            "resources": {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}},
            "security_context": psql["security_context"],
            "volume_mounts": [volume],
        }
    ]
    psql["command"] = ["sh", "-ec", _KNOCK, "sh", *psql["command"]]
    psql["volume_mounts"].append({**volume, "read_only": True})
    # In memory: it is on no disk, and gone with the pod.
    pod["volumes"].append({"name": "administrator", "empty_dir": {"medium": "Memory", "size_limit": "1Mi"}})


def _pod(image: str, identifier: str, *, credentials_name: str, script_name: str) -> Any:
    return {
        "restart_policy": "Never",
        "automount_service_account_token": False,
        "security_context": {
            "run_as_non_root": True,
            "run_as_user": _USER,
            "run_as_group": _USER,
            "seccomp_profile": {"type": "RuntimeDefault"},
        },
        "containers": [
            {
                "name": "psql",
                "image": image,
                "command": ["psql", "--no-psqlrc", "--dbname=postgres", f"--file={_SCRIPTS}/provision.sql"],
                # Passwords reach psql through its environment: arguments can be read by every process of the node.
                "env_from": [{"secret_ref": {"name": credentials_name}}],
                "env": [
                    {"name": "NEW_DATABASE", "value": identifier},
                    {"name": "NEW_OWNER", "value": identifier},
                    {"name": "PGCONNECT_TIMEOUT", "value": "10"},
                ],
                "resources": {
                    "requests": {"cpu": "50m", "memory": "64Mi"},
                    "limits": {"memory": "64Mi"},
                },
                "security_context": {
                    "allow_privilege_escalation": False,
                    "read_only_root_filesystem": True,
                    "capabilities": {"drop": ["ALL"]},
                },
                "volume_mounts": [{"name": "script", "mount_path": _SCRIPTS, "read_only": True}],
            }
        ],
        "volumes": [{"name": "script", "config_map": {"name": script_name}}],
    }
