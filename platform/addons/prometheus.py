"""Prometheus, Alertmanager and Grafana."""

from __future__ import annotations

from typing import Annotated, Any

import pulumi
import pulumi_kubernetes as k8s
import pulumi_random as random
from addons._alertmanager import WHOSE, platform_spec
from addons._charts import Copies
from addons._grafana_values import GRAFANA_PORT, Grafana, SingleLogin
from addons._mesh_scraping import scraping, wholly
from addons._prometheus_values import Sizes, values
from addons._tenants import close_to_teams
from addons._watch import watch
from addons.prometheus_api import LABELS, NAMESPACE, PrometheusMetrics
from pydantic import Field, PositiveInt, model_validator

from groundwork.core.amounts import Memory
from groundwork.core.charts import release
from groundwork.core.component import Component
from groundwork.core.config import ByProfile, Config
from groundwork.core.contacts import Contact
from groundwork.core.contracts import Cluster, Login, Logs, Mesh, Namespace, NodePools, Priorities
from groundwork.core.forms import Form, Https

_ROUTING = "platform"
_WEBHOOK_PORT = 10250


class RemoteWriteConfig(Config):
    """A second place for all measurements, which keeps them longer than a volume does."""

    url: Https = Field(description="where Prometheus writes")
    secret: str | None = Field(
        default=None, description="a Secret of the namespace monitoring with the keys username and password"
    )
    aws_region: str | None = Field(
        default=None, description="region of an Amazon Managed Service for Prometheus, which asks for signed requests"
    )

    @model_validator(mode="after")
    def _one_way_in(self) -> RemoteWriteConfig:
        if self.secret is not None and self.aws_region is not None:
            raise ValueError("secret and awsRegion: one of them says who writes; leave out the other")
        return self

    @property
    def spec(self) -> dict[str, Any]:
        """As Prometheus' kind has it."""
        if self.aws_region is not None:
            return {"url": self.url, "sigv4": {"region": self.aws_region}}
        if self.secret is not None:
            login = {key: {"name": self.secret, "key": key} for key in ("username", "password")}
            return {"url": self.url, "basicAuth": login}
        return {"url": self.url}


class PrometheusConfig(Config):
    """What a stack file may say under `prometheus:`."""

    replicas: Copies = Field(description="copies of Prometheus; each scrapes everything on its own")
    alertmanagers: Annotated[PositiveInt, ByProfile("highly_available", {True: 3, False: 1})] = Field(
        description="copies of Alertmanager, which agree among each other on what was sent"
    )
    retention_days: Annotated[int, ByProfile("log_retention_days")] = Field(
        ge=1, le=400, description="how long measurements are kept, if the volume holds them; longer: remoteWrites"
    )
    storage_gi: Annotated[PositiveInt, ByProfile("size", {"small": 20, "medium": 100, "large": 500})] = Field(
        description="volume of each copy in GiB; it can grow, never shrink"
    )
    memory: Annotated[Memory, ByProfile("size", {"small": "2Gi", "medium": "6Gi", "large": "16Gi"})] = Field(
        description="request and limit of each copy of Prometheus"
    )
    contacts: tuple[Contact, ...] = Field(
        default=(), description="who is told what no team is; their Secrets lie in the namespace monitoring"
    )
    heartbeat: str | None = Field(
        default=None,
        description="a Secret of the namespace monitoring with the key url: called while alerts can be sent, so that "
        "somebody outside notices when they cannot",
    )
    admins: Annotated[str, Form(r"[\w.-]+", "one group: letters, digits, dots, hyphens", "platform")] = Field(
        default="platform", description="the group of the login whose members administer Grafana"
    )
    remote_writes: tuple[RemoteWriteConfig, ...] = Field(default=(), description="where measurements go besides")

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
        logs: Logs | None,
        priorities: Priorities | None,
        pools: NodePools | None,
    ) -> None:
        """Install the chart, with an administrator of Grafana whose password is made once."""
        self._warn(metrics)
        # The node exporter reads the node's own files and network.
        namespace = cluster.namespace(NAMESPACE, parent=self, security="privileged", mesh=wholly(mesh))
        # The API server asks the operator whether rules are sound, and KEDA asks Prometheus how many copies are wanted.
        operator, server = {"app": "kube-prometheus-stack-operator"}, {"app.kubernetes.io/name": "prometheus"}
        namespace.open("operator-webhook", parent=self, selector=operator, port=10250)
        namespace.open("queries", parent=self, selector=server, port=9090)
        routing = self._routing(namespace)
        url, single = self._expose(namespace, mesh, login)
        release(
            self.name,
            parent=self,
            chart="kube-prometheus-stack",
            namespace=namespace,
            values=scraping(
                values(
                    self.config.sizes,
                    storage_class=cluster.storage_class,
                    grafana=Grafana(
                        admin_secret="grafana-admin",  # noqa: S106 - the name of a Secret
                        url=url,
                        login=single[0] if single else None,
                        logs_url=logs.url if logs else None,
                    ),
                    routing=_ROUTING,
                    mail=metrics.mail,
                    priority=priorities.platform if priorities else "",
                    remote_writes=[write.spec for write in self.config.remote_writes],
                ),
                mesh,
            ),
            after=[self._admin(namespace), routing, *(single[1] if single else ())],
        )
        # Neither Prometheus nor Alertmanager asks who wants to know, or to silence.
        close_to_teams(namespace, open_ports=[_WEBHOOK_PORT])
        for subject in (
            "backups",
            "cluster",
            "cost",
            "teams",
            *(("gpu",) if pools and pools.with_accelerators else ()),
        ):
            watch(subject, metrics, parent=self, namespace=namespace)

    def _warn(self, metrics: PrometheusMetrics) -> None:
        metrics.check(self.config.contacts, f"{self.name}.contacts")
        wakes = any("critical" in contact.severities for contact in self.config.contacts)
        if self.environment.profile.highly_available and not wakes:
            pulumi.log.warn(
                f"{self.name}.contacts: nobody is told of a critical alert of the platform; add one of the kinds "
                "email, pagerduty, slack, webhook",
                self,
            )

    def _routing(self, namespace: Namespace) -> k8s.apiextensions.CustomResource:
        return k8s.apiextensions.CustomResource(
            f"{self.name}-routing",
            api_version="monitoring.coreos.com/v1alpha1",
            kind="AlertmanagerConfig",
            metadata={"name": _ROUTING, "namespace": namespace.name, "labels": {**LABELS, WHOSE: "platform"}},
            spec=platform_spec(self.config.contacts, self.config.heartbeat),
            opts=namespace.options(),
        )

    def _expose(
        self, namespace: Namespace, mesh: Mesh | None, login: Login | None
    ) -> tuple[str | None, tuple[SingleLogin, list[pulumi.Resource]] | None]:
        """Route to Grafana. It asks the login itself where that is known to it, or stands behind its proxy."""
        if mesh is None:
            return None, None
        itself = login is not None and None not in (login.authorize_url, login.token_url, login.userinfo_url)
        url = mesh.expose(
            "grafana",
            parent=self,
            namespace=namespace,
            service=f"{self.name}-grafana",
            port=GRAFANA_PORT,
            login=login,
            asks_itself=itself,
        )
        if login is None or login.authorize_url is None or login.token_url is None or login.userinfo_url is None:
            return url, None
        client = login.client("grafana", parent=self, namespace=namespace, redirect_urls=[f"{url}/login/generic_oauth"])
        single = SingleLogin(
            client_id=client.client_id,
            secret=client.secret,
            authorize_url=login.authorize_url,
            token_url=login.token_url,
            userinfo_url=login.userinfo_url,
            admins=self.config.admins,
        )
        return url, (single, list(client.ready))

    def _admin(self, namespace: Namespace) -> k8s.core.v1.Secret:
        password = random.RandomPassword(f"{self.name}-grafana-admin", length=32, special=False, opts=self.child())
        return k8s.core.v1.Secret(
            f"{self.name}-grafana-admin",
            metadata={"name": "grafana-admin", "namespace": namespace.name},
            string_data={"admin-user": "admin", "admin-password": password.result},
            opts=namespace.options(),
        )
