"""cert-manager: TLS certificates that renew themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
from addons._cert_manager_values import ACCOUNT, AcmeConfig, CertManagerConfig, CompanyConfig, statements, values
from addons._cloud_controller import region_and_account
from addons._watch import watch
from addons.cert_manager_api import CertManagerCertificates

from groundwork.core.charts import release
from groundwork.core.component import Component
from groundwork.core.contracts import (
    Alert,
    CloudIdentity,
    Cluster,
    HostedZones,
    Metrics,
    Namespace,
    NodePools,
    Secrets,
)
from groundwork.core.errors import StackError
from groundwork.core.regions import partition_of

_GROUP = "cert-manager.io/v1"


class CertManager(Component[CertManagerConfig]):
    """cert-manager and, unless the stack names another issuer, a certificate authority for the cluster."""

    single = True
    operates = CertManagerCertificates

    def build(
        self,
        cluster: Cluster,
        certificates: CertManagerCertificates,
        identity: CloudIdentity | None,
        hosted: HostedZones | None,
        secrets: Secrets | None,
        metrics: Metrics | None,
        pools: NodePools | None,
    ) -> None:
        """Install the chart and the issuer."""
        namespace = cluster.namespace(self.name, parent=self)
        zones = self._zones(hosted)
        granted = self._grant(namespace, identity, zones)
        chart = release(
            self.name,
            parent=self,
            chart="cert-manager",
            namespace=namespace,
            values=values(self.config),
            accounts={"serviceAccount": namespace.chart_account(ACCOUNT)},
            after=granted,
        )
        issuer = certificates.issuer
        if self.config.acme is not None:
            self._issuer(namespace, issuer, {"acme": self._acme(self.config.acme, issuer, zones)}, [chart])
        elif self.config.company is not None:
            ready = self._company(namespace, issuer, self.config.company, secrets)
            self._issuer(namespace, issuer, {"ca": {"secretName": f"{issuer}-ca"}}, [chart, *ready])
        elif self.config.makes_authority:
            authority = self._authority(namespace, issuer, chart)
            self._issuer(namespace, issuer, {"ca": {"secretName": f"{issuer}-ca"}}, [chart, authority])
        if metrics is not None:
            self._watch(metrics, namespace)

    def _zones(self, hosted: HostedZones | None) -> dict[str, pulumi.Input[str]]:
        """Return where an ACME server is answered: it asks as the internet does, so in public zones."""
        if self.config.acme is None:
            return {}
        made = {} if hosted is None else {name: hosted.id_of(name) for name in hosted.public}
        zones: dict[str, pulumi.Input[str]] = {**made, **self.config.acme.zones}
        if not zones:
            raise StackError(
                [
                    f"{self.name}.acme: no zone to answer in: add route53 with a public zone to this stack, or set "
                    f"{self.name}.acme.zones: {{example.com: Z0123456789ABCDEFGHIJ}}"
                ]
            )
        return zones

    def _grant(
        self, namespace: Namespace, identity: CloudIdentity | None, zones: Mapping[str, pulumi.Input[str]]
    ) -> list[pulumi.Resource]:
        """Let it answer in Route 53 where the issuer is an ACME server."""
        if self.config.acme is None:
            return []
        region, _ = region_and_account(self, "answers ACME in Route 53")
        if identity is None:
            raise StackError(
                [
                    f"{self.name}.acme: it is answered in Route 53, and nobody here gives pods an identity in AWS: add "
                    "eks to this stack, or import a stack that has it"
                ]
            )
        account, allowed = namespace.chart_account(ACCOUNT), statements(zones, partition_of(region))
        return identity.grant("acme", parent=self, account=account, statements=allowed)

    def _acme(self, acme: AcmeConfig, issuer: str, zones: Mapping[str, pulumi.Input[str]]) -> dict[str, Any]:
        region, _ = region_and_account(self, "answers ACME in Route 53")
        return {
            "email": acme.email,
            "server": acme.server,
            "privateKeySecretRef": {"name": f"{issuer}-acme"},
            "solvers": [
                {
                    "selector": {"dnsZones": [domain]},
                    "dns01": {"route53": {"region": region, "hostedZoneID": zone}},
                }
                for domain, zone in sorted(zones.items(), key=lambda item: item[0])
            ],
        }

    def _company(
        self, namespace: Namespace, issuer: str, company: CompanyConfig, secrets: Secrets | None
    ) -> Sequence[pulumi.Resource]:
        keys = {"tls.crt": company.certificate, "tls.key": company.key}
        if secrets is None:
            raise StackError(
                [
                    f"{self.name}.company: the secret {name!r} is kept outside this program, and nothing here reads "
                    "it: add external-secrets to this stack"
                    for name in dict.fromkeys(key.name for key in keys.values())
                ]
            )
        return secrets.secret(f"{issuer}-ca", parent=self, namespace=namespace, keys=keys).ready

    def _issuer(
        self, namespace: Namespace, issuer: str, spec: dict[str, Any], after: Sequence[pulumi.Resource]
    ) -> None:
        k8s.apiextensions.CustomResource(
            f"{self.name}-issuer",
            api_version=_GROUP,
            kind="ClusterIssuer",
            metadata={"name": issuer},
            spec=spec,
            opts=namespace.options(depends_on=after),
        )

    def _authority(self, namespace: Namespace, issuer: str, chart: pulumi.Resource) -> k8s.apiextensions.CustomResource:
        """Make a root that signs itself, and what the issuer signs with."""
        root = k8s.apiextensions.CustomResource(
            f"{self.name}-root-issuer",
            api_version=_GROUP,
            kind="Issuer",
            metadata={"name": f"{issuer}-root", "namespace": namespace.name},
            spec={"selfSigned": {}},
            opts=namespace.options(depends_on=[chart]),
        )
        return k8s.apiextensions.CustomResource(
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
                ),
                Alert(
                    name="CertificateNotRenewed",
                    expression=(
                        "certmanager_certificate_renewal_timestamp_seconds > 0 "
                        "and time() - certmanager_certificate_renewal_timestamp_seconds > 24 * 3600"
                    ),
                    after="1h",
                    severity="warning",
                    summary="A certificate should have been renewed a day ago.",
                ),
                Alert(
                    name="CertManagerDown",
                    expression=f'absent(up{{namespace="{namespace.name}"}} == 1)',
                    after="15m",
                    severity="critical",
                    summary="cert-manager does not answer: no certificate is renewed.",
                ),
            ],
        )
