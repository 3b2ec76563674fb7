"""MLflow: experiment tracking and the model registry.

Native objects, for a reason: the project's own chart is at 0.1 and changes with every release. The exit is that chart,
once it is at 1.0: the Deployment is one object, and all state is in the database and the bucket.

Who may do what: MLflow knows no OpenID Connect. With `access: network` whoever gets through the login proxy, or comes
from a namespace of this platform, sees and changes everything. With `access: teams` MLflow keeps users of its own, each
team has a workspace that no other sees, and people in a browser give that team's password after their login.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import pulumi
import pulumi_kubernetes as k8s
import pulumi_random as random
from addons._availability import unavailable
from addons._backup import Backup, back_up
from addons._follow import FollowConfig, Measures, check_follow, follow
from addons._mlflow_jobs import collect, migrate
from addons._mlflow_pod import ADMIN, PORT, TMP, USER, Server
from addons._mlflow_teams import MLflowTracking
from addons._pods import pod_security, spread
from addons._watch import watch
from pydantic import Field, NonNegativeInt, PositiveInt

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
    Scaling,
    Sizing,
    SqlServer,
    Usage,
)
from groundwork.core.errors import StackError


class MLflowConfig(Config):
    """What a stack file may say under `mlflow:`."""

    replicas: Annotated[PositiveInt, ByProfile("replicas")] = Field(description="copies of the server")
    scaling: FollowConfig | None = Field(default=None, description="more copies under load; none: always as many")
    sizing: Literal["advised", "applied"] = Field(
        default="advised",
        description="in a stack that has a Sizing: whether it only says what a copy should request, or changes it",
    )
    workers: Annotated[PositiveInt, ByProfile("size", {"small": 2, "medium": 4, "large": 8})] = Field(
        description="processes of each copy; each takes about 200Mi, the first one 300Mi more"
    )
    memory: Annotated[Memory, ByProfile("size", {"small": "1Gi", "medium": "2Gi", "large": "4Gi"})] = Field(
        description="request and limit of each copy"
    )
    access: Literal["network", "teams"] = Field(
        default="network",
        description=(
            "network: whoever reaches it may do everything; teams: a workspace and a password for each team. "
            "MLflow refuses to go back from teams to network"
        ),
    )
    clients: tuple[str, ...] = Field(
        default=(), description="namespaces that may call it, besides all that this platform makes"
    )
    trash_days: Annotated[NonNegativeInt, ByProfile("log_retention_days")] = Field(
        description="days after which what users deleted is deleted for good, with its artifacts; 0: never"
    )
    backup_days: Annotated[NonNegativeInt, ByProfile("backup_retention_days")] = Field(
        description="days for which nightly dumps of its database are kept; 0: none are made"
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
        usage: Usage | None,
        scaling: Scaling | None,
        sizing: Sizing | None,
        pools: NodePools | None,
    ) -> MLflowTracking:
        """Make the server, its database and its bucket.

        Raises:
            StackError: nothing in the stack could scale or size it as it says.
        """
        measures = Measures(usage=usage, scaling=scaling, mesh=mesh, metrics=metrics)
        check_follow(self, self.config.scaling, self.config.replicas, measures)
        if sizing is None and self.config.sizing == "applied":
            raise StackError(
                [
                    f"{self.name}.sizing: 'applied', but nothing in this stack finds out sizes; add "
                    "vertical-pod-autoscaler, or leave it out"
                ]
            )
        namespace = cluster.namespace(self.name, parent=self, mesh=mesh)
        account = namespace.service_account(self.name)
        database = sql.database(self.name, parent=self, namespace=namespace)
        artifacts = objects.bucket(self.name, parent=self, reader_writers=[account])
        host = namespace.host(self.name)
        public_url = (
            mesh.expose(self.name, parent=self, namespace=namespace, service=self.name, port=PORT, login=login)
            if mesh
            else None
        )
        auth = self._auth(namespace, database) if self.config.access == "teams" else None
        server = self._server(host, public_url, database, artifacts, auth is not None)
        backup: Backup | None = None
        if self.config.backup_days:
            backup = back_up(
                database,
                parent=self,
                namespace=namespace,
                objects=objects,
                metrics=metrics,
                keep_days=self.config.backup_days,
            )
        migrated = migrate(self.name, server, namespace=namespace, backup=backup, after=database.ready)
        labels = {"app.kubernetes.io/name": "mlflow", "app.kubernetes.io/instance": self.name}
        after = [migrated, *account.resources, *artifacts.ready, *([auth] if auth else [])]
        deployment = self._run(namespace, server, labels, after)
        follow(
            self.name,
            self.config.scaling,
            self.config.replicas,
            measures,
            parent=self,
            namespace=namespace,
            service=self.name,
        )
        if sizing is not None:
            apply = self.config.sizing == "applied"
            sizing.size(self.name, parent=self, namespace=namespace, target=f"Deployment/{self.name}", apply=apply)
        self._close(namespace, labels)
        url = f"http://{host}:{PORT}"
        if self.config.trash_days:
            collect(self.name, server, url=url, days=self.config.trash_days, namespace=namespace, after=deployment)
        if metrics is not None:
            self._watch(metrics, namespace, labels)
        return MLflowTracking(
            url=url,
            namespace=namespace.name,
            public_url=public_url,
            name=self.name,
            image=server.image,
            auth_secret=server.auth_secret,
        )

    def _server(
        self, host: str, public_url: str | None, database: Database, artifacts: Bucket, with_passwords: bool
    ) -> Server:
        short = (self.name, f"{self.name}.{self.name}", f"{self.name}.{self.name}.svc")
        return Server(
            image=self.catalogue.image("mlflow"),
            account=self.name,
            database_secret=database.secret,
            artifacts=artifacts.url,
            artifact_environment=tuple(artifacts.environment),
            hosts=(host, *short, *((urlsplit(public_url).netloc,) if public_url else ())),
            origin=public_url,
            auth_secret=f"{self.name}-auth" if with_passwords else None,
            workers=self.config.workers,
        )

    def _auth(self, namespace: Namespace, database: Database) -> pulumi.Resource:
        """Make the administrator's password and the file that names the users' database: the server's own."""
        password = random.RandomPassword(f"{self.name}-admin", length=32, special=False, opts=self.stateful())
        # Signs the forms of the page: every copy must have the same.
        key = random.RandomPassword(f"{self.name}-secret-key", length=64, special=False, opts=self.stateful())
        settings = pulumi.Output.format(
            "[mlflow]\ndefault_permission = READ\ndatabase_uri = {0}\nadmin_username = {1}\n"
            "authorization_function = mlflow.server.auth:authenticate_request_basic_auth\n",
            database.uri,
            ADMIN,
        )
        secret: pulumi.Resource = k8s.core.v1.Secret(
            f"{self.name}-auth",
            metadata={"name": f"{self.name}-auth", "namespace": namespace.name},
            string_data={
                "basic_auth.ini": settings,
                "username": ADMIN,
                "password": password.result,
                "secret-key": key.result,
            },
            opts=namespace.options(),
        )
        return secret

    def _run(
        self, namespace: Namespace, server: Server, labels: dict[str, str], after: list[pulumi.Resource]
    ) -> pulumi.Resource:
        k8s.core.v1.Service(
            f"{self.name}-service",
            metadata={"name": self.name, "namespace": namespace.name, "labels": labels},
            spec={"selector": labels, "ports": [{"name": "http", "port": PORT, "target_port": "http"}]},
            opts=namespace.options(),
        )
        deployment: pulumi.Resource = k8s.apps.v1.Deployment(
            f"{self.name}-server",
            metadata={"name": self.name, "namespace": namespace.name, "labels": labels},
            spec={
                # Said here as well, every `up` would undo what the autoscaler did.
                **({"replicas": self.config.replicas} if self.config.scaling is None else {}),
                "selector": {"match_labels": labels},
                "template": {"metadata": {"labels": labels}, "spec": self._pod(server, labels)},
            },
            opts=namespace.options(depends_on=after),
        )
        if self.config.replicas > 1:
            k8s.policy.v1.PodDisruptionBudget(
                f"{self.name}-budget",
                metadata={"name": self.name, "namespace": namespace.name},
                spec={"max_unavailable": 1, "selector": {"match_labels": labels}},
                opts=namespace.options(),
            )
        return deployment

    def _close(self, namespace: Namespace, labels: dict[str, str]) -> None:
        """Let in the namespaces that this platform makes, among them the gateway's and the teams', and no other."""
        platform = {"match_expressions": [{"key": "app.kubernetes.io/part-of", "operator": "Exists"}]}
        callers: list[Any] = [{"namespace_selector": platform}]
        if self.config.clients:
            names = {"key": "kubernetes.io/metadata.name", "operator": "In", "values": list(self.config.clients)}
            callers.append({"namespace_selector": {"match_expressions": [names]}})
        k8s.networking.v1.NetworkPolicy(
            f"{self.name}-callers",
            metadata={"name": f"{self.name}-callers", "namespace": namespace.name},
            spec={
                "pod_selector": {"match_labels": labels},
                "policy_types": ["Ingress"],
                "ingress": [{"from_": callers, "ports": namespace.arrivals(PORT)}],
            },
            opts=namespace.options(),
        )

    def _watch(self, metrics: Metrics, namespace: Namespace, labels: dict[str, str]) -> None:
        watch("mlflow", metrics, parent=self, namespace=namespace)
        alerts = [
            unavailable(
                "MLflowDown",
                namespace=namespace.name,
                deployment=self.name,
                severity="critical",
                summary="No copy of the MLflow server is ready: experiments cannot be logged.",
            )
        ]
        # With users of its own MLflow asks for a password at /metrics too, and Prometheus has none.
        if self.config.access == "network":
            metrics.scrape(self.name, parent=self, namespace=namespace, selector=labels, port="http")
            total = f'rate(mlflow_http_request_total{{namespace="{namespace.name}"}}[5m])'
            failed = total.replace("}", ',status=~"5.."}')
            alerts.append(
                Alert(
                    name="MLflowFails",
                    expression=f"sum({failed}) / sum({total}) > 0.05",
                    after="10m",
                    severity="warning",
                    summary="MLflow answers more than one request in twenty with an error of its own.",
                )
            )
        metrics.alert(self.name, parent=self, namespace=namespace, alerts=alerts)

    def _pod(self, server: Server, labels: dict[str, str]) -> Any:
        probe = {"httpGet": {"path": "/health", "port": "http"}}
        auth = server.auth_secret
        files = {
            "secret": {
                "secretName": auth,
                "defaultMode": 0o440,
                "items": [{"key": "basic_auth.ini", "path": "basic_auth.ini"}],
            }
        }
        return {
            "serviceAccountName": server.account,
            "automountServiceAccountToken": False,
            "securityContext": pod_security(USER),
            "topologySpreadConstraints": spread(labels),
            "containers": [
                server.container(
                    "mlflow",
                    environment=server.server_environment,
                    memory=self.config.memory,
                    mounts=[{"name": "auth", "mountPath": "/etc/mlflow-auth", "readOnly": True}] if auth else [],
                    args=server.arguments,
                    ports=[{"name": "http", "containerPort": PORT}],
                    startupProbe={**probe, "periodSeconds": 5, "failureThreshold": 60},
                    readinessProbe={**probe, "periodSeconds": 10},
                    livenessProbe={**probe, "periodSeconds": 20, "failureThreshold": 3},
                )
            ],
            "volumes": [TMP, *([{"name": "auth", **files}] if auth else [])],
        }
