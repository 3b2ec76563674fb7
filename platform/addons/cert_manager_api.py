"""The kinds of cert-manager, and certificates by them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi_kubernetes as k8s
from pydantic import Field

from groundwork.core.component import ApiComponent, Component
from groundwork.core.config import Config
from groundwork.core.contracts import Certificates, Cluster, Namespace
from groundwork.core.definitions import install_definitions
from groundwork.core.forms import Label


class CertManagerApiConfig(Config):
    """What a stack file may say under `cert-manager-api:`."""

    issuer: Label = Field(
        default="platform",
        description="the ClusterIssuer that certificates are asked of; cert-manager makes `platform`, a CA of its own",
    )


@dataclass(frozen=True, kw_only=True)
class CertManagerCertificates(Certificates):
    """Certificates by cert-manager.

    Attributes:
        issuer: the ClusterIssuer that signs them.
    """

    issuer: str

    def certificate(self, name: str, *, parent: Component[Any], namespace: Namespace, dns_names: Sequence[str]) -> str:
        """Ask for a certificate; its Secret, `<name>-tls`, is there once cert-manager has it signed."""
        secret = f"{name}-tls"
        k8s.apiextensions.CustomResource(
            f"{parent.name}-{name}-certificate",
            api_version="cert-manager.io/v1",
            kind="Certificate",
            metadata={"name": name, "namespace": namespace.name},
            spec={
                "secretName": secret,
                "dnsNames": list(dns_names),
                "issuerRef": {"group": "cert-manager.io", "kind": "ClusterIssuer", "name": self.issuer},
                "privateKey": {"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Always"},
                "usages": ["digital signature", "server auth"],
            },
            opts=namespace.options(parent),
        )
        return secret


class CertManagerApi(ApiComponent[CertManagerApiConfig]):
    """Certificate, Issuer and the other kinds of cert-manager."""

    def build(self, cluster: Cluster) -> CertManagerCertificates:
        """Install the CRDs."""
        install_definitions(self, cluster, "cert-manager")
        return CertManagerCertificates(issuer=self.config.issuer)
