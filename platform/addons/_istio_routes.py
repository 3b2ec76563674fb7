"""What a gateway lets in and where it sends it, in either of two languages: Istio's own, or Kubernetes' Gateway API."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

Routes = Literal["istio", "gateway-api"]
Scheme = Literal["http", "https"]

ISTIO = "networking.istio.io/v1"
GATEWAY_API = "gateway.networking.k8s.io/v1"


@dataclass(frozen=True, kw_only=True)
class Way:
    """One gateway, as routes name it.

    Attributes:
        name: of its object, its Service and its service account.
        namespace: where they are.
        domain: under which it lets callers in.
    """

    name: str
    namespace: str
    domain: str

    @property
    def account(self) -> str:
        """Who it is to what it calls: `namespace/account`."""
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True)
class Target:
    """A Service that requests go to.

    Attributes:
        host: its name inside the cluster.
        weight: percent of the requests, None where it gets all of them.
    """

    name: str
    host: str
    weight: int | None = None

    @property
    def share(self) -> dict[str, int]:
        """The weight, as routes of both kinds say it."""
        return {} if self.weight is None else {"weight": self.weight}


def route(
    routes: Routes,
    way: Way,
    scheme: Scheme,
    *,
    host: str,
    targets: Sequence[Target],
    port: int,
    paths: Sequence[str],
    called: str | None = None,
) -> tuple[str, str, dict[str, Any]]:
    """Return API version, kind and spec of the route from a host to Services of the route's own namespace.

    Args:
        called: the host that requests name when they arrive, None for `host`.
    """
    if routes == "gateway-api":
        return GATEWAY_API, "HTTPRoute", _http_route(way, scheme, host, targets, port, paths, called)
    spec = {
        "hosts": [host],
        "gateways": [f"{way.namespace}/{way.name}"],
        "http": [
            {
                "match": [{"uri": {"prefix": path}} for path in paths],
                **({"rewrite": {"authority": called}} if called else {}),
                "route": [
                    {"destination": {"host": target.host, "port": {"number": port}}, **target.share}
                    for target in targets
                ],
            }
        ],
    }
    return ISTIO, "VirtualService", spec


def _http_route(
    way: Way,
    scheme: Scheme,
    host: str,
    targets: Sequence[Target],
    port: int,
    paths: Sequence[str],
    called: str | None,
) -> dict[str, Any]:
    rename = {"type": "URLRewrite", "urlRewrite": {"hostname": called}}
    return {
        "parentRefs": [{"name": way.name, "namespace": way.namespace, "sectionName": scheme}],
        "hostnames": [host],
        "rules": [
            {
                "matches": [{"path": {"type": "PathPrefix", "value": path}} for path in paths],
                **({"filters": [rename]} if called else {}),
                "backendRefs": [{"name": target.name, "port": port, **target.share} for target in targets],
            }
        ],
    }


def gateway(
    routes: Routes, way: Way, secret: str | None, *, behind_tls: bool = False
) -> tuple[str, str, dict[str, Any]]:
    """Return API version, kind and spec of a gateway: with a certificate, plain HTTP only leads to HTTPS.

    Args:
        secret: with the certificate, in the gateway's namespace.
        behind_tls: a load balancer ends TLS, and begins it anew without saying for which name (SNI), as AWS' do
            (https://github.com/istio/istio/issues/22795): a listener for certain names would hang up on it. Only
            routes then tell names apart.
    """
    if routes == "gateway-api":
        return GATEWAY_API, "Gateway", _listening(way, secret, behind_tls)
    return ISTIO, "Gateway", {"selector": {"app": way.name}, "servers": _servers(way.domain, secret, behind_tls)}


def _servers(domain: str, secret: str | None, behind_tls: bool) -> list[dict[str, Any]]:
    hosts = [f"*.{domain}"]
    plain: dict[str, Any] = {"port": {"number": 80, "name": "http", "protocol": "HTTP"}, "hosts": hosts}
    if secret is None:
        return [plain]
    secure = {
        "port": {"number": 443, "name": "https", "protocol": "HTTPS"},
        "hosts": ["*"] if behind_tls else hosts,
        "tls": {"mode": "SIMPLE", "credentialName": secret, "minProtocolVersion": "TLSV1_2"},
    }
    return [{**plain, "tls": {"httpsRedirect": True}}, secure]


def _listening(way: Way, secret: str | None, behind_tls: bool) -> dict[str, Any]:
    everywhere = {"namespaces": {"from": "All"}}
    here = {"namespaces": {"from": "Same"}}
    common = {"hostname": f"*.{way.domain}"}
    plain = {"name": "http", "port": 80, "protocol": "HTTP", **common}
    listeners: list[dict[str, Any]] = [{**plain, "allowedRoutes": everywhere if secret is None else here}]
    if secret is not None:
        tls = {"mode": "Terminate", "certificateRefs": [{"name": secret}]}
        names = {} if behind_tls else common
        secure = {"name": "https", "port": 443, "protocol": "HTTPS", **names, "tls": tls}
        listeners.append({**secure, "allowedRoutes": everywhere})
    return {
        "gatewayClassName": "istio",
        # Of pods that are there already: without an address Istio would make some of its own, with no budget or spread.
        "addresses": [{"type": "Hostname", "value": f"{way.name}.{way.namespace}.svc.cluster.local"}],
        "listeners": listeners,
    }


def to_https(way: Way) -> dict[str, Any]:
    """Return the spec of the HTTPRoute that leads from plain HTTP to HTTPS."""
    redirect = {"type": "RequestRedirect", "requestRedirect": {"scheme": "https", "statusCode": 301}}
    return {
        "parentRefs": [{"name": way.name, "sectionName": "http"}],
        "hostnames": [f"*.{way.domain}"],
        "rules": [{"filters": [redirect]}],
    }
