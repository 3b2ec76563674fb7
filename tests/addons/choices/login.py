"""The values of oauth2-proxy and of Dex."""

from __future__ import annotations

from typing import Any

from addons import _login_values as login
from addons._login_config import LoginConfig

from groundwork.core.profiles import Profile
from tests.addons.logins import COMPANY, CONNECTORS

FREE: dict[str, set[str]] = {
    # The chart hands on Dex' own configuration, and the budget's field that is not empty.
    "dex-0.24.0": {"config", "resources", "podSecurityContext", "securityContext"},
    "oauth2-proxy-10.7.0": {"resources", "topologySpreadConstraints", "config.existingSecret"},
}


def choices(profile: Profile) -> dict[str, list[dict[str, Any]]]:
    """Return them: with Dex and the one account, with Dex and every connector, with a company's provider."""
    url, issuer = "https://login.example.com", "https://dex.example.com"
    given = [
        LoginConfig.load(each, profile)
        for each in ({"admin": True}, {"connectors": CONNECTORS, "groups": ["ml"]}, COMPANY)
    ]
    inside = login.dex_endpoints(issuer, "dex.login.svc.cluster.local")
    return {
        "dex-0.24.0": [
            login.dex_values(each, issuer=issuer, domain="example.com", image="ghcr.io/dexidp/dex:v2")
            for each in given[:2]
        ],
        "oauth2-proxy-10.7.0": [
            login.proxy_values(
                login.proxy_settings(
                    each,
                    url=url,
                    domain="example.com",
                    issuer=each.issuer or issuer,
                    endpoints=None if each.issuer else inside,
                ),
                copies=each.replicas,
                client_id="login",
                client_secret="login-client",  # noqa: S106 - the name of a Secret
            )
            for each in given
        ],
    }
