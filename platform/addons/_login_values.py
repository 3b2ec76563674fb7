"""Values of the charts of oauth2-proxy and Dex.

https://github.com/oauth2-proxy/manifests/tree/oauth2-proxy-10.7.0/helm/oauth2-proxy
https://github.com/dexidp/helm-charts/tree/dex-0.24.0/charts/dex
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from addons._charts import budget
from addons._login_config import ConnectorsConfig, LoginConfig
from addons._pods import container_security, pod_security, resources, spread

PROXY_PORT = 4180
DEX_PORT = 5556
COOKIE_SECRET = "oauth2-proxy-cookie"  # noqa: S105 - the name of a Secret
CONNECTOR_SECRET = "dex-connectors"  # noqa: S105 - the name of a Secret
ADMIN_SECRET = "dex-admin"  # noqa: S105 - the name of a Secret
_ADMIN_HASH = "ADMIN_PASSWORD_HASH"
# The user that Dex' image is made for.
_DEX_USER = 1001
_HTTPS = 443


@dataclass(frozen=True, kw_only=True)
class Endpoints:
    """Where the issuer is asked what, where its discovery document is not to be read."""

    authorize: str
    token: str
    keys: str
    userinfo: str


def dex_endpoints(issuer: str, host: str) -> Endpoints:
    """Return Dex' endpoints: browsers go through the gateway, which pods may neither resolve nor trust."""
    inside = f"http://{host}:{DEX_PORT}"
    return Endpoints(
        authorize=f"{issuer}/auth",
        token=f"{inside}/token",
        keys=f"{inside}/keys",
        userinfo=f"{inside}/userinfo",
    )


def proxy_settings(
    config: LoginConfig, *, url: str, domain: str, issuer: str, endpoints: Endpoints | None
) -> dict[str, Any]:
    """Return oauth2-proxy's own configuration: https://oauth2-proxy.github.io/oauth2-proxy/configuration/overview.

    Args:
        url: of the proxy, where people come back to from the issuer.
        domain: under which everything is exposed: one login is good for all of it.
        endpoints: of the issuer, None to read them from its discovery document.
    """
    asked: dict[str, Any] = {}
    if endpoints is not None:
        asked = {
            "skip_oidc_discovery": True,
            "login_url": endpoints.authorize,
            "redeem_url": endpoints.token,
            "oidc_jwks_url": endpoints.keys,
            "skip_claims_from_profile_url": True,
        }
    return {
        "provider": "oidc",
        "oidc_issuer_url": issuer,
        **asked,
        "redirect_url": f"{url}/oauth2/callback",
        "scope": " ".join(["openid", *(("email", "profile", "groups") if endpoints else config.scopes)]),
        "code_challenge_method": "S256",
        "skip_provider_button": True,
        "email_domains": list(config.email_domains),
        "allowed_groups": list(config.groups),
        # Programs bring a token of the issuer, and are asked for no cookie.
        "skip_jwt_bearer_tokens": True,
        # The gateway only asks; it does not pass requests on to here.
        "upstreams": ["static://200"],
        "set_xauthrequest": True,
        "whitelist_domains": [f".{domain}"],
        "cookie_name": "_login",
        "cookie_domains": [f".{domain}"],
        "cookie_secure": url.startswith("https://"),
        "cookie_httponly": True,
        "cookie_samesite": "lax",
        "cookie_expire": f"{config.session_hours}h",
        "cookie_csrf_per_request": True,
        # Nobody behind the proxy gets the issuer's tokens, and with them the cookie would outgrow a header.
        "session_cookie_minimal": True,
        # Each request of each page is asked about.
        "request_logging": False,
        "silence_ping_logging": True,
    }


def proxy_values(settings: Mapping[str, Any], *, copies: int, client_id: str, client_secret: str) -> dict[str, Any]:
    """Return the values of oauth2-proxy's chart.

    Args:
        client_id: under which the issuer knows the proxy.
        client_secret: a Secret with the key client-secret.
    """
    # What TOML knows of these it writes as JSON does.
    lines = [f"{key} = {json.dumps(value)}" for key, value in settings.items()]
    return {
        "replicaCount": copies,
        # With the chart's own budget, which keeps one copy: where that is all there is, the chart makes none.
        "podDisruptionBudget": {"enabled": copies > 1},
        "config": {
            "configFile": "\n".join(lines),
            "existingSecret": COOKIE_SECRET,
            "requiredSecretKeys": ["cookie-secret"],
        },
        "extraEnv": [
            {"name": "OAUTH2_PROXY_CLIENT_ID", "value": client_id},
            _from_secret("OAUTH2_PROXY_CLIENT_SECRET", client_secret, "client-secret"),
        ],
        "service": {"portNumber": PROXY_PORT},
        "serviceAccount": {"automountServiceAccountToken": False},
        "enableServiceLinks": False,
        "resources": resources("20m", "64Mi", "128Mi"),
        "topologySpreadConstraints": spread({"app.kubernetes.io/name": "oauth2-proxy"}),
    }


def dex_values(config: LoginConfig, *, issuer: str, domain: str, image: str) -> dict[str, Any]:
    """Return the values of Dex' chart, which makes a Secret of Dex' configuration: it names secrets, and has none.

    Args:
        issuer: URL under which browsers reach Dex.
        image: of Dex, with its tag.
    """
    repository, _, tag = image.rpartition(":")
    secrets = [_from_secret(_variable(name), CONNECTOR_SECRET, name) for name in config.connectors.secrets]
    if config.admin:
        secrets.append(_from_secret(_ADMIN_HASH, ADMIN_SECRET, "hash"))
    return {
        "image": {"repository": repository, "tag": tag},
        "replicaCount": config.replicas,
        "podDisruptionBudget": {"enabled": config.replicas > 1, **budget(config.replicas)},
        "config": _dex_settings(config, issuer=issuer, domain=domain),
        "envVars": secrets,
        "serviceAccount": {"name": "dex"},
        # Its kinds are there already: it needs no right over the cluster's.
        "rbac": {"create": True, "createClusterScoped": False},
        "podSecurityContext": pod_security(_DEX_USER),
        # Its entry point writes the configuration, with the variables in it, to the temporary folder.
        "securityContext": container_security(),
        "volumes": [{"name": "tmp", "emptyDir": {}}],
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],  # noqa: S108 - a path inside the container
        "resources": resources("20m", "64Mi", "256Mi"),
        "topologySpreadConstraints": spread({"app.kubernetes.io/name": "dex"}),
    }


def _dex_settings(config: LoginConfig, *, issuer: str, domain: str) -> dict[str, Any]:
    """Return Dex' own configuration: https://dexidp.io/docs/configuration."""
    accounts = {
        "enablePasswordDB": True,
        "staticPasswords": [
            {
                "email": f"admin@{domain}",
                "username": "admin",
                "userID": "00000000-0000-0000-0000-000000000001",
                "hashFromEnv": _ADMIN_HASH,
            }
        ],
    }
    return {
        "issuer": issuer,
        "storage": {"type": "kubernetes", "config": {"inCluster": True}},
        "web": {
            "http": f"0.0.0.0:{DEX_PORT}",
            "headers": {"X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff"},
        },
        "oauth2": {"skipApprovalScreen": True, "responseTypes": ["code"]},
        "expiry": {"idTokens": "1h", "signingKeys": "6h"},
        "logger": {"format": "json"},
        "connectors": _connectors(config.connectors, f"{issuer}/callback"),
        **(accounts if config.admin else {}),
    }


def _connectors(given: ConnectorsConfig, back: str) -> list[dict[str, Any]]:
    """Return the connectors as Dex has them: https://dexidp.io/docs/connectors."""
    found: list[tuple[str, str, dict[str, Any]]] = []
    if given.github is not None:
        github: dict[str, Any] = {
            "clientID": given.github.client_id,
            "clientSecret": f"${_variable('github')}",
            "redirectURI": back,
            "orgs": [{"name": name} for name in given.github.organisations],
            "teamNameField": "slug",
        }
        if given.github.host is not None:
            github["hostName"] = given.github.host
        found.append(("github", "GitHub", github))
    if given.ldap is not None:
        found.append(("ldap", "Directory", _ldap(given)))
    if given.oidc is not None:
        oidc = {
            "issuer": given.oidc.issuer,
            "clientID": given.oidc.client_id,
            "clientSecret": f"${_variable('oidc')}",
            "redirectURI": back,
            "scopes": list(given.oidc.scopes),
            # Dex' word for believing the groups that the token names, until one logs in anew.
            "insecureEnableGroups": True,
        }
        found.append(("oidc", "Company", oidc))
    if given.saml is not None:
        saml: dict[str, Any] = {
            "ssoURL": given.saml.sso_url,
            "caData": base64.b64encode(given.saml.certificate.encode()).decode(),
            "redirectURI": back,
            "entityIssuer": back,
            "usernameAttr": given.saml.name_attribute,
            "emailAttr": given.saml.email_attribute,
        }
        if given.saml.groups_attribute is not None:
            saml["groupsAttr"] = given.saml.groups_attribute
        found.append(("saml", "Company", saml))
    return [{"type": kind, "id": kind, "name": name, "config": settings} for kind, name, settings in found]


def outside(config: LoginConfig) -> dict[str, tuple[list[str], int]]:
    """Return whom Dex or the proxy itself asks who people are: name -> hosts, port. SAML is asked by browsers."""
    connectors, found = config.connectors, {}
    if connectors.github is not None:
        host = connectors.github.host
        found["github"] = ([host] if host else ["github.com", "api.github.com"], _HTTPS)
    if connectors.ldap is not None:
        host, _, port = connectors.ldap.host.rpartition(":")
        found["ldap"] = ([host], int(port))
    for name, issuer in (("oidc", connectors.oidc.issuer if connectors.oidc else None), ("issuer", config.issuer)):
        if issuer is not None:
            parts = urlsplit(issuer)
            found[name] = ([str(parts.hostname)], parts.port or _HTTPS)
    return found


def _ldap(given: ConnectorsConfig) -> dict[str, Any]:
    assert given.ldap is not None  # noqa: S101 - asked before
    people = given.ldap
    settings: dict[str, Any] = {
        "host": people.host,
        "bindDN": people.bind_dn,
        "bindPW": f"${_variable('ldap')}",
        "userSearch": {
            "baseDN": people.base,
            "filter": people.filter,
            "username": people.login_attribute,
            "idAttr": "DN",
            "emailAttr": people.email_attribute,
            "nameAttr": people.name_attribute,
        },
    }
    if people.authority is not None:
        settings["rootCAData"] = base64.b64encode(people.authority.encode()).decode()
    if people.groups is not None:
        settings["groupSearch"] = {
            "baseDN": people.groups.base,
            "userMatchers": [{"userAttr": "DN", "groupAttr": people.groups.member_attribute}],
            "nameAttr": people.groups.name_attribute,
        }
    return settings


def _variable(connector: str) -> str:
    return f"{connector.upper()}_SECRET"


def _from_secret(variable: str, secret: str, key: str) -> dict[str, Any]:
    return {"name": variable, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}}
