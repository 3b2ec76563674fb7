"""The kinds of Istio, the way in by them, and who may call whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
from addons._istio_config import MAIN, IstioApiConfig, Mode
from addons._istio_egress import own_entry
from addons._istio_inside import InnerWay, inner_way
from addons._istio_login import ask_first
from addons._istio_policies import authorization, peers, sources
from addons._istio_routes import ISTIO, Routes, Scheme, Target, Way, route
from addons.gateway_api import GatewayKinds

from groundwork.core.component import ApiComponent, Component, Former
from groundwork.core.contracts import NAMESPACE, ByAddress, Certificates, Cluster, Login, Mesh, Namespace
from groundwork.core.definitions import install_definitions
from groundwork.core.errors import StackError, closest, nearest
from groundwork.core.project import load_project

CONTROL = "the mesh istio"
"""What the control plane claims to be, which makes of routes and policies what proxies do."""

HOST = "the host"
"""The kind of claim that each exposed host is."""

ASKED_BY = "groundwork.example/login"
"""The annotation of a route that says why no login is asked before it."""

_LABELS: dict[Mode, dict[str, str]] = {
    "ambient": {"istio.io/dataplane-mode": "ambient"},
    "sidecar": {"istio-injection": "enabled"},
}
# Nothing of the pod's own traffic goes through its sidecar, which is there to keep the certificate new.
_WITH_SIDECARS = ByAddress(
    labels={"sidecar.istio.io/inject": "true"},
    annotations={
        "traffic.sidecar.istio.io/includeInboundPorts": "",
        "traffic.sidecar.istio.io/includeOutboundIPRanges": "",
        "proxy.istio.io/config": "proxyMetadata:\n  OUTPUT_CERTS: /etc/istio-output-certs\n",
        "sidecar.istio.io/userVolumeMount": '[{"name": "istio-certs", "mountPath": "/etc/istio-output-certs"}]',
    },
    volume={"name": "istio-certs", "emptyDir": {"medium": "Memory"}},
    folder="/etc/istio-certs",
    authority="root-cert.pem",
    certificate="cert-chain.pem",
    key="key.pem",
)


@dataclass(frozen=True, kw_only=True)
class IstioMesh(Mesh):
    """Istio, with one gateway or several.

    Attributes:
        scheme: https where somebody signs the gateways' certificates.
        mode: who speaks for a pod: its node's agent, or a proxy beside it.
        routes: the kinds that say where a request goes.
        gateway_namespace: where the first gateway runs, under a service account of the gateway's name. It is there
            before the gateway: what is asked before a page is an object in it.
        gateway: name of the first gateway, its Service and its service account.
        further: name of each other gateway, and of its namespace -> its domain and what it exposes.
        callers: namespace -> who may call it beside those whom the contracts know of.
        outside: what all pods of the mesh may call outside of the cluster, with a port where it is not 443; None for
            whatever they like.
        trust_domain: of the mesh's identities.
    """

    scheme: Scheme
    mode: Mode
    routes: Routes = "istio"
    gateway_namespace: str = MAIN
    gateway: str = MAIN
    further: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    callers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    outside: Sequence[str] | None = None
    trust_domain: str = "cluster.local"

    @property
    def labels(self) -> Mapping[str, str]:
        """What a namespace says to be in the mesh with all its pods."""
        return _LABELS[self.mode]

    @property
    def by_address(self) -> ByAddress | None:
        """A sidecar takes what is called by address for a stranger: so the pod itself shows the sidecar's certificate.

        https://istio.io/latest/docs/ops/integrations/prometheus/#tls-settings
        """
        return None if self.mode == "ambient" else _WITH_SIDECARS

    @property
    def tunnel_ports(self) -> Sequence[int]:
        """HBONE's, by which the agents of ambient nodes speak: https://istio.io/latest/docs/ambient/usage/networkpolicy/."""
        return (15008,) if self.mode == "ambient" else ()

    @property
    def first(self) -> Way:
        """The gateway by which everything is reached that no other exposes."""
        return Way(name=self.gateway, namespace=self.gateway_namespace, domain=self.domain)

    @property
    def principal(self) -> str:
        """Who the first gateway is to what it calls."""
        return f"{self.trust_domain}/ns/{self.gateway_namespace}/sa/{self.gateway}"

    def way(self, name: str) -> Way:
        """Return a further gateway."""
        return Way(name=name, namespace=name, domain=self.further[name]["domain"])

    def way_to(self, page: str) -> Way:
        """Return the gateway that exposes `page`."""
        chosen = next((name for name, gateway in self.further.items() if page in gateway["exposes"]), None)
        return self.first if chosen is None else self.way(chosen)

    @property
    def ways(self) -> Sequence[Way]:
        """Every gateway, the first one first."""
        return (self.first, *(self.way(name) for name in self.further))

    @property
    def gateways(self) -> Sequence[str]:
        """Who they are to what they call."""
        return tuple(way.account for way in self.ways)

    def enrol(self, namespace: Namespace) -> None:
        """Close a namespace but for its own pods, and for those whom the stack file names."""
        owner = namespace.owner
        resource = f"{owner.name}-{namespace.name}" if namespace.name != owner.name else owner.name
        # No rule: it allows nothing, and stays when the others go.
        authorization(f"{resource}-closed", "default-deny", parent=owner, namespace=namespace, spec={})
        callers = [namespace.name, *self.callers.get(namespace.name, ())]
        self._allow(f"{resource}-within", "within", owner, namespace, callers, ())

    def allow(
        self,
        name: str,
        *,
        parent: Component[Any],
        namespace: Namespace,
        callers: Sequence[str],
        ports: Sequence[int] = (),
    ) -> None:
        """Make an AuthorizationPolicy for callers who are in the mesh."""
        self._allow(f"{parent.name}-{name}-allowed", name, parent, namespace, callers, ports)

    def _allow(
        self,
        resource: str,
        name: str,
        parent: Component[Any],
        namespace: Namespace,
        callers: Sequence[str],
        ports: Sequence[int],
    ) -> None:
        rule: dict[str, Any] = {"from": sources(callers, self.trust_domain)}
        if ports:
            rule["to"] = [{"operation": {"ports": [str(port) for port in ports]}}]
        spec = {"action": "ALLOW", "rules": [rule]}
        authorization(resource, name, parent=parent, namespace=namespace, spec=spec)

    def open(
        self, name: str, *, parent: Component[Any], namespace: Namespace, selector: Mapping[str, str], port: int
    ) -> None:
        """Ask nobody for an identity at one port, and allow everybody there."""
        match = {"selector": {"matchLabels": dict(selector)}}
        modes = {"mtls": {"mode": "STRICT"}, "portLevelMtls": {str(port): {"mode": "PERMISSIVE"}}}
        peers(f"{parent.name}-{name}-plain", name, parent=parent, namespace=namespace, spec={**match, **modes})
        rule = {"to": [{"operation": {"ports": [str(port)]}}]}
        spec = {**match, "action": "ALLOW", "rules": [rule]}
        authorization(f"{parent.name}-{name}-open", name, parent=parent, namespace=namespace, spec=spec)

    def reach(
        self,
        name: str,
        *,
        parent: Component[Any],
        namespace: Namespace,
        hosts: Sequence[str],
        port: int = 443,
        ranges: Sequence[str] = (),
    ) -> None:
        """Make a ServiceEntry for this namespace alone, where sidecars keep calls inside."""
        if self.outside is None:
            return
        k8s.apiextensions.CustomResource(
            "-".join(dict.fromkeys((parent.name, namespace.name, name, "reached"))),
            api_version=ISTIO,
            kind="ServiceEntry",
            metadata={"name": name, "namespace": namespace.name},
            spec=own_entry(hosts, port, ranges),
            opts=namespace.options(parent),
        )

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
        asks_itself: bool = False,
        paths: Sequence[str] = ("/",),
        shares: Mapping[str, int] | None = None,
        called: str | None = None,
    ) -> str:
        """Route to a Service whose pods listen at the same port, and let the gateway call that port.

        A namespace outside of the mesh gets no policy: nothing would enforce it.

        Raises:
            StackError: where there is no login, and it is not said to be public, or another component has the host.
        """
        if login is None and not public:
            raise StackError(
                [f"{parent.name} would be open to everybody who reaches the gateway: add login to this stack"]
            )
        way = self.way_to(name)
        host = f"{name}.{way.domain}"
        parent.claim(f"{HOST} {host}", f"give one of them another name than {name}")
        if login is not None and not asks_itself:
            ingress = namespace.cluster.within(way.namespace, parent=parent)
            ask_first(host, login, name=name, parent=parent, ingress=ingress, gateway=way.name)
        version, kind, spec = route(
            self.routes,
            way,
            self.scheme,
            host=host,
            targets=_targets(namespace, service, shares or {}),
            port=port,
            paths=paths,
            called=called,
        )
        k8s.apiextensions.CustomResource(
            f"{parent.name}-{name}-route",
            api_version=version,
            kind=kind,
            metadata={"name": name, "namespace": namespace.name, **_without_question(public, asks_itself)},
            spec=spec,
            opts=namespace.options(parent),
        )
        if namespace.mesh is not None:
            policy = f"{parent.name}-{name}-access"
            self._allow(policy, f"{name}-from-gateway", parent, namespace, [way.account], [port])
        return f"{self.scheme}://{host}"

    def inside(self, name: str, *, parent: Component[Any], cluster: Cluster, callers: Sequence[str]) -> InnerWay:
        """Let callers inside the cluster in by the first gateway too, where somebody else's routes take them.

        Args:
            name: of the way, and of its Service.
            callers: namespaces that may take it; it asks nobody who he is.
        """
        namespace = cluster.within(self.gateway_namespace, parent=parent)
        return inner_way(name, parent=parent, namespace=namespace, gateway=self.first, callers=callers)

    def request_rate(self, namespace: Namespace, services: Sequence[str]) -> str:
        """Count at the caller: what no pod is there to answer is counted there alone."""
        hosts = "|".join(namespace.host(service).replace(".", "[.]") for service in services)
        return f'sum(rate(istio_requests_total{{reporter="source",destination_service=~"{hosts}"}}[2m]))'


def _without_question(public: bool, asks_itself: bool) -> dict[str, Any]:
    """Return what a route says that has no question before it: policies take every other for a mistake."""
    if not public and not asks_itself:
        return {}
    return {"annotations": {ASKED_BY: "asks-itself" if asks_itself else "is-the-login"}}


def _targets(namespace: Namespace, service: str, shares: Mapping[str, int]) -> list[Target]:
    if not shares:
        return [Target(service, namespace.host(service))]
    weights = {service: 100 - sum(shares.values()), **shares}
    return [Target(name, namespace.host(name), weight) for name, weight in weights.items()]


class IstioApi(ApiComponent[IstioApiConfig]):
    """VirtualService, Gateway, AuthorizationPolicy and the other kinds of Istio, and the place of the gateway."""

    def former(self, child: str) -> Former | None:
        """Name the namespace that was `istio`'s, when it had the one gateway there was."""
        return Former("Istio", "istio", f"istio-{MAIN}") if child == f"{self.name}-{MAIN}" else None

    def build(self, cluster: Cluster, certificates: Certificates | None, gateways: GatewayKinds | None) -> IstioMesh:
        """Install the CRDs, and make the gateways' namespaces."""
        config = self.config
        if config.routes == "gateway-api" and gateways is None:
            raise StackError(
                [f"{self.name}.routes: 'gateway-api', but this stack has no such kinds; add `gateway-api: {{}}` to it"]
            )
        install_definitions(self, cluster, "istio")
        mesh = IstioMesh(
            domain=config.domain,
            scheme="https" if certificates else "http",
            mode=config.mode,
            routes=config.routes,
            further={name: {"domain": g.domain, "exposes": g.exposes} for name, g in config.gateways.items()},
            callers=config.callers,
            outside=None if config.egress is None else config.egress.allow,
        )
        for way in mesh.ways:
            cluster.namespace(way.namespace, parent=self)
        return mesh

    def complete(self) -> None:
        """Warn where pages are exposed that nobody will ever reach: another stack may yet bring the mesh.

        Raises:
            StackError: where callers are let into a namespace that nobody makes.
        """
        self._check_callers()
        hosts = sorted(self.claimed(HOST))
        if hosts and not self.claimed("the mesh"):
            pulumi.log.warn(
                f"{' and '.join(hosts)} {'is' if len(hosts) == 1 else 'are'} exposed, and no mesh runs in this stack: "
                "add `istio: {}` and `istio-gateway: {}`, or see to it that another stack has them",
                self,
            )

    def _check_callers(self) -> None:
        """Find the namespaces that are misspelt: of a policy for a namespace that is not there nobody would hear.

        A stack that imports the mesh may make the ones that this stack has not, and people some by hand.
        """
        known = self.claimed(NAMESPACE)
        where = f"{self.name}.callers"
        absent = [
            f"{where}.{name}: no component makes the namespace {name!r}; {closest(name, known)}"
            for name in self.config.callers
            if name not in known
        ]
        if absent and not load_project(self.environment.root).importers(self.environment.stack):
            raise StackError(absent)
        for problem in absent:
            pulumi.log.warn(f"{problem}, or one of a stack that imports this one", self)
        for name, callers in self.config.callers.items():
            for namespace in (caller.partition("/")[0] for caller in callers):
                meant = nearest(namespace, known)
                if namespace not in known and meant is not None:
                    pulumi.log.warn(
                        f"{where}.{name}: no component makes the namespace {namespace!r}; did you mean {meant!r}?", self
                    )
