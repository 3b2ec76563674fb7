"""How applications get to know the issuer: by themselves in Dex, by what people registered at a company's provider."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pulumi_kubernetes as k8s
import pulumi_random as random
from addons._login_values import DEX_PORT
from addons.dex_api import OAuth2Client
from addons.external_secrets_api import ExternalSecrets

from groundwork.core.component import Component
from groundwork.core.contracts import Login, LoginClient, Namespace
from groundwork.core.errors import StackError
from groundwork.core.references import SecretKey

_HTTPS, _HTTP = 443, 80


@dataclass(frozen=True, kw_only=True)
class ProxyLogin(Login):
    """oauth2-proxy, before Dex in the cluster or a company's own provider.

    Attributes:
        key: of the login in the stack file, to tell where an application is to be named.
        dex_namespace: where Dex looks applications up, None for a company's provider.
        clients: application -> its `id` at the company's provider, and the `name` and `key` of its secret in the store.
        store: of those secrets: the fields of its contract.
    """

    key: str
    dex_namespace: str | None = None
    clients: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    store: Mapping[str, Any] = field(default_factory=dict)

    def client(
        self, name: str, *, parent: Component[Any], namespace: Namespace, redirect_urls: Sequence[str]
    ) -> LoginClient:
        """Make the application known to Dex, or fetch the secret by which the company's provider knows it.

        Raises:
            StackError: where the stack file does not say how the company's provider knows it.
        """
        if namespace.name != self.dex_namespace:
            # Where an application reads the issuer's discovery document it calls it by the name that browsers do.
            place = urlsplit(self.issuer)
            port = place.port or (_HTTPS if place.scheme == "https" else _HTTP)
            namespace.reach(f"{name}-issuer", parent=parent, hosts=[str(place.hostname)], port=port)
        if self.dex_namespace is not None:
            return _known_to_dex(name, self.dex_namespace, parent, namespace, redirect_urls)
        if name not in self.clients:
            raise StackError(
                [
                    f"{parent.name}: {self.issuer} has to know it: register {' and '.join(redirect_urls)} there, and "
                    f"set {self.key}.clients.{name} to its id and to where its secret is kept"
                ]
            )
        known = self.clients[name]
        made = ExternalSecrets(**self.store).secret(
            f"{name}-client",
            parent=parent,
            namespace=namespace,
            keys={"client-secret": SecretKey(name=known["name"], key=known["key"])},
            plain={"client-id": known["id"]},
        )
        return LoginClient(client_id=known["id"], secret=made.name, ready=made.ready)


def _known_to_dex(
    name: str, dex: str, parent: Component[Any], namespace: Namespace, redirect_urls: Sequence[str]
) -> LoginClient:
    """Write an application into Dex' storage, which Dex reads at each request.

    Not into Dex' configuration: that is written before the applications that come after it are known.
    """
    home = namespace if namespace.name == dex else namespace.cluster.within(dex, parent=parent)
    if namespace.mesh is not None and namespace.name != dex:
        # It gets its tokens from Dex itself: only browsers go through the gateway.
        namespace.mesh.allow(
            f"{name}-tokens", parent=parent, namespace=home, callers=[namespace.name], ports=[DEX_PORT]
        )
    password = random.RandomPassword(f"{parent.name}-{name}-client", length=40, special=False, opts=parent.stateful())
    known = OAuth2Client(
        f"{parent.name}-{name}-client",
        client_id=name,
        secret=password.result,
        redirect_urls=redirect_urls,
        namespace=dex,
        opts=home.options(parent),
    )
    secret = k8s.core.v1.Secret(
        f"{parent.name}-{name}-client",
        metadata={"name": f"{name}-client", "namespace": namespace.name},
        string_data={"client-id": name, "client-secret": password.result},
        opts=namespace.options(parent),
    )
    return LoginClient(client_id=name, secret=f"{name}-client", ready=(secret, known))
