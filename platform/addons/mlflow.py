"""MLflow: experiment tracking and the model registry.

Native objects, for a reason: the project's own chart is at 0.1 and changes with every release. The exit is that chart,
once it is at 1.0: the Deployment is one object, and all state is in the database and the bucket.
"""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlsplit

import pulumi_kubernetes as k8s
from addons._pods import container_security, pod_security, resources, spread
from addons._watch import watch
from pydantic import Field, PositiveInt

from groundwork.core.amounts import Memory
from groundwork.core.component import Component
from groundwork.core.config import ByProfile, Config
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
    SqlServer,
    Tracking,
)

_PORT = 5000


class MLflowConfig(Config):
    """What a stack file may say under `mlflow:`."""

    replicas: Annotated[PositiveInt, ByProfile("replicas")] = Field(description="copies of the server")
    memory: Annotated[Memory, ByProfile("size", {"small": "1Gi", "medium": "2Gi", "large": "4Gi"})] = Field(
        description="request and limit of each copy"
    )


class MLflow(Component[MLflowConfig]):
    """MLflow tracking server and model registry, on a SQL database and an object store."""

    def build(
        self,
        cluster: Cluster,
        sql: SqlServer,
        objects: ObjectStore,
        mesh: Mesh | None,
        login: Login | None,
        metrics: Metrics | None,
        pools: NodePools | None,
    ) -> Tracking:
        """Make the server, its database and its bucket."""
        namespace = cluster.namespace(self.name, parent=self, mesh=mesh)
        account = namespace.service_account(self.name)
        database = sql.database(self.name, parent=self, namespace=namespace)
        artifacts = objects.bucket(self.name, parent=self, reader_writers=[account])
        labels = {"app.kubernetes.io/name": "mlflow", "app.kubernetes.io/instance": self.name}
        host = namespace.host(self.name)
        public_url = (
            mesh.expose(self.name, parent=self, namespace=namespace, service=self.name, port=_PORT, login=login)
            if mesh
            else None
        )
        hosts = [host, self.name, *([urlsplit(public_url).netloc] if public_url else [])]
        k8s.core.v1.Service(
            f"{self.name}-service",
            metadata={"name": self.name, "namespace": namespace.name, "labels": labels},
            spec={"selector": labels, "ports": [{"name": "http", "port": _PORT, "target_port": "http"}]},
            opts=namespace.options(),
        )
        k8s.apps.v1.Deployment(
            f"{self.name}-server",
            metadata={"name": self.name, "namespace": namespace.name, "labels": labels},
            spec={
                "replicas": self.config.replicas,
                "selector": {"match_labels": labels},
                "template": {
                    "metadata": {"labels": labels},
                    "spec": self._pod(account.name, labels, database, artifacts, hosts),
                },
            },
            opts=namespace.options(depends_on=[*account.resources, *database.ready, *artifacts.ready]),
        )
        self._keep_available(namespace, labels)
        if metrics is not None:
            self._watch(metrics, namespace, labels)
        return Tracking(url=f"http://{host}:{_PORT}", namespace=namespace.name, public_url=public_url)

    def _keep_available(self, namespace: Namespace, labels: dict[str, str]) -> None:
        if self.config.replicas > 1:
            k8s.policy.v1.PodDisruptionBudget(
                f"{self.name}-budget",
                metadata={"name": self.name, "namespace": namespace.name},
                spec={"max_unavailable": 1, "selector": {"match_labels": labels}},
                opts=namespace.options(),
            )

    def _watch(self, metrics: Metrics, namespace: Namespace, labels: dict[str, str]) -> None:
        watch("mlflow", metrics, parent=self, namespace=namespace)
        # What its Deployment says: under its default web server MLflow has no metrics endpoint of its own.
        missing = (
            f'kube_deployment_status_replicas_available{{namespace="{namespace.name}",deployment="{self.name}"}} < 1'
        )
        metrics.alert(
            self.name,
            parent=self,
            namespace=namespace,
            alerts=[
                Alert(
                    name="MLflowDown",
                    expression=missing,
                    after="5m",
                    severity="critical",
                    summary="No copy of the MLflow server is ready: experiments cannot be logged.",
                )
            ],
        )

    def _pod(
        self, account: str, labels: dict[str, str], database: Database, artifacts: Bucket, hosts: list[str]
    ) -> Any:
        probe = {"httpGet": {"path": "/health", "port": "http"}}
        return {
            "serviceAccountName": account,
            "automountServiceAccountToken": False,
            "securityContext": pod_security(1000),
            "topologySpreadConstraints": spread(labels),
            "containers": [
                {
                    "name": "mlflow",
                    "image": self.catalogue.image("mlflow"),
                    "args": [
                        "mlflow",
                        "server",
                        "--host=0.0.0.0",
                        f"--port={_PORT}",
                        "--serve-artifacts",
                        f"--artifacts-destination={artifacts.url}",
                        f"--allowed-hosts={','.join([*hosts, *(f'{host}:{_PORT}' for host in hosts)])}",
                    ],
                    "ports": [{"name": "http", "containerPort": _PORT}],
                    "env": [
                        {
                            "name": "MLFLOW_BACKEND_STORE_URI",
                            "valueFrom": {"secretKeyRef": {"name": database.secret, "key": "uri"}},
                        },
                        *artifacts.environment,
                        {"name": "HOME", "value": "/tmp"},  # noqa: S108 - a path inside the container
                    ],
                    "resources": resources("250m", self.config.memory),
                    "securityContext": container_security(),
                    "startupProbe": {**probe, "periodSeconds": 5, "failureThreshold": 30},
                    "readinessProbe": {**probe, "periodSeconds": 10},
                    "livenessProbe": {**probe, "periodSeconds": 20, "failureThreshold": 3},
                    "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],  # noqa: S108 - inside the container
                }
            ],
            "volumes": [{"name": "tmp", "emptyDir": {}}],
        }
