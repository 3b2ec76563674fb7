"""The contracts that API components provide, and what they make of what they are asked for; the mesh: test_istio."""

from __future__ import annotations

from typing import Any

import pytest

from groundwork.core.errors import StackError
from groundwork.testing import Graph

APIS = ("istio-api", "prometheus-api", "keda-api", "cert-manager-api")


@pytest.fixture(scope="module")
def asked(build: Any) -> Graph:
    """A component that asks each of them for everything."""
    graph: Graph = build({"user": {}, "login": {}, **{name: {} for name in APIS}})
    return graph


def spec(graph: Graph, kind: str, owner: str = "user") -> dict[str, Any]:
    """Return the spec of the only object of a kind that a component makes."""
    found = [r for r in graph if r.type.endswith(f":{kind}") and r.parent.endswith(f"::{owner}")]
    assert len(found) == 1
    inner: dict[str, Any] = found[0].inputs["spec"]
    return inner


def test_the_gateway_asks_for_a_login_first(asked: Graph) -> None:
    """At the gateway, for that host with and without a port, by the name under which the mesh knows the proxy."""
    policy = asked.one("kubernetes:security.istio.io/v1:AuthorizationPolicy", "user-web-login")
    assert policy.inputs["metadata"]["namespace"] == "istio-ingress"
    assert policy.inputs["spec"] == {
        "selector": {"matchLabels": {"app": "istio-ingress"}},
        "action": "CUSTOM",
        "provider": {"name": "login"},
        "rules": [{"to": [{"operation": {"hosts": ["web.platform.internal", "web.platform.internal:*"]}}]}],
    }
    place = asked.one("kubernetes:core/v1:Namespace", "istio-api-istio-ingress")
    assert place.urn in asked.before(policy)


def test_where_one_logs_in_nobody_is_asked(asked: Graph) -> None:
    """The proxy and Dex are for everybody who comes by the gateway: it asks before every other page."""
    hosts = [r.inputs["spec"]["hosts"] for r in asked if r.type.endswith(":VirtualService")]
    assert sorted(host for each in hosts for host in each) == [
        "dex.platform.internal",
        "login.platform.internal",
        "web.platform.internal",
    ]
    policies = [r for r in asked if r.type.endswith(":AuthorizationPolicy")]
    assert {r.name for r in policies if r.inputs["spec"].get("action") == "CUSTOM"} == {"user-web-login"}


def test_a_page_without_a_login_is_refused(build: Any) -> None:
    """Before the first resource, and every such page at once."""
    with pytest.raises(StackError) as error:
        build({"user": {}, "istio": {}, "mlflow": {}, "sql": {}, "objects": {}})
    assert sorted(error.value.problems) == [
        "mlflow would be open to everybody who reaches the gateway: add login to this stack",
        "user would be open to everybody who reaches the gateway: add login to this stack",
    ]


def test_monitors_and_rules_say_what_was_asked(asked: Graph) -> None:
    """One endpoint in the caller's namespace, one rule with its severity."""
    monitor = spec(asked, "ServiceMonitor")
    assert monitor["namespaceSelector"] == {"matchNames": ["web"]}
    assert monitor["endpoints"] == [{"port": "http", "path": "/metrics"}]
    rule = spec(asked, "PrometheusRule")["groups"][0]["rules"][0]
    assert (rule["alert"], rule["for"], rule["labels"]) == ("Down", "5m", {"severity": "critical"})


def test_scaling_names_its_target_and_trigger(asked: Graph) -> None:
    """A ScaledObject with KEDA's own words."""
    scaled = spec(asked, "ScaledObject")
    assert scaled["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    assert (scaled["minReplicaCount"], scaled["maxReplicaCount"], scaled["cooldownPeriod"]) == (0, 3, 300)
    assert scaled["triggers"] == [
        {
            "type": "cron",
            "metadata": {"timezone": "UTC"},
            "metricType": "AverageValue",
            "authenticationRef": {"name": "web-0"},
        }
    ]


def test_certificates_are_asked_of_the_configured_issuer(build: Any) -> None:
    """A stack can name an issuer of its own; cert-manager then makes none."""
    graph = build({"user": {}, "cert-manager-api": {"issuer": "corporate"}, "cert-manager": {"authority": False}})
    assert spec(graph, "Certificate")["issuerRef"]["name"] == "corporate"
    assert graph.outputs["user.url"] == "web-tls"
    assert not [r for r in graph if r.type.endswith("Issuer")]


@pytest.mark.parametrize(
    ("config", "messages"),
    [
        (
            {"target": "DaemonSet/web", "minimum": 4},
            [
                "user: cannot scale 'DaemonSet/web'; valid: Deployment/name, StatefulSet/name",
                "user: cannot scale 'DaemonSet/web' between 4 and 3 copies",
            ],
        ),
        ({"maximum": 0}, ["user: cannot scale 'Deployment/web' between 0 and 0 copies"]),
    ],
)
def test_what_cannot_be_scaled_is_told(build: Any, config: dict[str, Any], messages: list[str]) -> None:
    """All that is wrong with a request, at once."""
    with pytest.raises(StackError) as error:
        build({"user": config, "keda-api": {}})
    assert list(error.value.problems) == messages
