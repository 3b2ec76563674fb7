"""Kubeflow: Pipelines and Notebooks. Its other parts are components of their own.

Pipelines asks nobody who he is, and the page for notebooks believes a header: so both pages are exposed only behind a
login, which anybody who passes may then use all pipelines of.

Its runs and pipelines are in a MySQL of its own, not on the SqlServer, until upstream speaks PostgreSQL; the metadata
of artifacts is on the SqlServer.
"""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from addons._availability import keep_available, unavailable
from addons._charts import Copies
from addons._kubeflow_mysql import MYSQL, mysql, mysql_alerts
from addons._kubeflow_values import (
    ACCOUNTS,
    COPIED,
    NOTEBOOKS_PAGE,
    USER_HEADER,
    NotebookRoute,
    Store,
    notebooks_values,
    pipelines_values,
)
from addons._pages import expose_page
from addons._pool import pool_name, without_tls
from addons._watch import measuring_service, watch
from addons.argo_workflows_api import WorkflowKinds
from addons.istio_api import IstioMesh
from addons.kubeflow_api import KubeflowKinds
from pydantic import Field, PositiveInt

from groundwork.core.charts import release
from groundwork.core.component import Component
from groundwork.core.config import ByProfile, Config
from groundwork.core.contracts import Cluster, Login, Metrics, Namespace, NodePools, ObjectStore, Pipelines, SqlServer

_PORT, _PIPELINES_PAGE, _NOTEBOOKS_PAGE = 8888, 3000, 5000


class KubeflowConfig(Config):
    """What a stack file may say under `kubeflow:`."""

    replicas: Copies = Field(description="copies of what answers requests")
    storage_gi: Annotated[int, ByProfile("size", {"small": 10, "medium": 20, "large": 50})] = Field(
        ge=1, description="size of the volume of runs and pipelines in GiB; it can grow, never shrink"
    )
    notebooks: bool = Field(default=True, description="install Notebooks too")
    idle_minutes: PositiveInt = Field(
        default=720, description="after so many minutes without work a notebook is stopped; its volume stays"
    )


class Kubeflow(Component[KubeflowConfig]):
    """Kubeflow Pipelines on SQL databases and an object store, and, if wanted, Notebooks."""

    single = True

    def build(
        self,
        cluster: Cluster,
        kinds: KubeflowKinds,
        workflows: WorkflowKinds,
        sql: SqlServer,
        objects: ObjectStore,
        # Istio itself, not any mesh: the controller of notebooks makes Istio's routes.
        mesh: IstioMesh | None,
        login: Login | None,
        metrics: Metrics | None,
        pools: NodePools | None,
    ) -> Pipelines:
        """Install both charts into the one namespace of Kubeflow."""
        # The controller that Pipelines brings along takes every workflow of its namespace that names no controller.
        self.claim(
            "the Argo controller of workflows that name none",
            "give argo-workflows.instanceId a name",
        )
        # Its own pods would pass the restricted standard. The steps of pipelines run here too, and do not.
        namespace = cluster.namespace("kubeflow", parent=self, security="baseline", mesh=mesh)
        self._pipelines(namespace, sql, objects)
        if metrics is not None:
            down = unavailable(
                "KubeflowPipelinesDown",
                namespace=namespace.name,
                deployment="ml-pipeline",
                summary="No copy of the API server of Kubeflow Pipelines is ready: no pipeline can be started.",
            )
            alerts = [down, *mysql_alerts(namespace.name)]
            if sql.requires_tls:
                cut_off = unavailable(
                    "KubeflowPoolDown",
                    namespace=namespace.name,
                    deployment=pool_name(self),
                    summary="No copy of the pool before the database is ready: ML Metadata cannot reach its data.",
                )
                alerts.append(cut_off)
            metrics.alert(self.name, parent=self, namespace=namespace, alerts=alerts)
            watch("kubeflow", metrics, parent=self, namespace=namespace)
            # All of Pipelines' own Services have the same one label.
            selector = measuring_service(
                "ml-pipeline-metrics",
                parent=self,
                namespace=namespace,
                pods=COPIED["ml-pipeline"],
                port=_PORT,
                part_of="kubeflow",
            )
            metrics.scrape("pipelines", parent=self, namespace=namespace, selector=selector, port="metrics")
        page = expose_page(
            "pipelines",
            parent=self,
            namespace=namespace,
            selector=COPIED["ml-pipeline-ui"],
            port=_PIPELINES_PAGE,
            mesh=mesh,
            login=login,
        )
        return Pipelines(
            url=f"http://{namespace.host('ml-pipeline')}:{_PORT}",
            namespace=namespace.name,
            public_url=page,
            notebooks_url=self._notebooks(namespace, mesh, login) if self.config.notebooks else None,
        )

    def _pipelines(self, namespace: Namespace, sql: SqlServer, objects: ObjectStore) -> None:
        runs = mysql(parent=self, namespace=namespace, storage_gi=self.config.storage_gi, callers=COPIED["ml-pipeline"])
        (metadata,) = without_tls(
            [sql.database("kubeflow-metadata", parent=self, namespace=namespace)],
            sql=sql,
            parent=self,
            namespace=namespace,
            callers=[COPIED["metadata-grpc-deployment"]],
            copies=self.config.replicas,
        )
        accounts = [namespace.chart_account(name) for name in ACCOUNTS]
        bucket = objects.bucket("kubeflow-pipelines", parent=self, reader_writers=accounts)
        release(
            "kubeflow-pipelines",
            parent=self,
            chart="kubeflow-pipelines",
            namespace=namespace,
            values=pipelines_values(
                copies=self.config.replicas,
                pipelines_secret=MYSQL,
                metadata_secret=metadata.secret,
                store=Store(bucket.name, bucket.region, bucket.endpoint, bucket.credentials),
            ),
            accounts={f"serviceAccounts.{account.name}": account for account in accounts},
            after=[runs, *metadata.ready, *bucket.ready],
        )
        for name, labels in COPIED.items():
            keep_available(name, parent=self, namespace=namespace, labels=labels, copies=self.config.replicas)

    def _notebooks(self, namespace: Namespace, mesh: IstioMesh | None, login: Login | None) -> str | None:
        page = expose_page(
            "notebooks",
            parent=self,
            namespace=namespace,
            selector=NOTEBOOKS_PAGE,
            port=_NOTEBOOKS_PAGE,
            mesh=mesh,
            login=login,
        )
        route = None
        # A notebook is a shell: without a login in front of it, it gets no way in.
        if mesh is not None and page is not None:
            route = NotebookRoute(f"{mesh.gateway_namespace}/{mesh.gateway}", urlsplit(page).netloc)
        release(
            "kubeflow-notebooks",
            parent=self,
            chart="kubeflow-notebooks",
            namespace=namespace,
            values=notebooks_values(
                idle_minutes=self.config.idle_minutes,
                header=login.email_header if login else USER_HEADER,
                route=route,
                secure=page is not None and urlsplit(page).scheme == "https",
            ),
        )
        return page
