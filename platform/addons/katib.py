"""Katib: the search for hyperparameters, from Kubeflow's distribution.

The collectors of metrics and the pods of suggestions that it adds to a trial pass the baseline standard, not the
restricted one: experiments run in the namespaces of Kubeflow's profiles, or report their metrics themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi_kubernetes as k8s
from addons._availability import keep_available, unavailable
from addons._charts import Copies
from addons._kubeflow_values import workload
from addons._pages import expose_page
from addons._pods import resources
from addons._ways_in import pods_of
from addons.katib_api import KatibKinds
from pydantic import Field

from groundwork.core.charts import release
from groundwork.core.component import Component
from groundwork.core.config import Config
from groundwork.core.contracts import (
    Certificates,
    Cluster,
    Login,
    Mesh,
    Metrics,
    Namespace,
    NodePools,
    SqlServer,
    Training,
    Tuning,
)

# Names that upstream's webhooks and other objects have.
_SERVICE, _CERTIFICATE = "katib-controller", "katib-webhook-cert"
_COMPONENT = "katib.kubeflow.org/component"
_PAGE = {_COMPONENT: "ui"}
_MANAGER = {_COMPONENT: "db-manager"}
_CONTROLLER = {_COMPONENT: "controller"}
_PAGE_PORT, _WEBHOOK_PORT, _MANAGER_PORT = 8080, 8443, 6789
_ACCOUNT = "katib-controller"
# Where an experiment's own pods suggest trials, and stop them early.
_SUGGESTIONS = (6789, 6788)


@dataclass(frozen=True, kw_only=True)
class KatibTuning(Tuning):
    """Katib: trials and what suggests them run in the namespace of their experiment."""

    def admit(self, *, parent: Component[Any], namespace: Namespace) -> None:
        """Let trials tell their measurements, and the controller ask what there suggests the next."""
        there = pods_of(self.namespace)
        controller = {**there, "pod_selector": {"match_labels": _CONTROLLER}}
        manager = {**there, "pod_selector": {"match_labels": _MANAGER}}
        namespace.admit(
            f"katib-{namespace.name}", parent=parent, callers=[f"{self.namespace}/{_ACCOUNT}"], ports=_SUGGESTIONS
        )
        k8s.networking.v1.NetworkPolicy(
            f"{parent.name}-{namespace.name}-katib-way",
            metadata={"name": "katib", "namespace": namespace.name},
            spec={
                "pod_selector": {},
                "policy_types": ["Ingress", "Egress"],
                "ingress": [{"from_": [controller], "ports": namespace.arrivals(*_SUGGESTIONS)}],
                "egress": [{"to": [manager], "ports": namespace.arrivals(_MANAGER_PORT)}],
            },
            opts=namespace.options(parent),
        )


class KatibConfig(Config):
    """What a stack file may say under `katib:`."""

    replicas: Copies = Field(description="copies of the page and of what keeps metrics; of the controller there is one")


def values(*, copies: int, database_secret: str, webhook_secret: str, header: str | None) -> dict[str, Any]:
    """Return the values of the chart.

    Args:
        database_secret: host, port, database, username, password and sslmode of a PostgreSQL database.
        webhook_secret: holds the certificate of the webhooks, named as upstream names it.
        header: in which the page finds who asks, and then asks Kubernetes what he may; None lets everybody do all.
    """
    return {
        "database": {"secret": database_secret},
        "webhook": {"certificate": _CERTIFICATE, "secret": webhook_secret},
        "login": {"enabled": header is not None, "header": header or ""},
        "workloads": {
            "katib-controller": workload(resources("100m", "128Mi", "512Mi")),
            "katib-db-manager": workload(resources("50m", "64Mi", "256Mi"), copies, _MANAGER),
            "katib-ui": workload(resources("20m", "64Mi", "256Mi"), copies, _PAGE),
        },
    }


class Katib(Component[KatibConfig]):
    """Katib, with its metrics in a SQL database and its webhooks' certificate from whoever signs them here."""

    single = True

    def build(
        self,
        cluster: Cluster,
        kinds: KatibKinds,
        sql: SqlServer,
        certificates: Certificates,
        # Katib looks only once, when it starts, which kinds of trials there are: TrainJobs have to be there by then.
        training: Training | None,
        mesh: Mesh | None,
        login: Login | None,
        metrics: Metrics | None,
        pools: NodePools | None,
    ) -> Tuning:
        """Make the database and the certificate, then install the chart."""
        namespace = cluster.namespace("katib", parent=self, mesh=mesh)
        # The API server asks the webhook, and trials in people's namespaces tell their measurements.
        namespace.open("webhook", parent=self, selector=_CONTROLLER, port=_WEBHOOK_PORT)
        namespace.open("measurements", parent=self, selector=_MANAGER, port=_MANAGER_PORT)
        database = sql.database("katib", parent=self, namespace=namespace)
        hosts = [f"{_SERVICE}.{namespace.name}.svc", namespace.host(_SERVICE)]
        secret = certificates.certificate(_CERTIFICATE, parent=self, namespace=namespace, dns_names=hosts)
        copies = self.config.replicas
        release(
            "katib",
            parent=self,
            chart="katib",
            namespace=namespace,
            values=values(
                copies=copies,
                database_secret=database.secret,
                webhook_secret=secret,
                header=login.email_header if login else None,
            ),
            after=database.ready,
        )
        for name, labels in (("katib-ui", _PAGE), ("katib-db-manager", _MANAGER)):
            keep_available(name, parent=self, namespace=namespace, labels=labels, copies=copies)
        if metrics is not None:
            metrics.scrape("katib", parent=self, namespace=namespace, selector=_CONTROLLER, port="metrics")
            down = unavailable(
                "KatibDown",
                namespace=namespace.name,
                deployment="katib-controller",
                summary="The controller of Katib is not ready: no experiment goes on, and none can be started.",
            )
            metrics.alert("katib", parent=self, namespace=namespace, alerts=[down])
        page = expose_page(
            "katib",
            parent=self,
            namespace=namespace,
            selector=_PAGE,
            port=_PAGE_PORT,
            mesh=mesh,
            login=login,
        )
        # The page lives below this path, and has nothing at the root.
        return KatibTuning(namespace=namespace.name, public_url=f"{page}/katib/" if page else None)
