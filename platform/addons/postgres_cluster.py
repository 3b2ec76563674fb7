"""PostgreSQL by CloudNativePG: a primary with standbys in other zones, and fail-over without a person.

The operator makes databases and their owners too, so nobody here has the superuser's password. A standby is no backup:
where the stack has an object store and the operator can archive, the server can be restored to any second of the last
days (`_postgres_archive.py` says how).
https://cloudnative-pg.io/documentation/1.30/
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import pulumi
import pulumi_kubernetes as k8s
import pulumi_random as random
from addons._availability import nearly_full
from addons._pods import container_security, pod_security, resources
from addons._postgres_archive import PLUGIN, nightly, store
from addons._ways_in import NEIGHBOURS, PLATFORM, close, tcp, way_in
from addons.cloudnative_pg import PostgresOperator
from pydantic import Field, PositiveInt

from groundwork.core.amounts import Cpu, Memory
from groundwork.core.component import Component
from groundwork.core.config import ByProfile, Config
from groundwork.core.contracts import (
    Alert,
    Cluster,
    Database,
    Metrics,
    Namespace,
    NodePools,
    ObjectStore,
    ServiceAccount,
    SqlServer,
)
from groundwork.core.errors import StackError

_API = "postgresql.cnpg.io/v1"
_PORT, _METRICS = 5432, 9187
# Where each server tells the operator how it is.
_STATUS = 8000
# What the operator and PostgreSQL keep for themselves.
_RESERVED = ("app", "postgres", "streaming_replica", "template0", "template1")

# Until the operator has made the database and its owner; the Job's deadline ends it.
_WAIT = """\
until psql --no-psqlrc --no-password --command='SELECT 1' > /dev/null; do sleep 3; done
"""


class PostgresClusterConfig(Config):
    """What a stack file may say under `postgres-cluster:`."""

    instances: Annotated[PositiveInt, ByProfile("highly_available", {True: 3, False: 1})] = Field(
        description="servers: one primary, the others follow it. With three, what is committed is on two"
    )
    storage_gi: Annotated[int, ByProfile("size", {"small": 10, "medium": 50, "large": 200})] = Field(
        ge=1, alias="storageGi", description="size of each server's volume in GiB; it can grow, never shrink"
    )
    memory: Annotated[Memory, ByProfile("size", {"small": "512Mi", "medium": "2Gi", "large": "8Gi"})] = Field(
        description="request and limit of each server"
    )
    cpu: Annotated[Cpu, ByProfile("size", {"small": "100m", "medium": "500m", "large": "2"})] = Field(
        description="request of each server"
    )
    archive: bool | None = Field(
        default=None, description="whether it is archived in the object store; by default where that is possible"
    )
    archive_days: Annotated[PositiveInt, ByProfile("backup_retention_days")] = Field(
        description="how far back it can be restored to any second"
    )
    parameters: dict[str, str] = Field(
        default_factory=dict, description="of postgresql.conf, such as max_connections; those of the operator win"
    )


def spec(
    config: PostgresClusterConfig,
    *,
    image: str,
    storage_class: str,
    archive: str | None,
    account: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return the spec of the operator's Cluster.

    Args:
        archive: name of the ObjectStore, None for no archive.
        account: annotations of the servers' service account.
    """
    found: dict[str, Any] = {
        "imageName": image,
        "instances": config.instances,
        "enableSuperuserAccess": False,
        # Not the default `app`: databases are made one by one, each with an owner of its own.
        "bootstrap": {"initdb": {"database": "app", "owner": "app", "dataChecksums": True}},
        "storage": {"storageClass": storage_class, "size": f"{config.storage_gi}Gi"},
        "resources": resources(config.cpu, config.memory),
        "postgresql": {"parameters": {"max_connections": "200", **config.parameters}},
        "affinity": {
            "enablePodAntiAffinity": True,
            "topologyKey": "topology.kubernetes.io/zone",
            "podAntiAffinityType": "preferred",
        },
        # A standby first, the primary last, by a switch-over.
        "primaryUpdateStrategy": "unsupervised",
        "primaryUpdateMethod": "switchover",
        # A budget over a single server would keep its node from ever being drained.
        "enablePDB": config.instances > 1,
    }
    if config.instances > 2:
        # A commit waits for one standby; with the other one gone too it does not wait, and is told as degraded.
        found["postgresql"]["synchronous"] = {"method": "any", "number": 1, "dataDurability": "preferred"}
    if archive is not None:
        parameters = {"barmanObjectName": archive}
        found["plugins"] = [{"name": PLUGIN, "isWALArchiver": True, "parameters": parameters}]
    if account:
        found["serviceAccountTemplate"] = {"metadata": {"annotations": dict(account)}}
    return found


@dataclass(frozen=True, kw_only=True)
class PostgresClusterServer(SqlServer):
    """A Cluster of CloudNativePG.

    Attributes:
        name: of the Cluster.
        namespace: it is in.
    """

    name: str
    namespace: str

    @property
    def host(self) -> str:
        """The name of the Service that always leads to the primary."""
        return f"{self.name}-rw.{self.namespace}.svc.cluster.local"

    def database(self, name: str, *, parent: Component[Any], namespace: Namespace) -> Database:
        """Ask the operator for a database and its owner; both stay when their objects go.

        Raises:
            StackError: where the name is one that PostgreSQL or the operator keeps for itself.
        """
        identifier = name.replace("-", "_")
        if identifier in _RESERVED:
            raise StackError(
                [f"{parent.name}: a database cannot be called {name!r}; PostgreSQL keeps {', '.join(_RESERVED)}"]
            )
        label = f"{name}-database"
        prefix = label if name == parent.name else f"{parent.name}-{label}"
        password = random.RandomPassword(f"{prefix}-password", length=32, special=False, opts=parent.stateful())
        made = self._ask(prefix, identifier, password.result, parent, namespace)
        uri = pulumi.Output.format(
            "postgresql://{0}:{1}@{2}:{3}/{0}?sslmode=require", identifier, password.result, self.host, _PORT
        )
        access = k8s.core.v1.Secret(
            f"{prefix}-access",
            metadata={"name": label, "namespace": namespace.name},
            string_data={
                "host": self.host,
                "port": str(_PORT),
                "database": identifier,
                "username": identifier,
                "password": password.result,
                "sslmode": "require",
                "uri": uri,
            },
            opts=namespace.options(parent),
        )
        way = way_in(
            f"{prefix}-way-in",
            name=label,
            home=self.namespace,
            port=_PORT,
            callers=[namespace.name],
            parent=parent,
            namespace=namespace,
        )
        there = _wait(prefix, label, parent, namespace, [access, way, *made])
        return Database(
            name=identifier, user=identifier, secret=label, uri=pulumi.Output.secret(uri), ready=(there, access)
        )

    def _ask(
        self, prefix: str, identifier: str, password: pulumi.Output[str], parent: Component[Any], consumer: Namespace
    ) -> list[pulumi.Resource]:
        name = identifier.replace("_", "-")
        metadata = {"name": name, "namespace": self.namespace}
        here = consumer.cluster.options
        secret = k8s.core.v1.Secret(
            f"{prefix}-owner",
            # The label has the operator follow a change of the password.
            metadata={"name": f"{name}-owner", "namespace": self.namespace, "labels": {"cnpg.io/reload": "true"}},
            type="kubernetes.io/basic-auth",
            string_data={"username": identifier, "password": password},
            opts=here(parent, depends_on=list(parent.after)),
        )
        role = k8s.apiextensions.CustomResource(
            f"{prefix}-role",
            api_version=_API,
            kind="DatabaseRole",
            metadata=metadata,
            spec={
                "cluster": {"name": self.name},
                "name": identifier,
                "login": True,
                "passwordSecret": {"name": f"{name}-owner"},
                "databaseRoleReclaimPolicy": "retain",
            },
            opts=here(parent, depends_on=[secret]),
        )
        database = k8s.apiextensions.CustomResource(
            f"{prefix}-made",
            api_version=_API,
            kind="Database",
            metadata=metadata,
            spec={
                "cluster": {"name": self.name},
                "name": identifier,
                "owner": identifier,
                "databaseReclaimPolicy": "retain",
            },
            opts=here(parent, depends_on=[role]),
        )
        return [role, database]


def _wait(
    prefix: str, label: str, parent: Component[Any], namespace: Namespace, after: list[pulumi.Resource]
) -> pulumi.Resource:
    """Make a Job that ends once the owner can log in: a custom resource that is accepted is not yet done."""
    keys = {"PGHOST": "host", "PGPORT": "port", "PGDATABASE": "database", "PGUSER": "username"}
    environment: list[Any] = [
        {"name": variable, "valueFrom": {"secretKeyRef": {"name": label, "key": key}}}
        for variable, key in {**keys, "PGPASSWORD": "password"}.items()
    ]
    environment += [{"name": "PGSSLMODE", "value": "require"}, {"name": "PGCONNECT_TIMEOUT", "value": "10"}]
    image = parent.catalogue.image("postgres")
    pod: Any = {
        "restartPolicy": "OnFailure",
        "automountServiceAccountToken": False,
        "securityContext": pod_security(999),
        "containers": [
            {
                "name": "wait",
                "image": image,
                "command": ["/bin/sh", "-c", _WAIT],
                "env": environment,
                "resources": resources("10m", "64Mi"),
                "securityContext": container_security(),
            }
        ],
    }
    digest = hashlib.sha256(f"{_WAIT}{image}".encode()).hexdigest()[:8]
    job: pulumi.Resource = k8s.batch.v1.Job(
        f"{prefix}-wait",
        metadata={"name": f"{label[:50]}-{digest}", "namespace": namespace.name},
        spec={
            "backoff_limit": 3,
            "active_deadline_seconds": 900,
            "template": {"metadata": {"labels": {"app.kubernetes.io/name": "database-wait"}}, "spec": pod},
        },
        opts=namespace.options(parent, depends_on=after, delete_before_replace=True),
    )
    return job


class PostgresCluster(Component[PostgresClusterConfig]):
    """PostgreSQL with standbys, on CloudNativePG's operator."""

    def build(
        self,
        cluster: Cluster,
        operator: PostgresOperator,
        objects: ObjectStore | None,
        metrics: Metrics | None,
        pools: NodePools | None,
    ) -> PostgresClusterServer:
        """Make the Cluster."""
        if self.config.archive and objects is None:
            raise StackError([f"{self.name}.archive: true, and this stack has no ObjectStore; leave it out"])
        if self.config.archive and not operator.archives:
            raise StackError(
                [f"{self.name}.archive: true, and the operator's plugin needs certificates: add cert-manager"]
            )
        namespace = cluster.namespace(self.name, parent=self)
        # The operator asks each server how it is, from any namespace of the platform, as does the reader of metrics.
        close(self, namespace, [{"from_": [NEIGHBOURS]}, {"from_": [PLATFORM], "ports": tcp(_STATUS, _METRICS)}])
        wanted = self.config.archive is not False and operator.archives
        # The operator makes the servers' account, and calls it after the Cluster.
        account = namespace.chart_account(self.name)
        archive = self._archive(account, objects) if objects is not None and wanted else []
        made = k8s.apiextensions.CustomResource(
            f"{self.name}-cluster",
            api_version=_API,
            kind="Cluster",
            metadata={"name": self.name, "namespace": namespace.name},
            spec=spec(
                self.config,
                image=self.catalogue.image("postgres-cluster"),
                storage_class=cluster.storage_class,
                archive=self.name if archive else None,
                account=account.annotations,
            ),
            opts=namespace.options(protect=self.environment.profile.protect, depends_on=archive),
        )
        if archive:
            k8s.apiextensions.CustomResource(
                f"{self.name}-nightly",
                api_version=_API,
                kind="ScheduledBackup",
                metadata={"name": self.name, "namespace": namespace.name},
                spec=nightly(self.name),
                opts=namespace.options(depends_on=[made]),
            )
        if metrics is not None:
            self._watch(metrics, namespace, archived=bool(archive))
        return PostgresClusterServer(name=self.name, namespace=namespace.name)

    def _archive(self, account: ServiceAccount, objects: ObjectStore) -> list[pulumi.Resource]:
        namespace = account.namespace
        bucket = objects.bucket(f"{self.name}-archive", parent=self, reader_writers=[account])
        made = k8s.apiextensions.CustomResource(
            f"{self.name}-archive",
            api_version="barmancloud.cnpg.io/v1",
            kind="ObjectStore",
            metadata={"name": self.name, "namespace": namespace.name},
            spec=store(bucket, days=self.config.archive_days),
            opts=namespace.options(depends_on=list(bucket.ready)),
        )
        return [made, *bucket.ready]

    def _watch(self, metrics: Metrics, namespace: Namespace, *, archived: bool) -> None:
        servers = {"cnpg.io/cluster": self.name, "cnpg.io/podRole": "instance"}
        labels = {"app.kubernetes.io/name": "postgres-metrics", "app.kubernetes.io/instance": self.name}
        # The operator's own Services lead to databases; each server's exporter needs one that leads to all.
        k8s.core.v1.Service(
            f"{self.name}-metrics",
            metadata={"name": f"{self.name}-metrics", "namespace": namespace.name, "labels": labels},
            spec={
                "cluster_ip": "None",
                "selector": servers,
                "ports": [{"name": "metrics", "port": _METRICS, "target_port": _METRICS}],
            },
            opts=namespace.options(),
        )
        metrics.scrape(self.name, parent=self, namespace=namespace, selector=labels, port="metrics")
        ours = f'namespace="{namespace.name}"'
        metrics.alert(
            self.name,
            parent=self,
            namespace=namespace,
            alerts=[
                Alert(
                    name="PostgresServersMissing",
                    expression=f"(sum(cnpg_collector_up{{{ours}}}) or vector(0)) < {self.config.instances}",
                    after="15m",
                    severity="critical",
                    summary=f"Fewer than {self.config.instances} servers of {self.name} answer.",
                ),
                Alert(
                    name="PostgresStandbyBehind",
                    expression=f"cnpg_pg_replication_lag{{{ours}}} > 300",
                    after="10m",
                    severity="warning",
                    summary=f"A standby of {self.name} is more than five minutes behind the primary.",
                ),
                nearly_full(
                    "PostgresVolumeFull",
                    namespace=namespace.name,
                    summary=f"A volume of {self.name} is more than 85 % full: raise storageGi.",
                ),
                *([self._archive_alert(ours)] if archived else []),
            ],
        )

    def _archive_alert(self, ours: str) -> Alert:
        failed, archived = (f"cnpg_pg_stat_archiver_last_{what}_time{{{ours}}}" for what in ("failed", "archived"))
        return Alert(
            name="PostgresArchiveFails",
            expression=f"{failed} > {archived}",
            after="15m",
            severity="critical",
            summary=f"The log of {self.name} is not archived: it fills the volume, and cannot be restored from.",
        )
