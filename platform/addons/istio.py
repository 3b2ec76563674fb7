"""Istio: the mesh's control plane, and what it has on each node."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import pulumi
import pulumi_kubernetes as k8s
from addons._charts import Copies
from addons._istio_batch import batch_policy
from addons._istio_egress import service_entries
from addons._istio_login import provider
from addons._istio_values import base_values, cni_values, istiod_values, ztunnel_values
from addons._istio_watch import control_alerts, metrics_service, node_alerts
from addons._watch import watch
from addons.istio_api import CONTROL, HOST, IstioMesh
from pydantic import Field, model_validator

from groundwork.core.charts import release
from groundwork.core.component import Component
from groundwork.core.config import Config
from groundwork.core.contract import Contract
from groundwork.core.contracts import Cluster, Login, Metrics, Namespace, NodePools
from groundwork.core.errors import StackError

Platform = Literal["gke", "k3d", "k3s", "microk8s", "minikube", "openshift"]
AccessLogs = Literal["all", "errors", "none"]


class IstioConfig(Config):
    """What a stack file may say under `istio:`."""

    replicas: Copies = Field(description="copies of the control plane, at least")
    max_replicas: int = Field(default=5, ge=1, description="copies of the control plane under load, at most")
    platform: Platform | None = Field(
        default=None, description="a distribution that keeps its CNI elsewhere; none on EKS"
    )
    access_logs: AccessLogs = Field(
        default="all", description="which requests gateways and sidecars write to their logs, as JSON"
    )

    @model_validator(mode="before")
    @classmethod
    def _said_elsewhere(cls, data: Any) -> Any:
        said = [
            key for key in ("domain", "egress", "gateways", "mode", "routes") if isinstance(data, dict) and key in data
        ]
        if said:
            raise ValueError(f"{', '.join(said)}: said under `istio-api:`, which whatever is in the mesh goes by")
        return data


@dataclass(frozen=True, kw_only=True)
class IstioControl(Contract):
    """The control plane is there: it gives proxies their image, identity and configuration.

    Attributes:
        instance: key of the component in its stack file.
    """

    instance: str


class Istio(Component[IstioConfig]):
    """istiod, the agents on each node, and the rule that whatever is in the mesh speaks mutual TLS only."""

    single = True

    def build(
        self,
        cluster: Cluster,
        mesh: IstioMesh,
        login: Login | None,
        metrics: Metrics | None,
        pools: NodePools | None,
    ) -> IstioControl:
        """Install the charts in Istio's order."""
        self._check()
        self.claim(CONTROL, "keep one of them")
        self._mesh = mesh
        ambient = mesh.mode == "ambient"
        system = cluster.namespace("istio-system", parent=self)
        # It writes the nodes' CNI configuration: nothing less than privileged lets it.
        node = cluster.namespace("istio-cni", parent=self, security="privileged")
        platform = self.config.platform
        base = release("istio-base", parent=self, chart="istio-base", namespace=system, values=base_values())
        agent = release(
            "istio-cni", parent=self, chart="istio-cni", namespace=node, values=cni_values(platform, ambient=ambient)
        )
        control = release(
            "istiod",
            parent=self,
            chart="istiod",
            namespace=system,
            values=istiod_values(
                self.config.replicas,
                self.config.max_replicas,
                platform,
                ztunnel_namespace=node.name if ambient else None,
                access_logs=self.config.access_logs,
                registry_only=mesh.outside is not None,
                providers=[provider(login, mesh.scheme)] if login else [],
            ),
            after=[base, agent],
        )
        if ambient:
            values = ztunnel_values(platform)
            release("ztunnel", parent=self, chart="ztunnel", namespace=node, values=values, after=[control])
        self._strict(system, control)
        if not ambient:
            self._let_batch_end(cluster)
        if self.config.access_logs == "errors":
            self._log_errors(system, control)
        for name, spec in service_entries(mesh.outside or ()).items():
            self._custom(f"egress-{name}", "networking.istio.io/v1", "ServiceEntry", name, spec, system, control)
        if metrics is not None:
            self._watch(metrics, system, node if ambient else None)
        return IstioControl(instance=self.name)

    def complete(self) -> None:
        """Refuse what is exposed where nobody lets anyone in.

        Raises:
            StackError: for each gateway that something is exposed by, and that is not in the stack.
        """
        gateways = self.claimed("the gateway")
        pages: dict[str, list[str]] = {}
        for host in self.claimed(HOST):
            way = self._mesh.way_to(host.partition(".")[0])
            if way.name not in gateways:
                pages.setdefault(way.name, []).append(host)
        first = self._mesh.first.name
        problems = []
        for name, hosts in pages.items():
            remedy = "istio-gateway: {}" if name == first else f"{name}: {{component: istio-gateway}}"
            verb = "is" if len(hosts) == 1 else "are"
            problems.append(
                f"{' and '.join(sorted(hosts))} {verb} exposed, and nothing lets anybody in: add `{remedy}`"
            )
        if problems:
            raise StackError(problems)

    def _check(self) -> None:
        if self.config.max_replicas < self.config.replicas:
            raise StackError(
                [
                    f"{self.name}.maxReplicas: {self.config.max_replicas}, but replicas is {self.config.replicas}; "
                    "at most cannot be less than at least"
                ]
            )

    def _strict(self, system: Namespace, control: pulumi.Resource) -> None:
        spec = {"mtls": {"mode": "STRICT"}}
        self._custom("strict", "security.istio.io/v1", "PeerAuthentication", "default", spec, system, control)

    def _let_batch_end(self, cluster: Cluster) -> None:
        """Refuse a Job's, a task's or a trial's pod whose sidecar would outlive its work."""
        name = "batch-sidecars"
        policy = k8s.admissionregistration.v1.ValidatingAdmissionPolicy(
            f"{self.name}-{name}", metadata={"name": name}, spec=batch_policy(), opts=cluster.options(self)
        )
        k8s.admissionregistration.v1.ValidatingAdmissionPolicyBinding(
            f"{self.name}-{name}",
            metadata={"name": name},
            spec={"policyName": name, "validationActions": ["Deny"]},
            opts=cluster.options(self, depends_on=[policy]),
        )

    def _log_errors(self, system: Namespace, control: pulumi.Resource) -> None:
        logging = {"providers": [{"name": "envoy"}], "filter": {"expression": "response.code >= 400"}}
        spec = {"accessLogging": [logging]}
        self._custom("logs", "telemetry.istio.io/v1", "Telemetry", "default", spec, system, control)

    def _custom(
        self,
        resource: str,
        version: str,
        kind: str,
        name: str,
        spec: dict[str, Any],
        system: Namespace,
        control: pulumi.Resource,
    ) -> None:
        k8s.apiextensions.CustomResource(
            f"{self.name}-{resource}",
            api_version=version,
            kind=kind,
            metadata={"name": name, "namespace": system.name},
            spec=spec,
            opts=system.options(depends_on=[control]),
        )

    def _watch(self, metrics: Metrics, system: Namespace, ambient: Namespace | None) -> None:
        watch("mesh", metrics, parent=self, namespace=system)
        metrics.scrape("istiod", parent=self, namespace=system, selector={"app": "istiod"}, port="http-monitoring")
        metrics.alert("istiod", parent=self, namespace=system, alerts=control_alerts())
        if ambient is not None:
            selector = metrics_service(
                "ztunnel-metrics", parent=self, namespace=ambient, pods={"app": "ztunnel"}, port=15020
            )
            metrics.scrape("ztunnel", parent=self, namespace=ambient, selector=selector, port="metrics")
            metrics.alert("ztunnel", parent=self, namespace=ambient, alerts=node_alerts())
