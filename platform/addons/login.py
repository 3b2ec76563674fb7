"""Login: nobody reaches a page of the platform without saying who he is."""

from __future__ import annotations

from dataclasses import asdict

import pulumi
import pulumi_kubernetes as k8s
import pulumi_random as random
from addons._login_clients import ProxyLogin
from addons._login_config import LoginConfig
from addons._login_values import (
    ADMIN_SECRET,
    CONNECTOR_SECRET,
    COOKIE_SECRET,
    DEX_PORT,
    PROXY_PORT,
    Endpoints,
    dex_endpoints,
    dex_values,
    outside,
    proxy_settings,
    proxy_values,
)
from addons.dex_api import DexKinds
from addons.external_secrets_api import ExternalSecrets

from groundwork.core.charts import release
from groundwork.core.component import Component
from groundwork.core.contracts import (
    Alert,
    Cluster,
    LoginClient,
    Mesh,
    Metrics,
    Namespace,
    NodePools,
)
from groundwork.core.errors import StackError
from groundwork.core.references import SecretKey

_PROXY = "oauth2-proxy"
_DEX = "dex"


class LoginProxy(Component[LoginConfig]):
    """oauth2-proxy before every page, and Dex or the company's own provider behind it."""

    single = True

    def build(
        self,
        cluster: Cluster,
        mesh: Mesh,
        kinds: DexKinds,
        secrets: ExternalSecrets | None,
        metrics: Metrics | None,
        pools: NodePools | None,
    ) -> ProxyLogin:
        """Install Dex, unless the company has a provider, then the proxy."""
        self._check(secrets)
        namespace = cluster.namespace(self.name, parent=self, mesh=mesh)
        # Not only the gateway by which people reach the proxy: each one asks it about its own pages.
        namespace.admit("gateways", parent=self, callers=mesh.gateways, ports=[PROXY_PORT])
        for asked, (hosts, port) in outside(self.config).items():
            namespace.reach(asked, parent=self, hosts=hosts, port=port)
        # Both are asked before anybody has logged in.
        url = mesh.expose(
            self.name, parent=self, namespace=namespace, service=_PROXY, port=PROXY_PORT, login=None, public=True
        )
        self._check_transport(url)
        endpoints: Endpoints | None = None
        if self.config.issuer is not None and secrets is not None:
            login = self._company(namespace, self.config.issuer, secrets)
        else:
            login, endpoints = self._dex(namespace, mesh, secrets, metrics)
        client = self._client(login, namespace, url, secrets)
        cookie = self._cookie(namespace)
        settings = proxy_settings(self.config, url=url, domain=mesh.domain, issuer=login.issuer, endpoints=endpoints)
        release(
            _PROXY,
            parent=self,
            chart="oauth2-proxy",
            namespace=namespace,
            values=proxy_values(
                settings, copies=self.config.replicas, client_id=client.client_id, client_secret=client.secret
            ),
            after=[cookie, *client.ready],
        )
        if metrics is not None:
            self._watch(metrics, namespace)
        return login

    def _check(self, secrets: ExternalSecrets | None) -> None:
        config, problems = self.config, []
        if config.issuer is None and not config.admin and not config.connectors.model_dump(exclude_none=True):
            problems.append(
                f"{self.name}: nobody could log in: name whom Dex asks under {self.name}.connectors (github, ldap, "
                f"oidc or saml), or your company's provider as {self.name}.issuer"
            )
        kept = {f"connectors.{name}": key for name, key in config.connectors.secrets.items()}
        kept |= {f"clients.{name}": client.secret for name, client in config.clients.items()}
        if config.client_secret is not None:
            kept["clientSecret"] = config.client_secret
        if secrets is None:
            problems += [
                f"{self.name}.{path}: the secret {key.name!r} is kept outside this program, and nothing here reads it: "
                "add external-secrets to this stack"
                for path, key in kept.items()
            ]
        if problems:
            raise StackError(problems)

    def _check_transport(self, url: str) -> None:
        if url.startswith("http://") and self.environment.profile.protect:
            raise StackError(
                [f"{self.name}: at {url} passwords would cross the network as they are: add cert-manager to this stack"]
            )

    def _company(self, namespace: Namespace, issuer: str, secrets: ExternalSecrets) -> ProxyLogin:
        clients = {
            name: {"id": client.id, "name": client.secret.name, "key": client.secret.key}
            for name, client in self.config.clients.items()
        }
        return ProxyLogin(
            issuer=issuer,
            authorizer=self.name,
            authorizer_host=namespace.host(_PROXY),
            authorizer_port=PROXY_PORT,
            key=self.name,
            clients=clients,
            store=asdict(secrets),
        )

    def _dex(
        self, namespace: Namespace, mesh: Mesh, secrets: ExternalSecrets | None, metrics: Metrics | None
    ) -> tuple[ProxyLogin, Endpoints]:
        issuer = mesh.expose(
            _DEX, parent=self, namespace=namespace, service=_DEX, port=DEX_PORT, login=None, public=True
        )
        made: list[pulumi.Resource] = []
        if self.config.admin:
            made.append(self._admin(namespace))
        if secrets is not None and self.config.connectors.secrets:
            keys = self.config.connectors.secrets
            made += secrets.secret(CONNECTOR_SECRET, parent=self, namespace=namespace, keys=keys).ready
        release(
            _DEX,
            parent=self,
            chart="dex",
            namespace=namespace,
            values=dex_values(self.config, issuer=issuer, domain=mesh.domain, image=self.catalogue.image("dex")),
            after=made,
        )
        if metrics is not None:
            metrics.scrape(_DEX, parent=self, namespace=namespace, selector=_pods(_DEX), port="telemetry")
        if mesh.by_address is not None:
            # Who calls others by address stays outside of such a mesh, and gets tokens here: Dex asks for its secret.
            namespace.open(_DEX, parent=self, selector=_pods(_DEX), port=DEX_PORT)
        endpoints = dex_endpoints(issuer, namespace.host(_DEX))
        login = ProxyLogin(
            issuer=issuer,
            authorizer=self.name,
            authorizer_host=namespace.host(_PROXY),
            authorizer_port=PROXY_PORT,
            authorize_url=endpoints.authorize,
            token_url=endpoints.token,
            userinfo_url=endpoints.userinfo,
            key=self.name,
            dex_namespace=namespace.name,
        )
        return login, endpoints

    def _client(
        self, login: ProxyLogin, namespace: Namespace, url: str, secrets: ExternalSecrets | None
    ) -> LoginClient:
        """Let the issuer know the proxy itself."""
        config = self.config
        if config.client_id is None or config.client_secret is None or secrets is None:
            return login.client(self.name, parent=self, namespace=namespace, redirect_urls=[f"{url}/oauth2/callback"])
        keys: dict[str, SecretKey] = {"client-secret": config.client_secret}
        made = secrets.secret(f"{self.name}-client", parent=self, namespace=namespace, keys=keys)
        return LoginClient(client_id=config.client_id, secret=made.name, ready=made.ready)

    def _admin(self, namespace: Namespace) -> k8s.core.v1.Secret:
        """Make the one account for an environment in which nobody else could log in yet."""
        password = random.RandomPassword(f"{self.name}-admin", length=32, special=False, opts=self.stateful())
        return k8s.core.v1.Secret(
            f"{self.name}-admin",
            metadata={"name": ADMIN_SECRET, "namespace": namespace.name},
            # Dex gets the hash alone; the password is for whoever may read this Secret.
            string_data={"password": password.result, "hash": password.bcrypt_hash},
            opts=namespace.options(),
        )

    def _cookie(self, namespace: Namespace) -> k8s.core.v1.Secret:
        """Make the key that sessions are encrypted with: a new one would log everybody out."""
        key = random.RandomPassword(f"{self.name}-cookie", length=32, special=False, opts=self.stateful())
        return k8s.core.v1.Secret(
            f"{self.name}-cookie",
            metadata={"name": COOKIE_SECRET, "namespace": namespace.name},
            string_data={"cookie-secret": key.result},
            opts=namespace.options(),
        )

    def _watch(self, metrics: Metrics, namespace: Namespace) -> None:
        metrics.scrape(_PROXY, parent=self, namespace=namespace, selector=_pods(_PROXY), port="metrics")
        metrics.alert(
            self.name,
            parent=self,
            namespace=namespace,
            alerts=[
                Alert(
                    name="LoginDown",
                    expression=f'absent(up{{namespace="{namespace.name}",service="{_PROXY}"}} == 1)',
                    after="5m",
                    severity="critical",
                    summary="No copy of the login proxy answers: every page of the platform is closed to everybody.",
                ),
                Alert(
                    name="LoginFails",
                    expression='sum(rate(oauth2_proxy_requests_total{code=~"5.."}[5m])) > 0',
                    after="10m",
                    severity="warning",
                    summary="The login proxy answers with errors: often its issuer cannot be reached.",
                ),
            ],
        )


def _pods(part: str) -> dict[str, str]:
    """Return the labels of a chart's pods."""
    return {"app.kubernetes.io/name": part, "app.kubernetes.io/instance": part}
