"""Kubeflow: Pipelines and Notebooks.

Neither web page is exposed: Pipelines asks nobody who he is, and the page for notebooks believes a header. Both wait
for a login in front of them; until then they are reached through the API server, as `kubectl port-forward` does.
"""

from __future__ import annotations

from addons._charts import Copies
from addons._kubeflow_values import ACCOUNTS, Store, notebooks_values, pipelines_values
from addons._watch import watch
from addons.argo_workflows_api import WorkflowKinds
from addons.kubeflow_api import KubeflowKinds
from pydantic import Field, PositiveInt

from groundwork.core.charts import release
from groundwork.core.component import Component
from groundwork.core.config import Config
from groundwork.core.contracts import Cluster, Metrics, NodePools, ObjectStore, Pipelines, SqlServer

_PORT = 8888


class KubeflowConfig(Config):
    """What a stack file may say under `kubeflow:`."""

    replicas: Copies = Field(description="copies of what answers requests")
    notebooks: bool = Field(default=True, description="install Notebooks too")
    idle_minutes: PositiveInt = Field(
        default=720, description="after so many minutes without work a notebook is stopped; its volume stays"
    )


class Kubeflow(Component[KubeflowConfig]):
    """Kubeflow Pipelines on a SQL database and an object store, and, if wanted, Notebooks."""

    single = True

    def build(
        self,
        cluster: Cluster,
        kinds: KubeflowKinds,
        workflows: WorkflowKinds,
        sql: SqlServer,
        objects: ObjectStore,
        metrics: Metrics | None,
        pools: NodePools | None,
    ) -> Pipelines:
        """Install both charts into the one namespace of Kubeflow."""
        # Its own pods would pass the restricted standard. The steps of pipelines run here too, and do not.
        namespace = cluster.namespace("kubeflow", parent=self, security="baseline")
        runs = sql.database("kubeflow-pipelines", parent=self, namespace=namespace)
        metadata = sql.database("kubeflow-metadata", parent=self, namespace=namespace)
        accounts = [namespace.chart_account(name) for name in ACCOUNTS]
        bucket = objects.bucket("kubeflow-pipelines", parent=self, reader_writers=accounts)
        release(
            "kubeflow-pipelines",
            parent=self,
            chart="kubeflow-pipelines",
            namespace=namespace,
            values=pipelines_values(
                copies=self.config.replicas,
                pipelines_secret=runs.secret,
                metadata_secret=metadata.secret,
                store=Store(bucket.name, bucket.region, bucket.endpoint, bucket.credentials),
            ),
            after=[*runs.ready, *metadata.ready, *bucket.ready],
        )
        if self.config.notebooks:
            release(
                "kubeflow-notebooks",
                parent=self,
                chart="kubeflow-notebooks",
                namespace=namespace,
                values=notebooks_values(idle_minutes=self.config.idle_minutes),
            )
        if metrics is not None:
            watch("kubeflow", metrics, parent=self, namespace=namespace)
            metrics.scrape("pipelines", parent=self, namespace=namespace, selector={"app": "ml-pipeline"}, port="http")
        url = f"http://{namespace.host('ml-pipeline')}:{_PORT}"
        return Pipelines(url=url, namespace=namespace.name)
