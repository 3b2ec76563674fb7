"""Istio: the mesh's control plane and its gateway."""

from __future__ import annotations

from typing import Any, Literal

import pulumi
import pulumi_kubernetes as k8s
from addons._charts import Copies
from addons._istio_values import base_values, cni_values, gateway_values, istiod_values
from addons._watch import watch
from addons.istio_api import IstioMesh
from pydantic import Field

from groundwork.core.charts import release
from groundwork.core.component import Component
from groundwork.core.config import Config
from groundwork.core.contracts import Balancers, Certificates, Cluster, Metrics, Namespace, NodePools


class IstioConfig(Config):
    """What a stack file may say under `istio:`."""

    replicas: Copies = Field(description="copies of the control plane and of the gateway, at least")
    platform: Literal["gke", "k3d", "k3s", "microk8s", "minikube", "openshift"] | None = Field(
        default=None, description="a distribution that keeps its CNI elsewhere; none on EKS"
    )


class Istio(Component[IstioConfig]):
    """istiod, the node agent and one gateway; what is in the mesh speaks mutual TLS only."""

    single = True

    def build(
        self,
        cluster: Cluster,
        mesh: IstioMesh,
        certificates: Certificates | None,
        balancers: Balancers | None,
        metrics: Metrics | None,
        pools: NodePools | None,
    ) -> None:
        """Install the four charts in Istio's order, then what they serve."""
        system = cluster.namespace("istio-system", parent=self)
        # It writes the nodes' CNI configuration: nothing less than privileged lets it.
        node = cluster.namespace("istio-cni", parent=self, security="privileged")
        ingress = cluster.namespace(mesh.gateway_namespace, parent=self)
        platform, copies = self.config.platform, self.config.replicas
        base = release("istio-base", parent=self, chart="istio-base", namespace=system, values=base_values())
        agent = release("istio-cni", parent=self, chart="istio-cni", namespace=node, values=cni_values(platform))
        control = release(
            "istiod",
            parent=self,
            chart="istiod",
            namespace=system,
            values=istiod_values(copies, platform),
            after=[base, agent],
        )
        if metrics is not None:
            watch("mesh", metrics, parent=self, namespace=system)
            metrics.scrape("istiod", parent=self, namespace=system, selector={"app": "istiod"}, port="http-monitoring")
        self._strict(system, control)
        self._gateway(ingress, cluster, mesh, certificates, balancers, control)

    def _strict(self, system: Namespace, control: pulumi.Resource) -> None:
        k8s.apiextensions.CustomResource(
            f"{self.name}-strict",
            api_version="security.istio.io/v1",
            kind="PeerAuthentication",
            metadata={"name": "default", "namespace": system.name},
            spec={"mtls": {"mode": "STRICT"}},
            opts=system.options(depends_on=[control]),
        )

    def _gateway(
        self,
        ingress: Namespace,
        cluster: Cluster,
        mesh: IstioMesh,
        certificates: Certificates | None,
        balancers: Balancers | None,
        control: pulumi.Resource,
    ) -> None:
        reachable = balancers is not None or cluster.load_balancers
        values = gateway_values(
            mesh.gateway,
            self.config.replicas,
            "LoadBalancer" if reachable else "ClusterIP",
            balancers.load_balancer_class if balancers else None,
            balancers.annotations if balancers else {},
        )
        # Its image is what the control plane's webhook puts in: without that no gateway starts.
        gateway = release(
            mesh.gateway, parent=self, chart="istio-gateway", namespace=ingress, values=values, after=[control]
        )
        secret = (
            certificates.certificate("gateway", parent=self, namespace=ingress, dns_names=[f"*.{mesh.domain}"])
            if certificates
            else None
        )
        k8s.apiextensions.CustomResource(
            f"{self.name}-gateway",
            api_version="networking.istio.io/v1",
            kind="Gateway",
            metadata={"name": mesh.gateway, "namespace": ingress.name},
            spec={"selector": {"app": mesh.gateway}, "servers": _servers(mesh.domain, secret)},
            opts=ingress.options(depends_on=[gateway]),
        )


def _servers(domain: str, secret: str | None) -> list[dict[str, Any]]:
    """Return what the gateway listens at: with a certificate, plain HTTP only leads to HTTPS."""
    hosts = [f"*.{domain}"]
    plain: dict[str, Any] = {"port": {"number": 80, "name": "http", "protocol": "HTTP"}, "hosts": hosts}
    if secret is None:
        return [plain]
    secure = {
        "port": {"number": 443, "name": "https", "protocol": "HTTPS"},
        "hosts": hosts,
        "tls": {"mode": "SIMPLE", "credentialName": secret, "minProtocolVersion": "TLSV1_2"},
    }
    return [{**plain, "tls": {"httpsRedirect": True}}, secure]
