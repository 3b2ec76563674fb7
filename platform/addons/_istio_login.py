"""A login before what Istio's gateway exposes.

The gateway asks the proxy about each request (external authorization), and the proxy answers with who it is, or with
the way to the login page: https://istio.io/latest/docs/tasks/security/authorization/authz-custom/.
"""

from __future__ import annotations

from typing import Any

import pulumi_kubernetes as k8s

from groundwork.core.component import Component
from groundwork.core.contracts import Login, Namespace

_CHECK = "/check"


def provider(login: Login, scheme: str) -> dict[str, Any]:
    """Return what the mesh's configuration says of the proxy.

    Args:
        scheme: of what the gateway exposes.
    """
    return {
        "name": login.authorizer,
        "envoyExtAuthzHttp": {
            "service": login.authorizer_host,
            "port": login.authorizer_port,
            "timeout": "10s",
            "failOpen": False,
            "statusOnError": "503",
            # Without it a path of the proxy's own, such as /ping, would be allowed to everybody on every host.
            "pathPrefix": _CHECK,
            # By what a client accepts the proxy tells a browser, which it leads to the login page, from a program.
            "includeRequestHeadersInCheck": ["accept", "authorization", "cookie"],
            "includeAdditionalHeadersInCheck": {"X-Auth-Request-Redirect": f"{scheme}://%REQ(:authority)%%REQ(:path)%"},
            "headersToUpstreamOnAllow": _told(login),
            "headersToDownstreamOnDeny": ["content-type", "set-cookie"],
        },
    }


def ask_first(
    host: str, login: Login, *, name: str, parent: Component[Any], ingress: Namespace, gateway: str
) -> k8s.apiextensions.CustomResource:
    """Let nobody pass the gateway to `host` whom the login does not know."""
    return k8s.apiextensions.CustomResource(
        f"{parent.name}-{name}-login",
        api_version="security.istio.io/v1",
        kind="AuthorizationPolicy",
        metadata={"name": f"{name}-login", "namespace": ingress.name},
        spec={
            "selector": {"matchLabels": {"app": gateway}},
            "action": "CUSTOM",
            "provider": {"name": login.authorizer},
            # The gateway answers to a host with a port too.
            "rules": [{"to": [{"operation": {"hosts": [host, f"{host}:*"]}}]}],
        },
        opts=ingress.options(parent),
    )


def believe_nobody(
    login: Login, *, parent: Component[Any], ingress: Namespace, gateway: str
) -> k8s.apiextensions.CustomResource:
    """Take away what a client says of itself in the headers by which pages learn who asks.

    The proxy's answer only replaces the headers that it has: who is in no group could send groups of his choice.
    """
    removed = "\n".join(f'  handle:headers():remove("{header}")' for header in _told(login))
    lua = {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua",
        "defaultSourceCode": {"inlineString": f"function envoy_on_request(handle)\n{removed}\nend\n"},
    }
    manager = {"filterChain": {"filter": {"name": "envoy.filters.network.http_connection_manager"}}}
    return k8s.apiextensions.CustomResource(
        f"{parent.name}-believe-nobody",
        api_version="networking.istio.io/v1alpha3",
        kind="EnvoyFilter",
        metadata={"name": "believe-nobody", "namespace": ingress.name},
        spec={
            "workloadSelector": {"labels": {"app": gateway}},
            "configPatches": [
                {
                    "applyTo": "HTTP_FILTER",
                    "match": {"context": "GATEWAY", "listener": manager},
                    # Before the question to the proxy, or its answer would go too.
                    "patch": {
                        "operation": "INSERT_FIRST",
                        "value": {"name": "groundwork.believe-nobody", "typed_config": lua},
                    },
                }
            ],
        },
        opts=ingress.options(),
    )


def _told(login: Login) -> list[str]:
    return [login.email_header, login.groups_header, login.user_header, "x-auth-request-preferred-username"]
