"""Who is told of which alert, and who is shown what."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi
import pytest

from groundwork.core.component import Component
from groundwork.core.contracts import Cluster, Login, LoginClient, Namespace
from groundwork.core.errors import StackError
from groundwork.core.registry import Registry
from groundwork.sandbox.controlplane.client import KubeClient
from groundwork.sandbox.controlplane.errors import ApiError
from groundwork.testing import Graph, record
from tests.addons.conftest import STUBS, Marker, NoConfig
from tests.addons.server import definitions

ROOT = Path(__file__).parents[2]
CONFIG = "kubernetes:monitoring.coreos.com/v1alpha1:AlertmanagerConfig"
RELEASE = "kubernetes:helm.sh/v3:Release"
POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
SLACK = {"kind": "slack", "to": "#vision", "secret": "alerts"}
PAGER = {"kind": "pagerduty", "secret": "pager", "severities": ["critical"]}
MAIL = {"kind": "email", "to": "ada@example.com"}


@dataclass(frozen=True, kw_only=True)
class StubLogin(Login):
    """Registers an application as a marker."""

    def client(
        self, name: str, *, parent: Component[Any], namespace: Namespace, redirect_urls: Sequence[str]
    ) -> LoginClient:
        made = Marker(f"{parent.name}-{name}-client", {"redirects": list(redirect_urls)}, namespace.options(parent))
        return LoginClient(client_id=name, secret=f"{name}-login", ready=[made])


class StubLogins(Component[NoConfig]):
    """A login whose addresses are known."""

    def build(self, cluster: Cluster) -> StubLogin:
        return StubLogin(
            issuer="https://login.example",
            authorizer="login",
            authorizer_host="oauth2-proxy.login",
            authorizer_port=80,
            authorize_url="https://login.example/auth",
            token_url="http://login/token",  # noqa: S106 - an address
            userinfo_url="http://login/userinfo",
        )


NAMES = ("istio-api", "prometheus", "prometheus-api", "teams")
REGISTRY = Registry({**STUBS, "login": StubLogins, **{name: f"addons.{name.replace('-', '_')}" for name in NAMES}})


def build(components: Mapping[str, Any], root: Path = ROOT, environment: str = "dev") -> Graph:
    """Build a stack of these on a cluster."""
    return record({"cluster": {}, **components}, environment=environment, registry=REGISTRY, root=root)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one team that has two contacts, and one that has none."""
    for name in ("platform", "Pulumi.yaml"):
        (tmp_path / name).symlink_to(ROOT / name)
    teams = tmp_path / "stacks" / "teams"
    teams.mkdir(parents=True)
    contacts = f"contacts: [{SLACK}, {PAGER}]".replace("'", '"')
    (teams / "vision.yaml").write_text(f"name: vision\nmembers: [ada@example.com]\n{contacts}\n", encoding="utf-8")
    (teams / "speech.yaml").write_text("name: speech\nmembers: [ada@example.com]\n", encoding="utf-8")
    return tmp_path


def spec(graph: Graph, namespace: str) -> dict[str, Any]:
    """Return the routing of a namespace."""
    (found,) = [r for r in graph.of(CONFIG) if r.inputs["metadata"]["namespace"] == namespace]
    inner: dict[str, Any] = found.inputs["spec"]
    return inner


def values(graph: Graph) -> dict[str, Any]:
    """Return the values of the stack's chart."""
    inner: dict[str, Any] = graph.one(RELEASE).inputs["values"]
    return inner


def test_a_team_is_told_of_its_own_namespace(project: Path) -> None:
    """In its own namespace, to which the operator limits it, each severity to those who asked for it."""
    graph = build({"prometheus-api": {}, "teams": {}}, project)
    route = spec(graph, "team-vision")["route"]
    assert [(r["receiver"], r["matchers"][0]["value"], r["continue"]) for r in route["routes"]] == [
        ("slack-1", "critical|warning", True),
        ("pagerduty-2", "critical", True),
    ]
    receivers = {receiver["name"]: receiver for receiver in spec(graph, "team-vision")["receivers"]}
    slack = receivers["slack-1"]["slackConfigs"][0]
    assert (slack["channel"], slack["apiURL"]) == ("#vision", {"name": "alerts", "key": "url"})
    assert receivers["pagerduty-2"]["pagerdutyConfigs"][0]["routingKey"] == {"name": "pager", "key": "routing-key"}
    assert not [r for r in graph.of(CONFIG) if r.inputs["metadata"]["namespace"] == "team-speech"]


def test_a_closed_namespace_lets_the_scraper_in(project: Path) -> None:
    """What cannot be measured cannot be alerted on either."""
    policy = build({"prometheus-api": {}, "teams": {}}, project).one(POLICY, "teams-vision-scraped").inputs["spec"]
    scraper = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}
    assert policy["ingress"] == [{"from": [scraper]}]


def test_contacts_need_somebody_who_alerts(project: Path) -> None:
    with pytest.raises(StackError) as error:
        build({"teams": {}}, project)
    assert error.value.problems == ("teams/vision.yaml: contacts need Metrics, and the stack test has none",)


def test_what_is_no_teams_goes_to_the_platforms_contacts() -> None:
    """The root that everything else falls through to is ours, and is not counted among the namespaces'."""
    graph = build({"prometheus": {"contacts": [PAGER], "heartbeat": "outside"}})
    root = spec(graph, "monitoring")
    assert [r["receiver"] for r in root["route"]["routes"]] == ["heartbeat", "nobody", "pagerduty-1"]
    assert root["receivers"][2]["webhookConfigs"] == [{"urlSecret": {"name": "outside", "key": "url"}}]
    alertmanager = values(graph)["alertmanager"]["alertmanagerSpec"]
    assert alertmanager["alertmanagerConfiguration"] == {"name": "platform"}
    made = graph.one(CONFIG).inputs["metadata"]["labels"]
    (term,) = alertmanager["alertmanagerConfigSelector"]["matchExpressions"]
    assert (term["operator"], term["values"]) == ("NotIn", [made[term["key"]]])
    assert graph.one(CONFIG).urn in graph.before(graph.one(RELEASE))


def test_mail_goes_through_the_one_server() -> None:
    """Its password is named, not given, and only the platform's namespace has it."""
    mail = {"host": "smtp.example", "sender": "alerts@example.com", "user": "alerts", "secret": "mail"}
    graph = build({"prometheus-api": {"mail": mail}, "prometheus": {"contacts": [MAIL]}})
    smtp = values(graph)["alertmanager"]["alertmanagerSpec"]["alertmanagerConfiguration"]["global"]["smtp"]
    assert smtp["smartHost"] == {"host": "smtp.example", "port": "587"}
    assert smtp["authPassword"] == {"name": "mail", "key": "password"}


@pytest.mark.parametrize(
    ("components", "message"),
    [
        (
            {"prometheus": {"contacts": [MAIL]}},
            "prometheus.contacts: email needs a server; set prometheus-api.mail with host and sender",
        ),
        (
            {"prometheus-api": {"mail": {"host": "smtp.example", "sender": "a@b.example", "user": "a"}}},
            "prometheus-api.mail: user and secret belong together; give both, or neither",
        ),
        (
            {"prometheus": {"retentionDays": 900}},
            "prometheus.retentionDays: must be at most 400 (got 900)",
        ),
        (
            {"prometheus": {"contacts": [{"kind": "slack", "to": "#a"}]}},
            "prometheus.contacts.0: slack needs secret: the name of a Secret with the key url",
        ),
        (
            {"prometheus": {"remoteWrites": [{"url": "https://x.example", "secret": "a", "awsRegion": "eu-west-1"}]}},
            "prometheus.remoteWrites.0: secret and awsRegion: one of them says who writes; leave out the other",
        ),
    ],
)
def test_bad_input_is_told(components: dict[str, Any], message: str) -> None:
    with pytest.raises(StackError) as error:
        build(components)
    (problem,) = error.value.problems
    assert problem.endswith(message)


def test_nobody_is_not_told_in_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where somebody would be woken, a platform without contacts says so at each preview."""
    told: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", lambda message, *_: told.append(message))
    build({"prometheus": {}})
    build({"prometheus": {"contacts": [PAGER]}}, environment="prod")
    assert told == []
    build({"prometheus": {}}, environment="prod")
    assert told == [
        "prometheus.contacts: nobody is told of a critical alert of the platform; add one of the kinds email, "
        "pagerduty, slack, webhook"
    ]


def test_grafana_asks_the_login_itself() -> None:
    """People come from the login, one group of them administers; the password is the sidecars' only."""
    graph = build({"prometheus": {"admins": "sre"}, "login": {}, "istio-api": {}})
    grafana = values(graph)["grafana"]
    oauth = grafana["grafana.ini"]["auth.generic_oauth"]
    assert (oauth["client_id"], oauth["client_secret"]) == ("grafana", "$__env{OIDC_SECRET}")
    assert oauth["role_attribute_path"] == "contains(groups[*], 'sre') && 'Admin' || 'Viewer'"
    assert grafana["envValueFrom"]["OIDC_SECRET"]["secretKeyRef"] == {"name": "grafana-login", "key": "client-secret"}
    assert grafana["grafana.ini"]["auth"] == {"disable_login_form": True, "oauth_auto_login": True}
    client = graph.one("test:index:Marker", "prometheus-grafana-client")
    assert client.inputs["redirects"] == [f"{grafana['grafana.ini']['server']['root_url']}/login/generic_oauth"]
    assert client.urn in graph.before(graph.one(RELEASE))


def test_measurements_go_to_a_second_place() -> None:
    """With the cloud's own signature, or a login from a Secret."""
    writes = [{"url": "https://aps.example", "awsRegion": "eu-west-1"}, {"url": "https://x.example", "secret": "far"}]
    made = values(build({"prometheus": {"remoteWrites": writes}}))["prometheus"]["prometheusSpec"]["remoteWrite"]
    assert made[0]["sigv4"] == {"region": "eu-west-1"}
    assert made[1]["basicAuth"]["password"] == {"name": "far", "key": "password"}


def test_tenants_reach_no_prometheus() -> None:
    """Neither it nor Alertmanager asks who wants to know, or to silence."""
    policy = build({"prometheus": {}}).one(POLICY).inputs["spec"]
    assert policy["podSelector"] == {}
    others, webhook = policy["ingress"]
    (term,) = others["from"][0]["namespaceSelector"]["matchExpressions"]
    assert (term["key"], term["operator"]) == ("groundwork.example/team", "DoesNotExist")
    assert webhook == {"ports": [{"protocol": "TCP", "port": 10250}]}


def test_rules_that_say_the_same_are_switched_off(everything: Graph) -> None:
    """One trouble is told once: by the rule that has a test."""
    (stack,) = [r for r in everything.of(RELEASE) if r.name == "prometheus"]
    assert "KubePodCrashLooping" in stack.inputs["values"]["defaultRules"]["disabled"]


def test_the_server_accepts_the_routing_of_a_team(project: Path, api_server: KubeClient) -> None:
    """Field by field, by the operator's own schema."""
    graph = build(
        {
            "prometheus-api": {},
            "prometheus": {"contacts": [SLACK, PAGER, {"kind": "webhook", "secret": "w"}]},
            "teams": {},
        },
        project,
    )
    (crd,) = [each for each in definitions() if each["metadata"]["name"] == "alertmanagerconfigs.monitoring.coreos.com"]
    api_server.apply(crd)
    for resource in graph.of(CONFIG):
        given = {**resource.inputs, "metadata": {**resource.inputs["metadata"], "namespace": "default"}}
        _apply(api_server, given)


def _apply(kube: KubeClient, given: dict[str, Any]) -> None:
    """Ask until the server knows the kind; what it refuses of the object itself it refuses to the end."""
    deadline = time.monotonic() + 30
    while True:
        try:
            kube.apply(given, dry_run=True)
        except ApiError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.3)
        else:
            return
