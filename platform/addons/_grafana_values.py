"""Values of Grafana, as kube-prometheus-stack hands them to its sub-chart.

https://github.com/grafana-community/helm-charts/tree/grafana-12.11.1/charts/grafana
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from addons._grafana import FOLDER
from addons._pods import resources

GRAFANA_PORT = 3000


@dataclass(frozen=True)
class SingleLogin:
    """How Grafana asks the platform's login who somebody is.

    Attributes:
        client_id: by which the login knows Grafana.
        secret: a Secret with the key client-secret.
        authorize_url: where a browser is sent.
        token_url: where Grafana gets tokens.
        userinfo_url: where it asks who somebody is.
        admins: the group whose members administer Grafana; everybody else sees pages.
    """

    client_id: str
    secret: str
    authorize_url: str
    token_url: str
    userinfo_url: str
    admins: str


@dataclass(frozen=True)
class Grafana:
    """What Grafana is told.

    Attributes:
        admin_secret: with its administrator, keys admin-user and admin-password.
        url: where people reach it, None where it is not exposed.
        login: None where people can only use the administrator's password.
        logs_url: of a Loki, None without.
    """

    admin_secret: str
    url: str | None = None
    login: SingleLogin | None = None
    logs_url: str | None = None


def grafana_values(grafana: Grafana) -> dict[str, Any]:
    """Return the values. Nothing is lost with its pod: dashboards are ConfigMaps, people come from the login."""
    login = grafana.login
    return {
        "admin": {
            "existingSecret": grafana.admin_secret,
            "userKey": "admin-user",
            "passwordKey": "admin-password",
        },
        "persistence": {"enabled": False},
        "grafana.ini": _settings(grafana),
        "resources": resources("50m", "256Mi", "512Mi"),
        # The Service's port is its pods' too: what guards one guards the other.
        "service": {"port": GRAFANA_PORT},
        "sidecar": {
            "resources": resources("20m", "128Mi", "256Mi"),
            "dashboards": {"folderAnnotation": FOLDER, "provider": {"foldersFromFilesStructure": True}},
        },
        "testFramework": {"enabled": False},
        **({"envValueFrom": {"OIDC_SECRET": _secret(login)}} if login else {}),
        **({"additionalDataSources": [_logs(grafana.logs_url)]} if grafana.logs_url else {}),
    }


def _secret(login: SingleLogin) -> dict[str, Any]:
    return {"secretKeyRef": {"name": login.secret, "key": "client-secret"}}


def _settings(grafana: Grafana) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "analytics": {"check_for_updates": False, "check_for_plugin_updates": False, "reporting_enabled": False},
        "security": {"disable_gravatar": True, "cookie_secure": (grafana.url or "").startswith("https://")},
        "users": {"allow_sign_up": False},
        "snapshots": {"external_enabled": False},
    }
    if grafana.url is not None:
        settings["server"] = {"root_url": grafana.url}
    if grafana.login is not None:
        # The sidecars speak to it as its administrator: only the form for people goes.
        settings["auth"] = {"disable_login_form": True, "oauth_auto_login": True}
        settings["auth.generic_oauth"] = _oauth(grafana.login)
    return settings


def _oauth(login: SingleLogin) -> dict[str, Any]:
    return {
        "enabled": True,
        "name": "the platform's login",
        "client_id": login.client_id,
        "client_secret": "$__env{OIDC_SECRET}",
        "scopes": "openid profile email groups",
        "auth_url": login.authorize_url,
        "token_url": login.token_url,
        "api_url": login.userinfo_url,
        "login_attribute_path": "email",
        "use_pkce": True,
        "allow_sign_up": True,
        "role_attribute_path": f"contains(groups[*], '{login.admins}') && 'Admin' || 'Viewer'",
    }


def _logs(url: str | None) -> dict[str, Any]:
    return {"name": "Loki", "uid": "loki", "type": "loki", "access": "proxy", "url": url, "editable": False}
