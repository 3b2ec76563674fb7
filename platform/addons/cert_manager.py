"""cert-manager: TLS certificates that renew themselves."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_kubernetes as k8s
from addons._charts import Copies, budget
from addons._pods import resources
from addons._watch import watch
from addons.cert_manager_api import CertManagerCertificates
from pydantic import Field

from groundwork.core.charts import release
from groundwork.core.component import Component
from groundwork.core.config import Config
from groundwork.core.contracts import Alert, Cluster, Metrics, Namespace, NodePools

_GROUP = "cert-manager.io/v1"


class CertManagerConfig(Config):
    """What a stack file may say under `cert-manager:`."""

    replicas: Copies = Field(description="copies of the controller, of the webhook and of the injector")
    authority: bool = Field(
        default=True, description="make the issuer that certificates are asked of: a CA that only this cluster knows"
    )


def values(config: CertManagerConfig) -> dict[str, Any]:
    """Return the chart's values: https://github.com/cert-manager/cert-manager/tree/v1.21.1/deploy/charts/cert-manager."""
    disruption = {"enabled": config.replicas > 1, **budget(config.replicas)}
    return {
        "crds": {"enabled": False},
        "replicaCount": config.replicas,
        "podDisruptionBudget": disruption,
        "resources": resources("20m", "128Mi", "256Mi"),
        "webhook": {
            "replicaCount": config.replicas,
            "podDisruptionBudget": disruption,
            "resources": resources("20m", "64Mi", "128Mi"),
        },
        # The injector keeps every Secret and webhook configuration of the cluster in memory.
        "cainjector": {
            "replicaCount": config.replicas,
            "podDisruptionBudget": disruption,
            "resources": resources("20m", "256Mi", "512Mi"),
        },
        # The release is done only when the API answers: what is signed next waits for this Job.
        "startupapicheck": {"enabled": True, "resources": resources("10m", "64Mi")},
    }


class CertManager(Component[CertManagerConfig]):
    """cert-manager and, unless the stack names another issuer, a certificate authority for the cluster."""

    single = True

    def build(
        self, cluster: Cluster, certificates: CertManagerCertificates, metrics: Metrics | None, pools: NodePools | None
    ) -> None:
        """Install the chart and the issuer."""
        namespace = cluster.namespace(self.name, parent=self)
        chart = release(self.name, parent=self, chart="cert-manager", namespace=namespace, values=values(self.config))
        if self.config.authority:
            self._authority(namespace, certificates.issuer, chart)
        if metrics is not None:
            self._watch(metrics, namespace)

    def _authority(self, namespace: Namespace, issuer: str, chart: pulumi.Resource) -> None:
        """Make a root that signs itself, and the issuer that signs with it."""
        root = k8s.apiextensions.CustomResource(
            f"{self.name}-root-issuer",
            api_version=_GROUP,
            kind="Issuer",
            metadata={"name": f"{issuer}-root", "namespace": namespace.name},
            spec={"selfSigned": {}},
            opts=namespace.options(depends_on=[chart]),
        )
        authority = k8s.apiextensions.CustomResource(
            f"{self.name}-authority",
            api_version=_GROUP,
            kind="Certificate",
            metadata={"name": f"{issuer}-ca", "namespace": namespace.name},
            spec={
                "isCA": True,
                "commonName": f"{self.environment.prefix} {issuer}",
                "secretName": f"{issuer}-ca",
                "duration": "87600h",
                "renewBefore": "8760h",
                # A new key would make every certificate and every copy of the root worthless at once.
                "privateKey": {"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Never"},
                "issuerRef": {"group": "cert-manager.io", "kind": "Issuer", "name": f"{issuer}-root"},
            },
            opts=namespace.options(depends_on=[chart, root]),
        )
        k8s.apiextensions.CustomResource(
            f"{self.name}-issuer",
            api_version=_GROUP,
            kind="ClusterIssuer",
            metadata={"name": issuer},
            spec={"ca": {"secretName": f"{issuer}-ca"}},
            opts=namespace.options(depends_on=[chart, authority]),
        )

    def _watch(self, metrics: Metrics, namespace: Namespace) -> None:
        watch("certificates", metrics, parent=self, namespace=namespace)
        metrics.scrape(
            self.name,
            parent=self,
            namespace=namespace,
            selector={"app.kubernetes.io/instance": self.name, "app.kubernetes.io/component": "controller"},
            port="http-metrics",
        )
        metrics.alert(
            self.name,
            parent=self,
            namespace=namespace,
            alerts=[
                Alert(
                    name="CertificateExpiresSoon",
                    expression="certmanager_certificate_expiration_timestamp_seconds - time() < 7 * 24 * 3600",
                    after="1h",
                    severity="critical",
                    summary="A certificate expires within seven days, and cert-manager has not renewed it.",
                )
            ],
        )
