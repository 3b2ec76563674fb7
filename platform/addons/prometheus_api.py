"""The kinds of the Prometheus operator, and measuring, showing and alerting by them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi_kubernetes as k8s
from addons._alertmanager import WHOSE, namespace_spec
from addons._grafana import FOLDER, LABEL, page
from addons._mesh_scraping import endpoint
from pydantic import Field

from groundwork.core.component import ApiComponent, Component
from groundwork.core.config import Config
from groundwork.core.contacts import Contact
from groundwork.core.contracts import Alert, Cluster, Dashboard, Metrics, Namespace
from groundwork.core.definitions import install_definitions
from groundwork.core.errors import StackError
from groundwork.core.forms import Email, Host

_GROUP = "monitoring.coreos.com"
# The stack's Prometheus selects every monitor and rule; other installations select by this label of their release.
LABELS = {"release": "prometheus"}
# Who scrapes, where a mesh lets only those in whom it knows: the account that the chart gives Prometheus.
SCRAPER = "monitoring/prometheus-kube-prometheus-prometheus"
NAMESPACE = "monitoring"


class MailConfig(Config):
    """The server that takes alerts by e-mail."""

    host: Host = Field(description="its name")
    port: int = Field(default=587, ge=1, le=65535, description="where it speaks SMTP with STARTTLS")
    sender: Email = Field(description="address that alerts come from")
    user: str | None = Field(default=None, description="who logs in; none: the server asks nobody")
    secret: str | None = Field(
        default=None, description="a Secret of the namespace monitoring with the key password of that user"
    )


class PrometheusApiConfig(Config):
    """What a stack file may say under `prometheus-api:`."""

    mail: MailConfig | None = Field(default=None, description="needed by contacts of the kind email")


@dataclass(frozen=True, kw_only=True)
class PrometheusMetrics(Metrics):
    """Measuring by the Prometheus operator's kinds.

    Attributes:
        mail: the settings of `MailConfig`, None where nobody can be told by e-mail.
    """

    namespace: str = NAMESPACE
    # The operator's own Service, which every Prometheus of the namespace is behind.
    url: str = f"http://prometheus-operated.{NAMESPACE}.svc.cluster.local:9090"
    mail: Mapping[str, Any] | None = None

    def scrape(
        self,
        name: str,
        *,
        parent: Component[Any],
        namespace: Namespace,
        selector: Mapping[str, str],
        port: str,
        path: str = "/metrics",
    ) -> None:
        """Make a ServiceMonitor."""
        k8s.apiextensions.CustomResource(
            f"{parent.name}-{name}-monitor",
            api_version=f"{_GROUP}/v1",
            kind="ServiceMonitor",
            metadata={"name": name, "namespace": namespace.name, "labels": LABELS},
            spec={
                "selector": {"matchLabels": dict(selector)},
                "namespaceSelector": {"matchNames": [namespace.name]},
                "endpoints": [{"port": port, "path": path, **endpoint(namespace)}],
            },
            opts=namespace.options(parent),
        )
        namespace.admit(f"{name}-scrape", parent=parent, callers=[SCRAPER])

    def alert(self, name: str, *, parent: Component[Any], namespace: Namespace, alerts: Sequence[Alert]) -> None:
        """Make a PrometheusRule."""
        k8s.apiextensions.CustomResource(
            f"{parent.name}-{name}-alerts",
            api_version=f"{_GROUP}/v1",
            kind="PrometheusRule",
            metadata={"name": name, "namespace": namespace.name, "labels": LABELS},
            spec={"groups": [{"name": f"{parent.name}.{name}", "rules": [_rule(alert) for alert in alerts]}]},
            opts=namespace.options(parent),
        )

    def dashboard(self, name: str, *, parent: Component[Any], namespace: Namespace, dashboard: Dashboard) -> None:
        """Make a ConfigMap, which Grafana's sidecar finds in whatever namespace it is."""
        uid = f"{parent.name}-{name}" if name != parent.name else name
        if len(uid) > 40:
            raise StackError([f"{parent.name}: a dashboard cannot be called {uid!r}: more than 40 characters"])
        k8s.core.v1.ConfigMap(
            f"{uid}-dashboard",
            metadata={
                "name": f"dashboard-{uid}",
                "namespace": namespace.name,
                "labels": {LABEL: "1"},
                "annotations": {FOLDER: dashboard.folder},
            },
            data={f"{uid}.json": page(dashboard, uid)},
            opts=namespace.options(parent),
        )

    def notify(self, *, parent: Component[Any], namespace: Namespace, contacts: Sequence[Contact]) -> None:
        """Make an AlertmanagerConfig, which the operator limits to alerts of its own namespace.

        Raises:
            StackError: where a contact is told by e-mail, and no server takes it.
        """
        self.check(contacts, f"{parent.name}: the contacts of {namespace.name}")
        k8s.apiextensions.CustomResource(
            f"{parent.name}-{namespace.name}-contacts",
            api_version=f"{_GROUP}/v1alpha1",
            kind="AlertmanagerConfig",
            metadata={"name": "contacts", "namespace": namespace.name, "labels": {**LABELS, WHOSE: "namespace"}},
            spec=namespace_spec(contacts),
            opts=namespace.options(parent),
        )

    def check(self, contacts: Sequence[Contact], whose: str) -> None:
        """Refuse what nothing could deliver.

        Raises:
            StackError: where a contact is told by e-mail, and no server takes it.
        """
        if self.mail is None and any(contact.kind == "email" for contact in contacts):
            raise StackError([f"{whose}: email needs a server; set prometheus-api.mail with host and sender"])


def _rule(alert: Alert) -> dict[str, Any]:
    notes = {"summary": alert.summary, **({"runbook": alert.runbook} if alert.runbook else {})}
    return {
        "alert": alert.name,
        "expr": alert.expression,
        "for": alert.after,
        "labels": {"severity": alert.severity},
        "annotations": notes,
    }


class PrometheusApi(ApiComponent[PrometheusApiConfig]):
    """ServiceMonitor, PrometheusRule, AlertmanagerConfig and the other kinds of the Prometheus operator."""

    def build(self, cluster: Cluster) -> PrometheusMetrics:
        """Install the CRDs."""
        mail = self.config.mail
        if mail is not None and (mail.user is None) != (mail.secret is None):
            raise StackError([f"{self.name}.mail: user and secret belong together; give both, or neither"])
        install_definitions(self, cluster, "prometheus")
        return PrometheusMetrics(mail=mail.model_dump() if mail else None)
