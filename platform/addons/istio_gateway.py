"""A gateway of Istio's mesh: a way in, with a name, a domain and an address of its own."""

from __future__ import annotations

import ipaddress
from typing import Annotated, Any, Literal

import pulumi
import pulumi_kubernetes as k8s
from addons._charts import Copies
from addons._istio_config import MAIN
from addons._istio_login import believe_nobody
from addons._istio_routes import GATEWAY_API, Way, gateway, to_https
from addons._istio_values import gateway_values
from addons._istio_watch import gateway_alerts, metrics_service
from addons.istio import IstioControl
from addons.istio_api import IstioMesh
from pydantic import AfterValidator, Field, PositiveInt

from groundwork.core.charts import release
from groundwork.core.component import Component, Former
from groundwork.core.config import Config
from groundwork.core.contracts import (
    Balancers,
    Certificates,
    Cluster,
    Gateway,
    LoadBalancerCertificates,
    Login,
    Metrics,
    Namespace,
    NodePools,
)
from groundwork.core.errors import StackError

GATEWAY = "the gateway"
"""The kind of claim that each gateway is."""


def _range(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text))
    except ValueError:
        raise ValueError(f"{text!r} is no range of addresses; an example is 203.0.113.0/24") from None


class IstioGatewayConfig(Config):
    """What a stack file may say under `istio-gateway:`; its domain stands under `istio-api:`, where routes find it."""

    replicas: Copies = Field(description="copies, at least")
    max_replicas: PositiveInt = Field(default=5, description="copies under load, at most")
    reached_from: Literal["internal", "internet"] | None = Field(
        default=None,
        description="the network itself, or the internet too; by default as the load balancers' controller says",
    )
    allowed_ranges: tuple[Annotated[str, AfterValidator(_range)], ...] = Field(
        default=(), description="addresses that its load balancer lets in, such as 203.0.113.0/24; all by default"
    )
    tls: Literal["gateway", "load-balancer"] = Field(
        default="gateway",
        description="whose certificate callers see: the gateway's own, or one of the cloud's that its load balancer "
        "shows (`acm`), which speaks TLS to the gateway all the same",
    )


class IstioGateway(Component[IstioGatewayConfig]):
    """Envoys at the border of the mesh, and the certificate of their domain."""

    def build(
        self,
        cluster: Cluster,
        mesh: IstioMesh,
        control: IstioControl,
        certificates: Certificates | None,
        login: Login | None,
        balancers: Balancers | None,
        shown: LoadBalancerCertificates | None,
        metrics: Metrics | None,
        pools: NodePools | None,
    ) -> Gateway:
        """Install the chart; it waits for the control plane, whose webhook puts its image in."""
        self._main = self.name not in mesh.further
        self._before = control.instance
        self._check(mesh, balancers, reachable := balancers is not None or cluster.load_balancers)
        way = mesh.first if self._main else mesh.way(self.name)
        tls = self._shown(way, balancers, shown, certificates)
        self.claim(f"{GATEWAY} {way.name}", f"name each other one under istio-api.gateways: {self.name}")
        namespace = cluster.within(way.namespace, parent=self)
        if login is not None:
            believe_nobody(login, parent=self, ingress=namespace, gateway=way.name)
        values = gateway_values(
            way.name,
            self.config.replicas,
            self.config.max_replicas,
            "LoadBalancer" if reachable else "ClusterIP",
            balancers.load_balancer_class if balancers else None,
            {**self._annotations(balancers), **tls},
            self.config.allowed_ranges,
        )
        envoys = release(way.name, parent=self, chart="istio-gateway", namespace=namespace, values=values)
        secret = (
            certificates.certificate("gateway", parent=self, namespace=namespace, dns_names=[f"*.{way.domain}"])
            if certificates
            else None
        )
        self._listen(mesh, way, namespace, secret, envoys)
        if metrics is not None:
            selector = metrics_service(
                f"{way.name}-metrics", parent=self, namespace=namespace, pods={"app": way.name}, port=15020
            )
            metrics.scrape(
                way.name, parent=self, namespace=namespace, selector=selector, port="metrics", path="/stats/prometheus"
            )
            metrics.alert(way.name, parent=self, namespace=namespace, alerts=gateway_alerts(way.name, namespace.name))
        return Gateway(
            name=way.name, namespace=way.namespace, domain=way.domain, gateway_api=mesh.routes == "gateway-api"
        )

    def former(self, child: str) -> Former | None:
        """Name the children that were `istio`'s, when it had the one gateway there was."""
        suffix = child.removeprefix(f"{self.name}-")
        if self._main and suffix in (MAIN, "gateway", "gateway-certificate"):
            return Former("Istio", self._before, f"{self._before}-{suffix}")
        return None

    def _check(self, mesh: IstioMesh, balancers: Balancers | None, reachable: bool) -> None:
        problems = []
        if self.config.max_replicas < self.config.replicas:
            problems.append(
                f"{self.name}.maxReplicas: {self.config.max_replicas}, but replicas is {self.config.replicas}; "
                "at most cannot be less than at least"
            )
        if self.config.reached_from is not None and balancers is None:
            problems.append(
                f"{self.name}.reachedFrom: {self.config.reached_from!r}, but nothing in this stack makes load "
                "balancers; add `load-balancer-controller: {}`, or leave it out"
            )
        if self.config.allowed_ranges and not reachable:
            problems.append(f"{self.name}.allowedRanges: no load balancer stands before this gateway; leave it out")
        if problems:
            raise StackError(problems)

    def _annotations(self, balancers: Balancers | None) -> dict[str, str]:
        if balancers is None:
            return {}
        chosen = self.config.reached_from
        return balancers.annotations if chosen is None else balancers.reached_from[chosen]

    def _shown(
        self,
        way: Way,
        balancers: Balancers | None,
        shown: LoadBalancerCertificates | None,
        certificates: Certificates | None,
    ) -> dict[str, Any]:
        """Return what has the load balancer show a certificate; the ARN alone is known only later."""
        if self.config.tls == "gateway":
            return {}
        path, names = f"{self.name}.tls: 'load-balancer', but", f"*.{way.domain}"
        found = None if shown is None else shown.covering(names)
        problems = []
        if balancers is None:
            problems.append(
                f"{path} nothing in this stack makes load balancers; add `load-balancer-controller: {{}}`, or leave it "
                "out"
            )
        if shown is None:
            problems.append(f"{path} nothing in this stack has certificates for one; add `acm: {{}}`, or leave it out")
        elif found is None:
            known = ", ".join(sorted({name for own in shown.names.values() for name in own}))
            problems.append(f"{path} no certificate is for {names}, only for {known}; add one, or leave it out")
        if certificates is None:
            problems.append(
                f"{path} it speaks TLS to the gateway, which has no certificate; add `cert-manager: {{}}`, or leave it "
                "out"
            )
        if problems or balancers is None or shown is None or found is None:
            raise StackError(problems)
        return {**balancers.tls, balancers.certificate: shown.arn_of(found)}

    def _listen(
        self, mesh: IstioMesh, way: Way, namespace: Namespace, secret: str | None, envoys: pulumi.Resource
    ) -> None:
        behind = self.config.tls == "load-balancer"
        version, kind, spec = gateway(mesh.routes, way, secret, behind_tls=behind)
        listening = k8s.apiextensions.CustomResource(
            f"{self.name}-gateway",
            api_version=version,
            kind=kind,
            metadata={"name": way.name, "namespace": namespace.name},
            spec=spec,
            opts=namespace.options(depends_on=[envoys]),
        )
        if mesh.routes == "gateway-api" and secret is not None:
            k8s.apiextensions.CustomResource(
                f"{self.name}-to-https",
                api_version=GATEWAY_API,
                kind="HTTPRoute",
                metadata={"name": "to-https", "namespace": namespace.name},
                spec=to_https(way),
                opts=namespace.options(depends_on=[listening]),
            )
