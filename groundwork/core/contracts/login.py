"""Who people are."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from groundwork.core.component import Component
from groundwork.core.contract import Contract
from groundwork.core.contracts.cluster import Namespace


@dataclass(frozen=True, kw_only=True)
class LoginClient:
    """An application that the issuer knows, and that asks people for their login itself.

    Attributes:
        client_id: plain.
        secret: a Secret in the namespace it was made for, with the keys client-id and client-secret.
        ready: what a pod that uses it has to wait for.
    """

    client_id: str
    secret: str
    ready: Sequence[pulumi.Resource] = ()


@dataclass(frozen=True, kw_only=True)
class Login(Contract):
    """OpenID Connect, and a proxy that asks for it before a web page that asks nobody.

    Attributes:
        issuer: URL of who signs identities.
        authorizer: name under which the mesh knows the proxy; `Mesh.expose` puts it before a page.
        authorizer_host: name of the proxy's Service inside the cluster.
        authorizer_port: of that Service.
        email_header: request header in which a page behind the proxy finds who asks.
        groups_header: request header with the groups of who asks, separated by commas.
        user_header: request header with the issuer's own name of who asks.
        authorize_url: where a browser is sent to log in, None where only the issuer's discovery document says it.
        token_url: where an application inside the cluster gets tokens, None likewise.
        userinfo_url: where it asks who somebody is, None likewise.
    """

    issuer: str
    authorizer: str
    authorizer_host: str
    authorizer_port: int
    email_header: str = "x-auth-request-email"
    groups_header: str = "x-auth-request-groups"
    user_header: str = "x-auth-request-user"
    authorize_url: str | None = None
    token_url: str | None = None
    userinfo_url: str | None = None

    @abstractmethod
    def client(
        self, name: str, *, parent: Component[Any], namespace: Namespace, redirect_urls: Sequence[str]
    ) -> LoginClient:
        """Register an application that speaks OpenID Connect itself, and put its secret into `namespace`.

        Raises:
            StackError: where the issuer is not ours, and the stack file does not say how it knows the application.
        """
