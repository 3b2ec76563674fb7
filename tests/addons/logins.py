"""Ways to log in, as stack files say them."""

from __future__ import annotations

from typing import Any

PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"

CONNECTORS: dict[str, Any] = {
    "github": {
        "clientId": "groundwork",
        "clientSecret": {"name": "github", "key": "secret"},
        "organisations": ["example"],
        "host": "git.example.com",
    },
    "ldap": {
        "host": "ldap.example.com:636",
        "authority": PEM,
        "bindDn": "cn=reader,dc=example,dc=com",
        "bindPassword": {"name": "ldap", "key": "password"},
        "base": "ou=people,dc=example,dc=com",
        "groups": {"base": "ou=groups,dc=example,dc=com"},
    },
    "oidc": {
        "issuer": "https://id.example.com",
        "clientId": "groundwork",
        "clientSecret": {"name": "oidc", "key": "secret"},
    },
    "saml": {"ssoUrl": "https://id.example.com/saml", "certificate": PEM, "groupsAttribute": "groups"},
}

COMPANY: dict[str, Any] = {
    "issuer": "https://id.example.com",
    "clientId": "groundwork",
    "clientSecret": {"name": "login", "key": "client-secret"},
    "clients": {"web": {"id": "web-at-example", "secret": {"name": "web", "key": "client-secret"}}},
}
