"""What a stack file may say of how people log in."""

from __future__ import annotations

from typing import Annotated

from addons._charts import Copies
from pydantic import Field, PositiveInt, model_validator

from groundwork.core.config import ByProfile, Config
from groundwork.core.forms import Form, Host
from groundwork.core.references import SecretKey

_Certificate = Annotated[
    str,
    Form(
        r"-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\n]+-----END CERTIFICATE-----\n?",
        "one certificate in PEM: -----BEGIN CERTIFICATE----- and so on, under `|`",
    ),
]
_Url = Annotated[
    str,
    Form(
        r"https://[^\s/]+(/\S*[^\s/])?", "a URL that begins with https:// and ends without /", "https://id.example.com"
    ),
]


class GithubConfig(Config):
    """People whom GitHub knows."""

    client_id: str = Field(min_length=1, description="of the OAuth app that you register at GitHub")
    client_secret: SecretKey = Field(description="where its secret is kept")
    organisations: Annotated[tuple[str, ...], Field(min_length=1)] = Field(
        description="whose members may come in; their teams are groups, as `organisation:team`"
    )
    host: Host | None = Field(default=None, description="of a GitHub Enterprise server; github.com by default")


class OidcConfig(Config):
    """People whom another OpenID Connect provider knows."""

    issuer: _Url = Field(description="its URL, as its tokens have it")
    client_id: str = Field(min_length=1, description="under which it knows this platform")
    client_secret: SecretKey = Field(description="where the secret of that client is kept")
    scopes: tuple[str, ...] = Field(default=("profile", "email"), description="asked for beside openid")


class LdapGroupsConfig(Config):
    """Groups in a directory."""

    base: str = Field(min_length=1, description="where groups are looked for: ou=groups,dc=example,dc=com")
    member_attribute: str = Field(default="member", min_length=1, description="of a group, with its members' DNs")
    name_attribute: str = Field(default="cn", min_length=1, description="of a group")


class LdapConfig(Config):
    """People in a directory."""

    host: Annotated[str, Form(r"[A-Za-z0-9.-]+:[0-9]+", "a host with its port", "ldap.example.com:636")] = Field(
        description="with its port; TLS is spoken there: 636"
    )
    authority: _Certificate | None = Field(
        default=None, description="the CA of its certificate, in PEM, where the world does not know it"
    )
    bind_dn: str = Field(min_length=1, description="of the account that searches")
    bind_password: SecretKey = Field(description="where its password is kept")
    base: str = Field(min_length=1, description="where people are looked for: ou=people,dc=example,dc=com")
    filter: str = Field(default="(objectClass=person)", min_length=1, description="of people")
    login_attribute: str = Field(default="uid", min_length=1, description="what people type in")
    email_attribute: str = Field(default="mail", min_length=1)
    name_attribute: str = Field(default="cn", min_length=1)
    groups: LdapGroupsConfig | None = Field(default=None, description="none: nobody is in a group")


class SamlConfig(Config):
    """People whom a SAML 2.0 provider knows. Dex calls this connector unmaintained: take oidc if there is a choice."""

    sso_url: _Url = Field(description="where the provider asks people")
    certificate: _Certificate = Field(
        description="with which the provider signs, in PEM; it is public",
    )
    email_attribute: str = Field(default="email", min_length=1)
    name_attribute: str = Field(default="name", min_length=1)
    groups_attribute: str | None = Field(default=None, min_length=1)


class ConnectorsConfig(Config):
    """Whom Dex asks who people are."""

    github: GithubConfig | None = None
    ldap: LdapConfig | None = None
    oidc: OidcConfig | None = None
    saml: SamlConfig | None = None

    @property
    def secrets(self) -> dict[str, SecretKey]:
        """Connector -> where its secret is kept."""
        found: dict[str, SecretKey] = {}
        if self.github is not None:
            found["github"] = self.github.client_secret
        if self.ldap is not None:
            found["ldap"] = self.ldap.bind_password
        if self.oidc is not None:
            found["oidc"] = self.oidc.client_secret
        return found


class ClientConfig(Config):
    """An application that the company's provider knows beside the proxy."""

    id: str = Field(min_length=1, description="under which the provider knows it")
    secret: SecretKey = Field(description="where its secret is kept")


class LoginConfig(Config):
    """What a stack file may say under `login:`."""

    replicas: Copies = Field(description="copies of the proxy, and of Dex")
    issuer: _Url | None = Field(
        default=None,
        description="your company's OpenID Connect provider; Dex in the cluster by default",
    )
    client_id: str | None = Field(
        default=None, min_length=1, description="under which the company's provider knows the proxy"
    )
    client_secret: SecretKey | None = Field(default=None, description="where the secret of that client is kept")
    scopes: tuple[str, ...] = Field(
        default=("email", "profile"),
        description="asked of the company's provider beside openid; for groups many want `groups` too",
    )
    clients: dict[str, ClientConfig] = Field(
        default_factory=dict,
        description="application -> how the company's provider knows it; Dex gets to know applications by itself",
    )
    connectors: ConnectorsConfig = Field(
        default_factory=ConnectorsConfig, description="whom Dex asks who people are: github, ldap, oidc, saml"
    )
    admin: Annotated[bool, ByProfile("protect", {True: False, False: True})] = Field(
        description="one account in Dex, admin@<domain>, whose password is made once and kept in the Secret dex-admin"
    )
    groups: tuple[str, ...] = Field(default=(), description="who is in none of these stays out; none: all may come in")
    email_domains: Annotated[tuple[str, ...], Field(min_length=1)] = Field(
        default=("*",), description="whose addresses may come in"
    )
    session_hours: PositiveInt = Field(default=12, description="after so long one logs in anew")

    @model_validator(mode="after")
    def _one_provider(self) -> LoginConfig:
        known = {"clientId": self.client_id, "clientSecret": self.client_secret}
        problems: list[str] = []
        if self.issuer is None:
            problems += [
                f"{key}: only a company's provider has to be told; set issuer, or leave it out"
                for key, given in {**known, "clients": self.clients or None}.items()
                if given is not None
            ]
        else:
            problems += [f"{key}: issuer needs it" for key, given in known.items() if given is None]
            if self.connectors.model_dump(exclude_none=True):
                problems.append("connectors: they are Dex', which does not run beside issuer; leave them out")
        if problems:
            raise ValueError("; ".join(problems))
        return self
