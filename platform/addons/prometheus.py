"""Prometheus, Alertmanager and Grafana."""

from __future__ import annotations

from typing import Annotated

import pulumi_kubernetes as k8s
import pulumi_random as random
from addons._charts import Copies
from addons._mesh_scraping import scraping, wholly
from addons._prometheus_values import GRAFANA_PORT, Sizes, values
from addons.prometheus_api import PrometheusMetrics
from pydantic import Field, PositiveInt

from groundwork.core.amounts import Memory
from groundwork.core.charts import release
from groundwork.core.component import Component
from groundwork.core.config import ByProfile, Config
from groundwork.core.contracts import Cluster, Login, Mesh, NodePools


class PrometheusConfig(Config):
    """What a stack file may say under `prometheus:`."""

    replicas: Copies = Field(description="copies of Prometheus; each scrapes everything on its own")
    alertmanagers: Annotated[PositiveInt, ByProfile("highly_available", {True: 3, False: 1})] = Field(
        description="copies of Alertmanager, which agree among each other on what was sent"
    )
    retention_days: Annotated[PositiveInt, ByProfile("log_retention_days")] = Field(
        description="how long measurements are kept, if the volume holds them"
    )
    storage_gi: Annotated[PositiveInt, ByProfile("size", {"small": 20, "medium": 100, "large": 500})] = Field(
        description="volume of each copy in GiB; it can grow, never shrink"
    )
    memory: Annotated[Memory, ByProfile("size", {"small": "2Gi", "medium": "6Gi", "large": "16Gi"})] = Field(
        description="request and limit of each copy of Prometheus"
    )

    @property
    def sizes(self) -> Sizes:
        """The figures that the values are made of."""
        return Sizes(
            copies=self.replicas,
            alertmanagers=self.alertmanagers,
            memory=self.memory,
            storage_gi=self.storage_gi,
            retention_days=self.retention_days,
        )


class Prometheus(Component[PrometheusConfig]):
    """kube-prometheus-stack: it scrapes and alerts by every monitor and rule of the cluster."""

    single = True

    def build(
        self,
        cluster: Cluster,
        metrics: PrometheusMetrics,
        mesh: Mesh | None,
        login: Login | None,
        pools: NodePools | None,
    ) -> None:
        """Install the chart, with an administrator of Grafana whose password is made once."""
        # The node exporter reads the node's own files and network.
        namespace = cluster.namespace("monitoring", parent=self, security="privileged", mesh=wholly(mesh))
        password = random.RandomPassword(f"{self.name}-grafana-admin", length=32, special=False, opts=self.child())
        admin = k8s.core.v1.Secret(
            f"{self.name}-grafana-admin",
            metadata={"name": "grafana-admin", "namespace": namespace.name},
            string_data={"admin-user": "admin", "admin-password": password.result},
            opts=namespace.options(),
        )
        # The API server asks the operator whether rules are sound, and KEDA asks Prometheus how many copies are wanted.
        operator, server = {"app": "kube-prometheus-stack-operator"}, {"app.kubernetes.io/name": "prometheus"}
        namespace.open("operator-webhook", parent=self, selector=operator, port=10250)
        namespace.open("queries", parent=self, selector=server, port=9090)
        service = f"{self.name}-grafana"
        url = (
            mesh.expose("grafana", parent=self, namespace=namespace, service=service, port=GRAFANA_PORT, login=login)
            if mesh
            else None
        )
        release(
            self.name,
            parent=self,
            chart="kube-prometheus-stack",
            namespace=namespace,
            values=scraping(
                values(
                    self.config.sizes,
                    storage_class=cluster.storage_class,
                    admin_secret="grafana-admin",  # noqa: S106 - the name of a Secret
                    grafana_url=url,
                ),
                mesh,
            ),
            after=[admin],
        )
