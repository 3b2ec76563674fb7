"""PostgreSQL in the cluster.

Native objects, for a reason: one server with one volume needs no operator, and the charts that have one ship Bitnami
images. The exit is an operator (CloudNativePG) behind the same contract; a dump moves the data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import pulumi
import pulumi_kubernetes as k8s
import pulumi_random as random
from addons._pods import container_security, pod_security, resources
from addons._server_on_volume import server_on_volume
from addons._ways_in import close, way_in
from pydantic import Field

from groundwork.core.amounts import Cpu, Memory
from groundwork.core.component import Component
from groundwork.core.config import ByProfile, Config
from groundwork.core.contracts import Cluster, Database, Namespace, NodePools, Sizing, SqlServer
from groundwork.core.databases import Server, home_of_job, provision

# The user of the official image's Debian variant.
_USER = 999
_PORT = 5432
_ADMIN = "postgres"


class PostgresConfig(Config):
    """What a stack file may say under `postgres:`."""

    storage_gi: Annotated[int, ByProfile("size", {"small": 10, "medium": 50, "large": 200})] = Field(
        ge=1, alias="storageGi", description="size of the volume in GiB; it can grow, never shrink"
    )
    memory: Annotated[Memory, ByProfile("size", {"small": "512Mi", "medium": "2Gi", "large": "8Gi"})] = Field(
        description="request and limit"
    )
    cpu: Annotated[Cpu, ByProfile("size", {"small": "100m", "medium": "500m", "large": "2"})] = Field(
        description="request"
    )


@dataclass(frozen=True, kw_only=True)
class PostgresServer(SqlServer):
    """A server in the cluster.

    Attributes:
        namespace: where it runs.
        host: its name inside the cluster.
        password: of its administrator.
    """

    namespace: str
    host: str
    password: pulumi.Output[str]

    def database(self, name: str, *, parent: Component[Any], namespace: Namespace) -> Database:
        """Make a database and its owner by a Job in the cluster."""
        way = way_in(
            f"{parent.name}-{name}-way-in",
            name=f"{name}-database",
            home=self.namespace,
            port=_PORT,
            # The second one is where the Job runs that makes the database.
            callers=[namespace.name, home_of_job(name)],
            parent=parent,
            namespace=namespace,
        )
        # No TLS: the server has no certificate of its own, and is closed to all but those who have a database on it.
        server = Server(host=self.host, port=_PORT, user=_ADMIN, password=self.password, sslmode="disable")
        return provision(name, server=server, parent=parent, namespace=namespace, after=[way])


class Postgres(Component[PostgresConfig]):
    """One PostgreSQL server on a volume of its own: for environments without a managed one."""

    def build(self, cluster: Cluster, pools: NodePools | None, sizing: Sizing | None) -> PostgresServer:
        """Make the server, which nobody reaches before he has a database."""
        namespace = cluster.namespace(self.name, parent=self)
        close(self, namespace)
        password = random.RandomPassword(f"{self.name}-admin", length=32, special=False, opts=self.stateful())
        secret = k8s.core.v1.Secret(
            f"{self.name}-admin",
            metadata={"name": f"{self.name}-admin", "namespace": namespace.name},
            string_data={"password": password.result},
            opts=namespace.options(),
        )
        host = server_on_volume(
            "postgres",
            parent=self,
            namespace=namespace,
            pod=self._pod(),
            port_name="postgres",
            port=_PORT,
            storage_gi=self.config.storage_gi,
            after=secret,
            sizing=sizing,
        )
        return PostgresServer(namespace=namespace.name, host=host, password=password.result)

    def _pod(self) -> Any:
        ready = ["pg_isready", "--username", _ADMIN]
        return {
            "automountServiceAccountToken": False,
            "securityContext": pod_security(_USER),
            "terminationGracePeriodSeconds": 60,
            "containers": [
                {
                    "name": "postgres",
                    "image": self.catalogue.image("postgres"),
                    "ports": [{"name": "postgres", "containerPort": _PORT}],
                    "env": [
                        {"name": "PGDATA", "value": "/var/lib/postgresql/data/pgdata"},
                        {"name": "POSTGRES_PASSWORD_FILE", "value": "/etc/postgres-admin/password"},
                    ],
                    "resources": resources(self.config.cpu, self.config.memory),
                    "securityContext": container_security(),
                    "readinessProbe": {"exec": {"command": ready}, "periodSeconds": 10, "timeoutSeconds": 5},
                    "livenessProbe": {
                        "exec": {"command": ready},
                        "initialDelaySeconds": 30,
                        "periodSeconds": 20,
                        "timeoutSeconds": 5,
                        "failureThreshold": 6,
                    },
                    "volumeMounts": [
                        {"name": "data", "mountPath": "/var/lib/postgresql/data"},
                        {"name": "admin", "mountPath": "/etc/postgres-admin", "readOnly": True},
                        {"name": "run", "mountPath": "/var/run/postgresql"},
                        {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - a path inside the container
                    ],
                }
            ],
            "volumes": [
                {"name": "admin", "secret": {"secretName": f"{self.name}-admin", "defaultMode": 0o440}},
                {"name": "run", "emptyDir": {}},
                {"name": "tmp", "emptyDir": {}},
            ],
        }
