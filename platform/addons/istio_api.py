"""The kinds of Istio, and the way in by them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pulumi_kubernetes as k8s
from pydantic import Field

from groundwork.core.component import ApiComponent, Component
from groundwork.core.config import Config
from groundwork.core.contracts import Certificates, Cluster, Login, Mesh, Namespace
from groundwork.core.definitions import install_definitions

_DOMAIN = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+"


class IstioApiConfig(Config):
    """What a stack file may say under `istio-api:`."""

    domain: str = Field(
        default="platform.internal",
        pattern=_DOMAIN,
        description="under which everything is exposed: `grafana.<domain>`",
    )


@dataclass(frozen=True, kw_only=True)
class IstioMesh(Mesh):
    """Istio, with one gateway.

    Attributes:
        scheme: https where somebody signs the gateway's certificate.
        gateway_namespace: where the gateway runs, under a service account of the gateway's name.
        gateway: name of the gateway, its Service and its service account.
        trust_domain: of the mesh's identities.
    """

    scheme: Literal["http", "https"]
    gateway_namespace: str = "istio-ingress"
    gateway: str = "istio-ingress"
    trust_domain: str = "cluster.local"

    @property
    def principal(self) -> str:
        """Who the gateway is to what it calls."""
        return f"{self.trust_domain}/ns/{self.gateway_namespace}/sa/{self.gateway}"

    def expose(
        self,
        name: str,
        *,
        parent: Component[Any],
        namespace: Namespace,
        service: str,
        port: int,
        login: Login | None,
        paths: Sequence[str] = ("/",),
        shares: Mapping[str, int] | None = None,
    ) -> str:
        """Route to a Service whose pods listen at the same port, and close that port to other namespaces.

        The policy is Istio's: it binds pods that are in the mesh. Other ports of the namespace stay as they are.
        """
        host = f"{name}.{self.domain}"
        k8s.apiextensions.CustomResource(
            f"{parent.name}-{name}-route",
            api_version="networking.istio.io/v1",
            kind="VirtualService",
            metadata={"name": name, "namespace": namespace.name},
            spec={
                "hosts": [host],
                "gateways": [f"{self.gateway_namespace}/{self.gateway}"],
                "http": [
                    {
                        "match": [{"uri": {"prefix": path}} for path in paths],
                        "route": _destinations(namespace, service, port, shares or {}),
                    }
                ],
            },
            opts=namespace.options(parent),
        )
        others = {"notPrincipals": [self.principal], "notNamespaces": [namespace.name]}
        k8s.apiextensions.CustomResource(
            f"{parent.name}-{name}-access",
            api_version="security.istio.io/v1",
            kind="AuthorizationPolicy",
            metadata={"name": f"{name}-from-gateway", "namespace": namespace.name},
            # A DENY of all others: an ALLOW would close every other port of the namespace as well.
            spec={
                "action": "DENY",
                "rules": [{"from": [{"source": others}], "to": [{"operation": {"ports": [str(port)]}}]}],
            },
            opts=namespace.options(parent),
        )
        return f"{self.scheme}://{host}"

    def request_rate(self, namespace: Namespace, services: Sequence[str]) -> str:
        """Count at the caller: what no pod is there to answer is counted there alone."""
        hosts = "|".join(namespace.host(service).replace(".", "[.]") for service in services)
        return f'sum(rate(istio_requests_total{{reporter="source",destination_service=~"{hosts}"}}[2m]))'


def _destinations(namespace: Namespace, service: str, port: int, shares: Mapping[str, int]) -> list[dict[str, Any]]:
    def to(name: str) -> dict[str, Any]:
        return {"destination": {"host": namespace.host(name), "port": {"number": port}}}

    if not shares:
        return [to(service)]
    weights = {service: 100 - sum(shares.values()), **shares}
    return [{**to(name), "weight": weight} for name, weight in weights.items()]


class IstioApi(ApiComponent[IstioApiConfig]):
    """VirtualService, Gateway, AuthorizationPolicy and the other kinds of Istio."""

    def build(self, cluster: Cluster, certificates: Certificates | None) -> IstioMesh:
        """Install the CRDs."""
        install_definitions(self, cluster, "istio")
        return IstioMesh(domain=self.config.domain, scheme="https" if certificates else "http")
