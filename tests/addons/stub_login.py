"""A login for tests: it makes a marker for each application, and every add-on there is beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from groundwork.core.component import Component
from groundwork.core.contracts import Cluster, Login, LoginClient, Namespace
from groundwork.core.registry import Registry
from tests.addons.conftest import ADD_ONS, ALTERNATIVES, STUBS, Marker, NoConfig


@dataclass(frozen=True, kw_only=True)
class AskingLogin(Login):
    """Registers whoever asks."""

    def client(
        self, name: str, *, parent: Component[Any], namespace: Namespace, redirect_urls: Sequence[str]
    ) -> LoginClient:
        """Return a client whose secret is the marker's."""
        made = Marker(f"{parent.name}-{name}-client", {"redirectUrls": list(redirect_urls)}, namespace.options(parent))
        return LoginClient(client_id=name, secret=f"{name}-client", ready=[made])


class StubLogin(Component[NoConfig]):
    """A login."""

    def build(self, cluster: Cluster) -> AskingLogin:
        """Return it."""
        return AskingLogin(
            issuer="https://login.platform.internal",
            authorizer="login",
            authorizer_host="oauth2-proxy.login",
            authorizer_port=80,
        )


REGISTRY = Registry(
    {
        **STUBS,
        **{name: f"addons.{name.replace('-', '_')}" for name in ADD_ONS if name not in {*ALTERNATIVES, "login"}},
        "test-login": StubLogin,
    }
)
