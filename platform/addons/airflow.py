"""Apache Airflow, by its official chart."""

from __future__ import annotations

from typing import Annotated, Literal

import pulumi
import pulumi_kubernetes as k8s
import pulumi_random as random
from addons._airflow_prepare import prepare
from addons._airflow_values import PARTS, Facts, Repository, Worker, account, values
from addons._charts import Copies
from addons._pods import resources
from addons._watch import watch
from pydantic import Field, model_validator

from groundwork.core.amounts import Cpu, Memory
from groundwork.core.charts import release
from groundwork.core.component import Component
from groundwork.core.config import Config
from groundwork.core.contracts import (
    Alert,
    Bucket,
    Cluster,
    Database,
    Login,
    Mesh,
    Metrics,
    Namespace,
    NodePools,
    ObjectStore,
    Orchestrator,
    SqlServer,
)
from groundwork.core.errors import StackError

_PORT = 8080


class DagsConfig(Config):
    """Where DAGs come from."""

    repository: str = Field(
        pattern=r"^https://\S+$", description="a git repository that anybody in the network may read"
    )
    branch: str = Field(default="main", min_length=1)
    folder: str = Field(default="", description="in the repository; all of it by default")


class WorkersConfig(Config):
    """The pod that a task gets, unless its DAG says otherwise."""

    cpu: Cpu = Field(default="500m", description="request")
    memory: Memory = Field(default="1Gi", description="request and limit")
    pool: str | None = Field(default=None, description="name of the node pool; any that has room by default")


class AirflowConfig(Config):
    """What a stack file may say under `airflow:`."""

    executors: Annotated[tuple[Literal["kubernetes"], ...], Field(min_length=1)] = Field(
        default=("kubernetes",), description="what runs tasks; kubernetes: a pod for each"
    )
    replicas: Copies = Field(
        description="copies of the API server, of the scheduler, of the triggerer and of the DAG processor"
    )
    dags: DagsConfig | None = Field(default=None, description="none: an Airflow without DAGs")
    workers: WorkersConfig = Field(default_factory=WorkersConfig, description="where tasks run, and what each may use")

    @model_validator(mode="after")
    def _each_once(self) -> AirflowConfig:
        twice = [executor for index, executor in enumerate(self.executors) if executor in self.executors[:index]]
        if twice:
            raise ValueError(f"executors: {twice[0]!r} is there twice")
        return self


class Airflow(Component[AirflowConfig]):
    """Airflow 3 on a SQL database, with a pod for each task and its logs in the object store."""

    def build(
        self,
        cluster: Cluster,
        sql: SqlServer,
        objects: ObjectStore,
        mesh: Mesh | None,
        login: Login | None,
        metrics: Metrics | None,
        pools: NodePools | None,
    ) -> Orchestrator:
        """Prepare the database, then install the chart."""
        worker = self._worker(pools)
        namespace = cluster.namespace(self.name, parent=self)
        database = sql.database(self.name, parent=self, namespace=namespace)
        accounts = [namespace.chart_account(account(self.name, part)) for part in PARTS]
        logs = objects.bucket(f"{self.name}-logs", parent=self, reader_writers=accounts)
        url = (
            mesh.expose(
                self.name,
                parent=self,
                namespace=namespace,
                service=f"{self.name}-api-server",
                port=_PORT,
                login=login,
            )
            if mesh
            else None
        )
        prepared = self._prepare(namespace, database)
        release(
            self.name,
            parent=self,
            chart="airflow",
            namespace=namespace,
            values=values(self._facts(worker, logs, url)),
            after=[prepared, *logs.ready],
        )
        if metrics is not None:
            self._watch(metrics, namespace)
        host = namespace.host(f"{self.name}-api-server")
        return Orchestrator(url=f"http://{host}:{_PORT}", namespace=namespace.name)

    def _worker(self, pools: NodePools | None) -> Worker:
        wanted = self.config.workers
        asked = resources(wanted.cpu, wanted.memory)
        if wanted.pool is None:
            return Worker(resources=asked, node_selector={}, tolerations=())
        if pools is None:
            raise StackError([f"{self.name}.workers.pool: {wanted.pool!r}, but this stack has no pools; leave it out"])
        placement = pools.pool(wanted.pool).placement()
        return Worker(resources=asked, node_selector=placement.node_selector, tolerations=placement.tolerations)

    def _facts(self, worker: Worker, logs: Bucket, url: str | None) -> Facts:
        dags = self.config.dags
        return Facts(
            release=self.name,
            image=self.catalogue.image("airflow"),
            version=self.catalogue.chart("airflow").app_version,
            metadata_secret=f"{self.name}-connection",
            keys_secret=f"{self.name}-keys",
            log_folder=f"{logs.url}/logs",
            log_environment=tuple(logs.environment),
            copies=self.config.replicas,
            worker=worker,
            url=url,
            dags=Repository(dags.repository, dags.branch, dags.folder) if dags else None,
        )

    def _prepare(self, namespace: Namespace, database: Database) -> pulumi.Resource:
        connection = self._secret(namespace, "connection", {"connection": database.uri})
        # 43 characters of base64's alphabet and a padding are the 32 bytes that Fernet wants.
        fernet = self._made_once("fernet-key", 43).apply(lambda text: f"{text}=")
        keys = {
            "fernet-key": fernet,
            "jwt-secret": self._made_once("jwt-secret", 64),
            "api-secret-key": self._made_once("api-secret-key", 64),
        }
        made = [
            connection,
            self._secret(namespace, "keys", keys),
            self._secret(
                namespace,
                "admin",
                {
                    "email": pulumi.Output.secret(f"admin@{self.name}.internal"),
                    "password": self._made_once("admin", 32),
                },
            ),
        ]
        return prepare(
            self.name,
            namespace=namespace,
            image=self.catalogue.image("airflow"),
            version=self.catalogue.chart("airflow").app_version,
            connection_secret=f"{self.name}-connection",
            keys_secret=f"{self.name}-keys",
            admin_secret=f"{self.name}-admin",
            after=[*made, *database.ready],
        )

    def _made_once(self, name: str, length: int) -> pulumi.Output[str]:
        """Return random letters and digits; what is encrypted with them needs them for ever."""
        made = random.RandomPassword(f"{self.name}-{name}", length=length, special=False, opts=self.stateful())
        return made.result

    def _secret(self, namespace: Namespace, name: str, content: dict[str, pulumi.Output[str]]) -> k8s.core.v1.Secret:
        return k8s.core.v1.Secret(
            f"{self.name}-{name}",
            metadata={"name": f"{self.name}-{name}", "namespace": namespace.name},
            string_data=content,
            opts=namespace.options(),
        )

    def _watch(self, metrics: Metrics, namespace: Namespace) -> None:
        watch("airflow", metrics, parent=self, namespace=namespace)
        metrics.scrape(
            self.name,
            parent=self,
            namespace=namespace,
            selector={"component": "statsd", "release": self.name},
            port="statsd-scrape",
        )
        metrics.alert(
            self.name,
            parent=self,
            namespace=namespace,
            alerts=[
                Alert(
                    name="AirflowSchedulerStopped",
                    expression=(
                        "sum(increase(airflow_scheduler_heartbeat[5m])) == 0 or absent(airflow_scheduler_heartbeat)"
                    ),
                    after="5m",
                    severity="critical",
                    summary="No scheduler of Airflow has been heard of for ten minutes: no task is started.",
                )
            ],
        )
