"""Argo Workflows, by its community's chart: beside the controller that Kubeflow Pipelines brings along.

Each controller takes only the workflows that name it by their label; that of Pipelines takes those of its own namespace
that name none. Two that would take the same are refused.
"""

from __future__ import annotations

import hashlib
import json
from typing import Annotated

import pulumi
import pulumi_kubernetes as k8s
from addons._argo_access import let_people_in
from addons._argo_cron import ArgoWorkflowsService, problems_of_cron
from addons._argo_values import RUNNER, SERVER_PORT, Facts, SingleSignOn, configuration, values
from addons._availability import unavailable
from addons._charts import Copies
from addons._placements import place
from addons.argo_workflows_api import WorkflowKinds
from pydantic import Field, NonNegativeInt, PositiveInt

from groundwork.core.amounts import Cpu, Memory
from groundwork.core.charts import release
from groundwork.core.component import Component
from groundwork.core.config import ByProfile, Config
from groundwork.core.contracts import (
    Cluster,
    Database,
    Login,
    LoginClient,
    Mesh,
    Metrics,
    Namespace,
    NodePools,
    ObjectStore,
    Placement,
    Priorities,
    SqlServer,
    Task,
)
from groundwork.core.errors import StackError
from groundwork.core.forms import Form

_METRICS = {"app.kubernetes.io/name": "argo-workflows-workflow-controller"}
_LABEL = r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)?"


class ScheduleConfig(Config):
    """A task that the clock starts, such as a training."""

    schedule: str = Field(description="minute, hour, day of month, month, day of week, in UTC: '0 3 * * *'")
    image: str = Field(min_length=1, description="with its tag; it runs as a user that is not root")
    command: tuple[str, ...] | None = Field(default=None, description="what it runs; what its image runs by default")
    arguments: tuple[str, ...] = Field(default=(), description="for the command")
    environment: dict[str, str] = Field(default_factory=dict, description="plain variables")
    cpu: Cpu = Field(default="1", description="request")
    memory: Memory = Field(default="2Gi", description="request and limit")
    pool: str | None = Field(default=None, description="name of the node pool; any that has room by default")
    gpus: NonNegativeInt = Field(default=0, description="at most what a node of the pool has")
    hours: PositiveInt = Field(default=24, description="after which it is ended")


class ArgoWorkflowsConfig(Config):
    """What a stack file may say under `argo-workflows:`."""

    replicas: Copies = Field(description="copies of the controller, of which one is active, and of the server")
    instance_id: Annotated[str, Form(_LABEL, "lower case letters, digits and hyphens", "batch")] | None = Field(
        default=None,
        description=(
            "what a workflow's label has to say for this controller to take it; the component's name by default, and "
            '"" for those without the label'
        ),
    )
    archive_days: Annotated[PositiveInt, ByProfile("log_retention_days")] = Field(
        description="how long finished workflows are kept in the database"
    )
    admins: str | None = Field(
        default=None,
        min_length=1,
        description="group that may start and stop workflows; everybody who logs in may look",
    )
    schedules: dict[str, ScheduleConfig] = Field(default_factory=dict, description="name -> what the clock starts")


class ArgoWorkflows(Component[ArgoWorkflowsConfig]):
    """Argo Workflows with its archive in a SQL database, and logs and artifacts in an object store."""

    def build(
        self,
        cluster: Cluster,
        kinds: WorkflowKinds,
        sql: SqlServer,
        objects: ObjectStore,
        mesh: Mesh | None,
        login: Login | None,
        metrics: Metrics | None,
        pools: NodePools | None,
        priorities: Priorities | None,
    ) -> ArgoWorkflowsService:
        """Write the configuration, install the chart, then make what the clock starts."""
        instance_id = self.name if self.config.instance_id is None else self.config.instance_id
        self._claim(instance_id)
        placements = self._placements(pools)
        namespace = cluster.namespace(self.name, parent=self, mesh=mesh)
        database = sql.database(self.name, parent=self, namespace=namespace)
        accounts = [namespace.chart_account(name) for name in (RUNNER, f"{self.name}-server")]
        store = objects.bucket(self.name, parent=self, reader_writers=accounts)
        server = f"{self.name}-server"
        url = (
            mesh.expose(
                self.name,
                parent=self,
                namespace=namespace,
                service=server,
                port=SERVER_PORT,
                login=login,
                asks_itself=True,
            )
            if mesh
            else None
        )
        client = self._client(login, namespace, url)
        facts = Facts(
            release=self.name,
            namespace=namespace.name,
            copies=self.config.replicas,
            instance_id=instance_id,
            database_secret=database.secret,
            archive_days=self.config.archive_days,
            store=store,
            sso=SingleSignOn(login.issuer, client.secret, url) if login and client and url else None,
            priority=priorities.batch if priorities else None,
        )
        prepared = self._configure(facts, namespace, database)
        if client is not None:
            prepared += [*client.ready, *let_people_in(self.name, namespace, self.config.admins)]
        digest = hashlib.sha256(json.dumps(configuration(facts, ""), sort_keys=True).encode()).hexdigest()[:16]
        installed = release(
            self.name,
            parent=self,
            chart="argo-workflows",
            namespace=namespace,
            values=values(facts, digest),
            accounts=dict(zip(("workflow.serviceAccount", "server.serviceAccount"), accounts, strict=True)),
            after=[*prepared, *database.ready, *store.ready],
        )
        if metrics is not None:
            self._watch(metrics, namespace)
        provided = ArgoWorkflowsService(
            url=f"http://{namespace.host(server)}:{SERVER_PORT}",
            public_url=url,
            namespace=namespace.name,
            instance_id=instance_id,
        )
        for name, wanted in self.config.schedules.items():
            provided.cron(
                name,
                parent=self,
                cluster=cluster,
                schedule=wanted.schedule,
                task=_task(wanted, placements[name]),
                after=[installed],
            )
        return provided

    def _claim(self, instance_id: str) -> None:
        which, remedy = (f"name {instance_id!r}", "another name") if instance_id else ("name none", "a name")
        self.claim(f"the Argo controller of workflows that {which}", f"give {self.name}.instanceId {remedy}")

    def _placements(self, pools: NodePools | None) -> dict[str, Placement | None]:
        problems: list[str] = []
        found: dict[str, Placement | None] = {}
        for name, wanted in self.config.schedules.items():
            where = f"{self.name}.schedules.{name}"
            problems += [f"{where}: {problem}" for problem in problems_of_cron(name, wanted.schedule)]
            found[name] = place(where, pool=wanted.pool, gpus=wanted.gpus, pools=pools, problems=problems)
        if problems:
            raise StackError(problems)
        return found

    def _client(self, login: Login | None, namespace: Namespace, url: str | None) -> LoginClient | None:
        if login is None or url is None:
            return None
        return login.client(self.name, parent=self, namespace=namespace, redirect_urls=[f"{url}/oauth2/callback"])

    def _configure(self, facts: Facts, namespace: Namespace, database: Database) -> list[pulumi.Resource]:
        # Neither host nor name of the database is secret; user and password are not in it.
        text = pulumi.Output.unsecret(
            database.uri.apply(lambda uri: json.dumps(configuration(facts, uri), indent=1, sort_keys=True))
        )
        return [
            k8s.core.v1.ConfigMap(
                f"{self.name}-configuration",
                metadata={"name": facts.config_map, "namespace": namespace.name},
                data={"config": text},
                opts=namespace.options(),
            )
        ]

    def _watch(self, metrics: Metrics, namespace: Namespace) -> None:
        metrics.scrape(self.name, parent=self, namespace=namespace, selector=_METRICS, port="metrics")
        alerts = [
            unavailable(
                name,
                namespace=namespace.name,
                deployment=f"{self.name}-{part}",
                summary=f"No copy of the {part} of Argo Workflows is ready: {means}.",
            )
            for name, part, means in (
                ("ArgoWorkflowsControllerDown", "workflow-controller", "no workflow goes on, and none is started"),
                ("ArgoWorkflowsServerDown", "server", "nobody sees or starts a workflow by its page"),
            )
        ]
        metrics.alert(self.name, parent=self, namespace=namespace, alerts=alerts)


def _task(wanted: ScheduleConfig, placement: Placement | None) -> Task:
    return Task(
        image=wanted.image,
        command=wanted.command,
        arguments=wanted.arguments,
        environment=wanted.environment,
        cpu=wanted.cpu,
        memory=wanted.memory,
        placement=placement,
        hours=wanted.hours,
    )
