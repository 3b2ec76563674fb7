"""The contracts that API components provide, and what they make of what they are asked for."""

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


def test_a_service_is_routed_to_by_the_gateway(asked: Graph) -> None:
    """One host below the mesh's domain, one route to the Service's full name."""
    route = spec(asked, "VirtualService")
    assert route["hosts"] == ["web.platform.internal"]
    assert route["gateways"] == ["istio-ingress/istio-ingress"]
    destination = route["http"][0]["route"][0]["destination"]
    assert destination == {"host": "svc.web.svc.cluster.local", "port": {"number": 8080}}
    assert asked.outputs["user.public_url"] == "https://web.platform.internal"


def test_only_the_gateway_reaches_what_is_exposed(asked: Graph) -> None:
    """Others are denied at that port; everything else in the namespace stays as it was."""
    rule = {
        "from": [
            {
                "source": {
                    "notPrincipals": ["cluster.local/ns/istio-ingress/sa/istio-ingress"],
                    "notNamespaces": ["web"],
                }
            }
        ],
        "to": [{"operation": {"ports": ["8080"]}}],
    }
    policies = {r.name: r.inputs["spec"] for r in asked if r.type.endswith(":AuthorizationPolicy")}
    assert policies["user-web-access"] == {"action": "DENY", "rules": [rule]}


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
    """The proxy and Dex are for everybody, inside the cluster too: an application gets its tokens there."""
    hosts = [r.inputs["spec"]["hosts"] for r in asked if r.type.endswith(":VirtualService")]
    assert sorted(host for each in hosts for host in each) == [
        "dex.platform.internal",
        "login.platform.internal",
        "web.platform.internal",
    ]
    asking = {r.name for r in asked if r.type.endswith(":AuthorizationPolicy")}
    assert asking == {"user-web-access", "user-web-login"}


def test_a_page_without_a_login_is_refused(build: Any) -> None:
    """Before the first resource, and every such page at once."""
    with pytest.raises(StackError) as error:
        build({"user": {}, "istio": {}, "mlflow": {}, "sql": {}, "objects": {}})
    assert sorted(error.value.problems) == [
        "mlflow would be open to everybody who reaches the gateway: add login to this stack",
        "user would be open to everybody who reaches the gateway: add login to this stack",
    ]


def test_without_certificates_the_gateway_speaks_plain_http(build: Any) -> None:
    """A URL must not promise what the gateway cannot do, and the gateway must not listen for it."""
    plain = build({"user": {}, "istio": {}, "login": {}})
    assert plain.outputs["user.public_url"] == "http://web.platform.internal"
    assert [s["port"]["name"] for s in spec(plain, "Gateway", "istio")["servers"]] == ["http"]
    secure = spec(build({"istio": {}, "cert-manager": {}}), "Gateway", "istio")["servers"]
    assert secure[0]["tls"] == {"httpsRedirect": True}
    assert secure[1]["tls"]["credentialName"] == "gateway-tls"


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
            "authenticationRef": {"name": "key"},
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
