"""Airflow's own login by OpenID Connect, in the words of its FAB auth manager."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PROVIDER = "login"
"""The name of the one provider, in the URL that people come back to."""

_ID, _SECRET = "AIRFLOW_LOGIN_CLIENT_ID", "AIRFLOW_LOGIN_CLIENT_SECRET"

# No "{{" in it: the chart reads it as a template.
_CONFIG = '''\
"""Who may log in, and as what. Written by the platform."""

import json
import os

from airflow.providers.fab.auth_manager.security_manager.override import FabAirflowSecurityManagerOverride
from flask_appbuilder.const import AUTH_OAUTH

AUTH_TYPE = AUTH_OAUTH
AUTH_USER_REGISTRATION = True
AUTH_USER_REGISTRATION_ROLE = "Viewer"
# Whoever leaves a group loses its role at the next login.
AUTH_ROLES_SYNC_AT_LOGIN = True
AUTH_ROLES_MAPPING = json.loads(r"""<ROLES>""")
OAUTH_PROVIDERS = [
    {
        "name": "<PROVIDER>",
        "icon": "fa-key",
        "token_key": "access_token",
        "remote_app": {
            "client_id": os.environ["<ID>"],
            "client_secret": os.environ["<SECRET>"],
            "server_metadata_url": "<ISSUER>/.well-known/openid-configuration",
            "client_kwargs": dict(scope="openid email profile groups"),
        },
    }
]


class SecurityManager(FabAirflowSecurityManagerOverride):
    """Reads people and their groups from the issuer's signed token."""

    def get_oauth_user_info(self, provider, resp):
        """Return who logs in."""
        claims = resp["userinfo"]
        return dict(
            username=claims["email"],
            email=claims["email"],
            first_name=claims.get("given_name") or claims.get("name") or claims["email"],
            last_name=claims.get("family_name") or "",
            role_keys=claims.get("groups") or [],
        )


SECURITY_MANAGER_CLASS = SecurityManager
'''


@dataclass(frozen=True)
class Oidc:
    """How Airflow knows its issuer.

    Attributes:
        issuer: URL of who signs identities.
        secret: with the keys client-id and client-secret.
        roles: group -> Airflow's role.
    """

    issuer: str
    secret: str
    roles: Mapping[str, str]

    @property
    def environment(self) -> list[dict[str, Any]]:
        """The API server's variables."""
        return [
            {"name": variable, "valueFrom": {"secretKeyRef": {"name": self.secret, "key": key}}}
            for variable, key in ((_ID, "client-id"), (_SECRET, "client-secret"))
        ]

    @property
    def config(self) -> str:
        """`webserver_config.py`."""
        roles = json.dumps({group: [role] for group, role in self.roles.items()}, indent=1, sort_keys=True)
        text = _CONFIG.replace("<ROLES>", roles).replace("<PROVIDER>", PROVIDER)
        return text.replace("<ID>", _ID).replace("<SECRET>", _SECRET).replace("<ISSUER>", self.issuer.rstrip("/"))


def redirect_url(url: str) -> str:
    """Return where the issuer sends people back to."""
    return f"{url}/auth/oauth-authorized/{PROVIDER}"
