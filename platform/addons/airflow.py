"""Apache Airflow, by its official chart."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

import pulumi_kubernetes as k8s
from addons._airflow_config import AirflowConfig
from addons._airflow_dags import Repository
from addons._airflow_login import Oidc, redirect_url
from addons._airflow_pgbouncer import PORT as POOL_PORT
from addons._airflow_pgbouncer import Pgbouncer
from addons._airflow_plan import Plan, plan
from addons._airflow_pods import local_settings
from addons._airflow_prepare import prepare
from addons._airflow_secrets import Secrets
from addons._airflow_values import Facts, account, account_values, parts, values
from addons._airflow_watch import measure
from addons._watch import watch

from groundwork.core.charts import release
from groundwork.core.component import Component
from groundwork.core.contracts import (
    Broker,
    Bucket,
    Cluster,
    Login,
    LoginClient,
    Mesh,
    Metrics,
    Namespace,
    NodePools,
    ObjectStore,
    Orchestrator,
    Priorities,
    Scaling,
    SqlServer,
)

_PORT = 8080


@dataclass(frozen=True)
class _Entrance:
    """How people come in: the URL where it is exposed, and the client by which Airflow asks them who they are."""

    url: str | None = None
    issuer: str | None = None
    client: LoginClient | None = None


class Airflow(Component[AirflowConfig]):
    """Airflow 3 on a SQL database, with its logs in the object store."""

    def build(
        self,
        cluster: Cluster,
        sql: SqlServer,
        objects: ObjectStore,
        broker: Broker | None,
        scaling: Scaling | None,
        mesh: Mesh | None,
        login: Login | None,
        metrics: Metrics | None,
        pools: NodePools | None,
        priorities: Priorities | None,
    ) -> Orchestrator:
        """Prepare the database, then install the chart."""
        planned = plan(self.name, self.config, pools=pools, broker=broker is not None, scaling=scaling is not None)
        namespace = cluster.namespace(self.name, parent=self, mesh=mesh)
        if self.config.dags is not None:
            place = urlsplit(self.config.dags.repository)
            namespace.reach("dags", parent=self, hosts=[str(place.hostname)], port=place.port or 443)
        database = sql.database(self.name, parent=self, namespace=namespace)
        accounts = {part: namespace.chart_account(account(self.name, part)) for part in parts(self.config.executors)}
        logs = objects.bucket(f"{self.name}-logs", parent=self, reader_writers=list(accounts.values()))
        entrance = self._entrance(mesh, login, namespace)
        secrets = Secrets(self, namespace)
        keys = secrets.keys()
        after = [*logs.ready, *(entrance.client.ready if entrance.client else ())]
        if self.config.pgbouncer.enabled:
            after += secrets.pool(database, self.config.pgbouncer)
        if broker is not None and planned.groups:
            queue = broker.queue(self.name, parent=self, namespace=namespace)
            after += [*queue.ready, secrets.broker(queue)]
        self._let_in(namespace, scaled=scaling is not None)
        admin = None if entrance.client else secrets.admin()
        prepared = prepare(
            self.name,
            namespace=namespace,
            image=self.catalogue.image("airflow"),
            version=self.catalogue.chart("airflow").app_version,
            connection_secret=f"{self.name}-connection",
            keys_secret=f"{self.name}-keys",
            admin_secret=f"{self.name}-admin" if admin else None,
            # The database itself, not its pool: a migration holds locks for as long as its session.
            after=[keys, secrets.connection(database), *([admin] if admin else ()), *database.ready],
        )
        release(
            self.name,
            parent=self,
            chart="airflow",
            namespace=namespace,
            values=values(self._facts(planned, logs, entrance, pools, priorities)),
            accounts={account_values(part): who for part, who in accounts.items()},
            after=[prepared, *after],
        )
        if metrics is not None:
            watch("airflow", metrics, parent=self, namespace=namespace)
            measure(self, metrics, namespace, pooled=self.config.pgbouncer.enabled)
        host = namespace.host(f"{self.name}-api-server")
        return Orchestrator(url=f"http://{host}:{_PORT}", namespace=namespace.name)

    def _let_in(self, namespace: Namespace, *, scaled: bool) -> None:
        """Let the mesh through the chart's own network policies, and KEDA, which is in no mesh, to the pool."""
        if scaled and self.config.pgbouncer.enabled:
            pool = {"component": "pgbouncer", "release": self.name}
            namespace.open("demand", parent=self, selector=pool, port=POOL_PORT)
        if ports := namespace.arrivals():
            k8s.networking.v1.NetworkPolicy(
                f"{self.name}-mesh",
                metadata={"name": f"{self.name}-mesh", "namespace": namespace.name},
                spec={
                    "pod_selector": {"match_labels": {"tier": "airflow", "release": self.name}},
                    "policy_types": ["Ingress"],
                    "ingress": [{"ports": ports}],
                },
                opts=namespace.options(),
            )

    def _entrance(self, mesh: Mesh | None, login: Login | None, namespace: Namespace) -> _Entrance:
        if mesh is None:
            return _Entrance()
        url = mesh.expose(
            self.name,
            parent=self,
            namespace=namespace,
            service=f"{self.name}-api-server",
            port=_PORT,
            # Airflow asks for the login itself, since it must know people's roles; programs come with its own tokens,
            # which a proxy before it would turn away.
            login=login,
            asks_itself=True,
        )
        if login is None:
            return _Entrance(url)
        client = login.client(self.name, parent=self, namespace=namespace, redirect_urls=[redirect_url(url)])
        return _Entrance(url, login.issuer, client)

    def _facts(
        self,
        planned: Plan,
        logs: Bucket,
        entrance: _Entrance,
        pools: NodePools | None,
        priorities: Priorities | None,
    ) -> Facts:
        config, dags = self.config, self.config.dags
        pooled = config.pgbouncer
        return Facts(
            release=self.name,
            image=self.catalogue.image("airflow"),
            version=self.catalogue.chart("airflow").app_version,
            executors=config.executors,
            metadata_secret=f"{self.name}-pool" if pooled.enabled else f"{self.name}-connection",
            keys_secret=f"{self.name}-keys",
            broker_secret=f"{self.name}-broker" if planned.groups else None,
            log_folder=f"{logs.url}/logs",
            log_environment=tuple(logs.environment),
            copies=config.replicas,
            task=planned.task,
            groups=planned.groups,
            longest_task_seconds=60 * config.longest_task_minutes,
            max_triggerers=planned.max_triggerers,
            pgbouncer=Pgbouncer(
                config_secret=f"{self.name}-pgbouncer",
                stats_secret=f"{self.name}-pgbouncer-stats",
                copies=pooled.copies,
                pool=pooled.pool,
                clients=pooled.clients,
            )
            if pooled.enabled
            else None,
            local_settings=local_settings(
                pools.all if pools else (), priority=priorities.batch if priorities else None
            ),
            priority=priorities.platform if priorities else None,
            task_priority=priorities.batch if priorities else None,
            url=entrance.url,
            dags=Repository(
                url=dags.repository,
                branch=dags.branch,
                folder=dags.folder,
                bundle=dags.by == "bundle",
                refresh_seconds=dags.refresh_seconds,
                secret=dags.credentials_secret,
            )
            if dags
            else None,
            login=Oidc(issuer=entrance.issuer, secret=entrance.client.secret, roles=config.roles)
            if entrance.client and entrance.issuer
            else None,
        )
