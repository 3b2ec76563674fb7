"""The kinds of Istio, and the way in by them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pulumi_kubernetes as k8s
from addons._istio_login import ask_first
from pydantic import Field

from groundwork.core.component import ApiComponent, Component
from groundwork.core.config import Config
from groundwork.core.contracts import Certificates, Cluster, Login, Mesh, Namespace
from groundwork.core.definitions import install_definitions
from groundwork.core.errors import StackError

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
        gateway_namespace: where the gateway runs, under a service account of the gateway's name. It is there before
            the gateway: what is asked before a page is an object in it.
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
        public: bool = False,
        paths: Sequence[str] = ("/",),
    ) -> str:
        """Route to a Service whose pods listen at the same port, and close that port to other namespaces.

        The policy is Istio's: it binds pods that are in the mesh. Other ports of the namespace stay as they are.

        Raises:
            StackError: where there is no login, and it is not said to be public.
        """
        if login is None and not public:
            raise StackError(
                [f"{parent.name} would be open to everybody who reaches the gateway: add login to this stack"]
            )
        host = f"{name}.{self.domain}"
        if login is not None:
            ingress = namespace.cluster.within(self.gateway_namespace, parent=parent)
            ask_first(host, login, name=name, parent=parent, ingress=ingress, gateway=self.gateway)
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
                        "route": [
                            {
                                "destination": {
                                    "host": namespace.host(service),
                                    "port": {"number": port},
                                }
                            }
                        ],
                    }
                ],
            },
            opts=namespace.options(parent),
        )
        if public:
            return f"{self.scheme}://{host}"
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


class IstioApi(ApiComponent[IstioApiConfig]):
    """VirtualService, Gateway, AuthorizationPolicy and the other kinds of Istio, and the place of the gateway."""

    def build(self, cluster: Cluster, certificates: Certificates | None) -> IstioMesh:
        """Install the CRDs, and make the gateway's namespace."""
        install_definitions(self, cluster, "istio")
        mesh = IstioMesh(domain=self.config.domain, scheme="https" if certificates else "http")
        cluster.namespace(mesh.gateway_namespace, parent=self)
        return mesh
