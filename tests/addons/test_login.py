"""Who may come in, and how applications get to know who is there."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from addons.dex_api import object_name

from groundwork.core.component import Component
from groundwork.core.config import Config
from groundwork.core.contracts import Cluster, Login, Mesh
from groundwork.core.errors import StackError
from groundwork.core.registry import Registry
from groundwork.testing import Graph, record
from tests.addons.conftest import REGISTRY
from tests.addons.logins import COMPANY, CONNECTORS
from tests.addons.mesh_calls import enrolled
from tests.addons.test_graph import release
from tests.addons.test_no_default_password import revealed

CLIENT = "kubernetes:dex.coreos.com/v1:OAuth2Client"
EXTERNAL = "kubernetes:external-secrets.io/v1:ExternalSecret"
SECRET = "kubernetes:core/v1:Secret"  # noqa: S105 - the name of a kind


class Nothing(Config):
    """No options."""


class Application(Component[Nothing]):
    """Speaks OpenID Connect itself."""

    def build(self, cluster: Cluster, mesh: Mesh, login: Login) -> None:
        """Ask for a client."""
        namespace = cluster.namespace(self.name, parent=self, mesh=mesh)
        made = login.client(self.name, parent=self, namespace=namespace, redirect_urls=["https://web/callback"])
        assert made.secret == f"{self.name}-client"


APPLICATION = Registry({**{name: REGISTRY[name].cls for name in REGISTRY}, "web": Application})


def settings(graph: Graph) -> dict[str, Any]:
    """Return oauth2-proxy's configuration, by key."""
    text = release(graph, "oauth2-proxy").inputs["values"]["config"]["configFile"]
    return {key: json.loads(value) for key, _, value in (line.partition(" = ") for line in text.splitlines())}


def test_one_login_is_good_for_every_page(build: Any) -> None:
    """The cookie is the domain's, and leads back to no other; it is never sent over plain HTTP."""
    found = settings(build({"login": {}, "cert-manager-api": {}}))
    assert found["cookie_domains"] == found["whitelist_domains"] == [".platform.internal"]
    assert found["redirect_url"] == "https://login.platform.internal/oauth2/callback"
    assert found["cookie_secure"] is True
    assert settings(build({"login": {}}))["cookie_secure"] is False


def test_pods_reach_dex_inside_the_cluster(build: Any) -> None:
    """A pod may neither resolve nor trust the gateway: only browsers go through it."""
    found = settings(build({"login": {}}))
    assert found["skip_oidc_discovery"] is True
    assert found["login_url"] == "http://dex.platform.internal/auth"
    assert found["redeem_url"] == "http://dex.login.svc.cluster.local:5556/token"
    assert found["oidc_jwks_url"] == "http://dex.login.svc.cluster.local:5556/keys"


def test_where_nobody_is_named_one_random_account_is_there(build: Any) -> None:
    """Dex gets the hash of a password that is made once; no values hold either."""
    graph = build({"login": {}})
    values = release(graph, "dex").inputs["values"]
    assert values["config"]["staticPasswords"][0]["hashFromEnv"] == "ADMIN_PASSWORD_HASH"
    assert values["envVars"] == [
        {"name": "ADMIN_PASSWORD_HASH", "valueFrom": {"secretKeyRef": {"name": "dex-admin", "key": "hash"}}}
    ]
    assert revealed(graph.one(SECRET, "login-admin").inputs["stringData"]) == {
        "password": "random-login-admin",
        "hash": "hash-of-random-login-admin",
    }


def test_production_has_no_such_account(everything: Graph) -> None:
    """Who comes in there is somebody's, by name."""
    config = release(everything, "dex").inputs["values"]["config"]
    assert "staticPasswords" not in config
    assert "enablePasswordDB" not in config


def test_every_connector_names_its_secret(build: Any) -> None:
    """Dex reads them from its environment, out of one Secret that comes from the store."""
    graph = build({"login": {"connectors": CONNECTORS, "admin": False}, "external-secrets-api": {}})
    values = release(graph, "dex").inputs["values"]
    connectors = {each["type"]: each["config"] for each in values["config"]["connectors"]}
    assert sorted(connectors) == ["github", "ldap", "oidc", "saml"]
    assert connectors["github"]["clientSecret"] == "$GITHUB_SECRET"
    assert connectors["github"]["orgs"] == [{"name": "example"}]
    assert connectors["ldap"]["bindPW"] == "$LDAP_SECRET"
    assert connectors["oidc"]["redirectURI"] == "http://dex.platform.internal/callback"
    external = graph.one(EXTERNAL, "login-dex-connectors-external")
    assert [each["secretKey"] for each in external.inputs["spec"]["data"]] == ["github", "ldap", "oidc"]
    assert external.urn in graph.before(release(graph, "dex"))


def test_a_companys_provider_needs_no_dex(build: Any) -> None:
    """The proxy reads its discovery document, and has the secret that the company gave it."""
    graph = build({"login": COMPANY, "external-secrets-api": {}})
    assert not [r for r in graph if r.inputs.get("chart") == "dex"]
    found = settings(graph)
    assert found["oidc_issuer_url"] == "https://id.example.com"
    assert "skip_oidc_discovery" not in found
    kept = graph.one(EXTERNAL, "login-login-client-external").inputs["spec"]["data"]
    assert kept == [
        {"secretKey": "client-secret", "remoteRef": {"key": "groundwork-dev/login", "property": "client-secret"}}
    ]


def test_dex_finds_an_application_under_its_name() -> None:
    """What Dex itself made of `example-app`, as others have found it in their clusters."""
    assert object_name("example-app") == "mv4gc3lqnrss2ylqodf7fhheqqrcgji"


def test_dex_gets_to_know_an_application() -> None:
    """With a secret that is made once, the same on both sides."""
    graph = record({"cluster": {}, "login": {}, "web": {}}, registry=APPLICATION)
    known = graph.one(CLIENT, "web-web-client")
    assert known.inputs["metadata"] == {"name": object_name("web"), "namespace": "login"}
    assert known.inputs["redirectURIs"] == ["https://web/callback"]
    secret = graph.one(SECRET, "web-web-client").inputs
    assert secret["metadata"]["namespace"] == "web"
    assert revealed(secret["stringData"]) == {"client-id": "web", "client-secret": "random-web-web-client"}
    assert revealed(known.inputs["secret"]) == "random-web-web-client"


def test_a_companys_provider_knows_what_people_registered() -> None:
    """The id is plain, and stands in the same Secret as what comes from the store."""
    graph = record({"cluster": {}, "login": COMPANY, "external-secrets-api": {}, "web": {}}, registry=APPLICATION)
    spec = graph.one(EXTERNAL, "web-web-client-external").inputs["spec"]
    assert spec["target"]["template"]["data"] == {"client-id": "web-at-example"}
    assert spec["data"][0]["remoteRef"] == {"key": "groundwork-dev/web", "property": "client-secret"}


def test_an_application_that_nobody_registered_is_told() -> None:
    """With what to register, and where to say it."""
    given = {**COMPANY, "clients": {}}
    with pytest.raises(StackError) as error:
        record({"cluster": {}, "login": given, "external-secrets-api": {}, "web": {}}, registry=APPLICATION)
    assert list(error.value.problems) == [
        "web: https://id.example.com has to know it: register https://web/callback there, and set login.clients.web to "
        "its id and to where its secret is kept"
    ]


def test_the_mesh_knows_the_proxy(build: Any) -> None:
    """What it asks is never one of the proxy's own pages, and where the proxy is silent the gateway is closed."""
    graph = build({"login": {}, "istio": {}, "istio-gateway": {}, "cert-manager": {}})
    (provider,) = release(graph, "istiod").inputs["values"]["meshConfig"]["extensionProviders"]
    asked = provider["envoyExtAuthzHttp"]
    assert provider["name"] == "login"
    assert (asked["service"], asked["port"]) == ("oauth2-proxy.login.svc.cluster.local", 4180)
    assert (asked["failOpen"], asked["pathPrefix"]) == (False, "/check")
    assert asked["includeAdditionalHeadersInCheck"] == {
        "X-Auth-Request-Redirect": "https://%REQ(:authority)%%REQ(:path)%"
    }


def test_nobody_says_himself_who_he_is(build: Any) -> None:
    """Every header that a page may believe is taken from the client before the proxy is asked."""
    graph = build({"login": {}, "istio": {}, "istio-gateway": {}})
    told = release(graph, "istiod").inputs["values"]["meshConfig"]["extensionProviders"][0]["envoyExtAuthzHttp"]
    (patch,) = graph.one("kubernetes:networking.istio.io/v1alpha3:EnvoyFilter").inputs["spec"]["configPatches"]
    assert patch["patch"]["operation"] == "INSERT_FIRST"
    lua = patch["patch"]["value"]["typed_config"]["defaultSourceCode"]["inlineString"]
    assert all(f'remove("{header}")' in lua for header in told["headersToUpstreamOnAllow"])
    assert len(told["headersToUpstreamOnAllow"]) == 4


POLICY = "kubernetes:security.istio.io/v1:AuthorizationPolicy"
PEERS = "kubernetes:security.istio.io/v1:PeerAuthentication"
FURTHER = {"gateways": {"public": {"domain": "ml.example.com", "exposes": ["web"]}}}


def rules(graph: Graph) -> dict[str, tuple[list[str], list[str]]]:
    """Return who may call the login's namespace, and where: policy -> principals and namespaces, ports."""
    found = {}
    for policy in graph.of(POLICY):
        for rule in policy.inputs["spec"].get("rules", ()):
            sources = [one["source"] for one in rule.get("from", ())]
            callers = [name for one in sources for names in one.values() for name in names]
            ports = [port for to in rule.get("to", ()) for port in to["operation"]["ports"]]
            if policy.inputs["metadata"]["namespace"] == "login":
                found[policy.inputs["metadata"]["name"]] = (callers, ports)
    return found


def test_an_application_reaches_its_issuer() -> None:
    """Where calls are kept inside, from its own namespace alone; pods of the login itself ask Dex inside."""
    stack = {"cluster": {}, "istio-api": {"mode": "sidecar", "egress": {}}, "login": {}, "web": {}}
    entries = record(stack, registry=APPLICATION).of("kubernetes:networking.istio.io/v1:ServiceEntry")
    assert [
        (entry.inputs["metadata"]["namespace"], entry.inputs["spec"]["hosts"], entry.inputs["spec"]["ports"][0]["name"])
        for entry in entries
    ] == [("web", ["dex.platform.internal"], "http")]


@pytest.mark.parametrize("mode", ["ambient", "sidecar"])
def test_the_login_is_in_the_mesh(mode: str) -> None:
    """No password crosses the cluster as it is: whoever calls has an identity, and one of these."""
    stack = {"cluster": {}, "istio-api": {"mode": mode, **FURTHER}, "login": {}, "web": {}}
    graph = record(stack, registry=APPLICATION)
    assert "login" in enrolled(graph)
    ingress = "cluster.local/ns/istio-ingress/sa/istio-ingress"
    allowed = rules(graph)
    opened = allowed.pop("dex", None)
    assert allowed == {
        "within": (["login"], []),
        # Each gateway asks the proxy itself, and people come by the first.
        "gateways": ([ingress, "cluster.local/ns/public/sa/public"], ["4180"]),
        "login-from-gateway": ([ingress], ["4180"]),
        "dex-from-gateway": ([ingress], ["5556"]),
        "web-tokens": (["web"], ["5556"]),
    }
    # Beside sidecars some pods are in no mesh, Grafana's for one: they get tokens at one port, which is Dex' own.
    assert opened == (None if mode == "ambient" else ([], ["5556"]))
    plain = [peers.inputs["spec"] for peers in graph.of(PEERS)]
    dex = {"app.kubernetes.io/name": "dex", "app.kubernetes.io/instance": "dex"}
    assert [(spec["selector"]["matchLabels"], spec["portLevelMtls"]) for spec in plain] == (
        [] if mode == "ambient" else [(dex, {"5556": {"mode": "PERMISSIVE"}})]
    )


def test_dex_settings_are_yaml_without_a_template(everything: Graph) -> None:
    """Its entry point fills templates in: none of ours may look like one."""
    text = yaml.safe_dump(release(everything, "dex").inputs["values"]["config"])
    assert "{{" not in text


def test_a_login_elsewhere_is_the_same(build: Any) -> None:
    """Another stack rebuilds it from plain outputs."""
    outputs = build({"login": {}}).outputs
    assert outputs["login.dex_namespace"] == "login"
    assert outputs["login.token_url"] == "http://dex.login.svc.cluster.local:5556/token"
    fields = {key.partition(".")[2] for key in outputs if key.startswith("login.")}
    provided = APPLICATION["login"].provides
    assert provided is not None
    assert fields == set(provided.__dataclass_fields__)


@pytest.mark.parametrize(
    ("given", "messages"),
    [
        (
            {"connectors": {"gitlab": {}}},
            ["login.connectors.gitlab: unknown key; did you mean 'github'? valid: github, ldap, oidc, saml"],
        ),
        (
            {"connectors": {"oidc": {"clientId": "a", "clientSecret": {"name": "oidc", "key": "secret"}}}},
            ["login.connectors.oidc.issuer: required, and missing"],
        ),
        (
            {"connectors": {"github": {**CONNECTORS["github"], "organisations": []}}},
            ["login.connectors.github.organisations: must have at least 1 (got [])"],
        ),
        (
            {"issuer": "https://id.example.com"},
            ["login: clientId: issuer needs it; clientSecret: issuer needs it"],
        ),
        (
            {**COMPANY, "connectors": CONNECTORS},
            ["login: connectors: they are Dex', which does not run beside issuer; leave them out"],
        ),
        (
            {"clientId": "a", "clients": COMPANY["clients"]},
            [
                "login: clientId: only a company's provider has to be told; set issuer, or leave it out; "
                "clients: only a company's provider has to be told; set issuer, or leave it out"
            ],
        ),
        (
            {"issuer": "id.example.com", "clientId": "a", "clientSecret": {"name": "login", "key": "k"}},
            [
                "login.issuer: must be a URL that begins with https:// and ends without /, such as "
                "https://id.example.com (got 'id.example.com')"
            ],
        ),
        (
            {**COMPANY, "clientSecret": {"name": "prod/Login", "key": "k"}},
            [
                "login.clientSecret.name: must be a name of small letters, digits and hyphens; 63 at most, "
                "such as github (got 'prod/Login')"
            ],
        ),
        (
            COMPANY,
            [
                "login.clients.web: the secret 'web' is kept outside this program, and nothing here reads it: "
                "add external-secrets to this stack",
                "login.clientSecret: the secret 'login' is kept outside this program, and nothing here reads it: "
                "add external-secrets to this stack",
            ],
        ),
    ],
)
def test_bad_input_is_told(build: Any, given: dict[str, Any], messages: list[str]) -> None:
    """Each message names the key, the value and what would be valid."""
    assert [message[message.index("login") :] for message in _told(build, given)] == messages


def test_production_is_not_locked_out(build: Any) -> None:
    """Dex without anybody to ask would let nobody in; over plain HTTP passwords would be anybody's."""
    assert _told(build, {}, "prod") == [
        "login: nobody could log in: name whom Dex asks under login.connectors (github, ldap, oidc or saml), or your "
        "company's provider as login.issuer"
    ]
    assert _told(build, {"admin": True}, "prod") == [
        "login: at http://login.platform.internal passwords would cross the network as they are: add cert-manager to "
        "this stack"
    ]


def test_two_logins_are_one_too_many(build: Any) -> None:
    """A cluster has one."""
    (told,) = _told(build, {}, sso={"component": "login"})
    assert told.endswith("login and sso are both login: a cluster can have one; keep one")


def _told(build: Any, given: dict[str, Any], environment: str = "dev", **others: Any) -> list[str]:
    with pytest.raises(StackError) as error:
        build({"login": given, **others}, environment)
    return list(error.value.problems)
