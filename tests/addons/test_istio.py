"""Istio: its gateways, who is in the mesh, and who may call whom."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pulumi
import pytest

from groundwork.core.errors import StackError
from groundwork.testing import Graph, Registered
from tests.addons.mesh_calls import Call, allowed, calls, enrolled, webhooks
from tests.addons.rendering import CHARTS, render_double

NAMESPACE = "kubernetes:core/v1:Namespace"
RELEASE = "kubernetes:helm.sh/v3:Release"
AMBIENT = {"istio.io/dataplane-mode": "ambient"}
FIRST = "cluster.local/ns/istio-ingress/sa/istio-ingress"
ISTIO: dict[str, Any] = {"istio": {}, "istio-gateway": {}, "login": {}}


def objects(graph: Graph, kind: str) -> dict[str, Registered]:
    """Return the custom resources of a kind by `namespace/name`."""
    found = [r for r in graph if r.type.endswith(f":{kind}") and "/" in r.inputs.get("apiVersion", "")]
    return {f"{r.inputs['metadata']['namespace']}/{r.inputs['metadata']['name']}": r for r in found}


def spec(graph: Graph, kind: str, name: str) -> dict[str, Any]:
    """Return the spec of one of them."""
    inner: dict[str, Any] = objects(graph, kind)[name].inputs["spec"]
    return inner


def values(graph: Graph, name: str) -> dict[str, Any]:
    """Return the values of a release."""
    (found,) = [r.inputs["values"] for r in graph.of(RELEASE) if r.inputs["name"] == name]
    assert isinstance(found, dict)
    return found


def problems(build: Any, components: dict[str, Any]) -> list[str]:
    """Return what a stack is refused for."""
    with pytest.raises(StackError) as error:
        build(components)
    return list(error.value.problems)


def test_a_service_is_routed_to_by_the_gateway(build: Any) -> None:
    """One host below the mesh's domain, one route to the Service's full name, one port for the gateway alone."""
    graph = build({"user": {}, "cert-manager-api": {}, **ISTIO})
    route = spec(graph, "VirtualService", "web/web")
    assert route["hosts"] == ["web.platform.internal"]
    assert route["gateways"] == ["istio-ingress/istio-ingress"]
    destination = route["http"][0]["route"][0]["destination"]
    assert destination == {"host": "svc.web.svc.cluster.local", "port": {"number": 8080}}
    assert graph.outputs["user.public_url"] == "https://web.platform.internal"
    assert spec(graph, "AuthorizationPolicy", "web/web-from-gateway") == {
        "action": "ALLOW",
        "rules": [{"from": [{"source": {"principals": [FIRST]}}], "to": [{"operation": {"ports": ["8080"]}}]}],
    }


def test_without_certificates_the_gateway_speaks_plain_http(build: Any) -> None:
    """A URL must not promise what the gateway cannot do, and the gateway must not listen for it."""
    plain = build({"user": {}, **ISTIO})
    assert plain.outputs["user.public_url"] == "http://web.platform.internal"
    name = "istio-ingress/istio-ingress"
    assert [s["port"]["name"] for s in spec(plain, "Gateway", name)["servers"]] == ["http"]
    secure = spec(build({"cert-manager": {}, **ISTIO}), "Gateway", name)["servers"]
    assert secure[0]["tls"] == {"httpsRedirect": True}
    assert secure[1]["tls"]["credentialName"] == "gateway-tls"


def test_routes_can_be_those_of_the_gateway_api(build: Any) -> None:
    """The same pods listen; the kinds are Kubernetes' own, and plain HTTP leads to HTTPS by a route."""
    api = {"gateway-api": {}, "istio-api": {"routes": "gateway-api"}, "cert-manager-api": {}}
    graph = build({"user": {}, **api, **ISTIO})
    assert not objects(graph, "VirtualService")
    route = spec(graph, "HTTPRoute", "web/web")
    assert route["parentRefs"] == [{"name": "istio-ingress", "namespace": "istio-ingress", "sectionName": "https"}]
    assert route["rules"][0]["backendRefs"] == [{"name": "svc", "port": 8080}]
    gateway = spec(graph, "Gateway", "istio-ingress/istio-ingress")
    assert gateway["addresses"] == [{"type": "Hostname", "value": "istio-ingress.istio-ingress.svc.cluster.local"}]
    assert {listener["name"]: listener["allowedRoutes"]["namespaces"]["from"] for listener in gateway["listeners"]} == {
        "http": "Same",
        "https": "All",
    }
    redirect = spec(graph, "HTTPRoute", "istio-ingress/to-https")["rules"][0]["filters"][0]
    assert redirect["requestRedirect"] == {"scheme": "https", "statusCode": 301}


def test_without_certificates_routes_of_the_gateway_api_are_plain(build: Any) -> None:
    """Nothing leads to HTTPS where nobody speaks it."""
    graph = build({"user": {}, "gateway-api": {}, "istio-api": {"routes": "gateway-api"}, **ISTIO})
    assert "istio-ingress/to-https" not in objects(graph, "HTTPRoute")
    assert spec(graph, "HTTPRoute", "web/web")["parentRefs"][0]["sectionName"] == "http"


PUBLIC = {
    "istio-api": {"gateways": {"public": {"domain": "ml.example.com", "exposes": ["web"]}}},
    "public": {"component": "istio-gateway", "replicas": 3},
}


def test_each_gateway_has_a_name_a_domain_and_pods_of_its_own(build: Any) -> None:
    """What one exposes is reached by it alone, and everything else by the first."""
    graph = build({"user": {}, "sql": {}, "objects": {}, "mlflow": {}, **ISTIO, **PUBLIC})
    assert spec(graph, "VirtualService", "web/web")["gateways"] == ["public/public"]
    assert spec(graph, "VirtualService", "mlflow/mlflow")["gateways"] == ["istio-ingress/istio-ingress"]
    assert graph.outputs["user.public_url"] == "http://web.ml.example.com"
    assert spec(graph, "Gateway", "public/public")["servers"][0]["hosts"] == ["*.ml.example.com"]
    caller = spec(graph, "AuthorizationPolicy", "web/web-from-gateway")["rules"][0]["from"][0]["source"]
    assert caller == {"principals": ["cluster.local/ns/public/sa/public"]}
    assert values(graph, "public")["autoscaling"]["minReplicas"] == 3
    assert graph.outputs["public.domain"] == "ml.example.com"


def test_a_gateway_is_reached_from_where_its_stack_says(everything: Graph, build: Any) -> None:
    """The default is the load balancers' own; each gateway can say otherwise, and whom its balancer lets in."""
    key = "service.beta.kubernetes.io/aws-load-balancer-scheme"
    assert values(everything, "istio-ingress")["service"]["annotations"][key] == "internal"
    clouds: dict[str, Any] = {"network": {}, "identity": {}, "load-balancer-controller": {}, "istio": {}}
    wanted = {"reachedFrom": "internet", "allowedRanges": ["203.0.113.0/24"]}
    service = values(build({**clouds, "istio-gateway": wanted}), "istio-ingress")["service"]
    assert service["annotations"][key] == "internet-facing"
    assert service["loadBalancerSourceRanges"] == ["203.0.113.0/24"]


def test_the_first_gateway_is_the_one_that_istio_had(everything: Graph) -> None:
    """A stack that was up before keeps its namespace, its load balancer and its certificate."""
    before = {
        "kubernetes:core/v1:Namespace": "istio-istio-ingress",
        "kubernetes:helm.sh/v3:Release": "istio-istio-ingress",
        "kubernetes:networking.istio.io/v1:Gateway": "istio-gateway",
        "kubernetes:cert-manager.io/v1:Certificate": "istio-gateway-certificate",
    }
    known = {r.type: r for r in everything if r.aliases and ("IstioGateway$" in r.urn or "IstioApi$" in r.urn)}
    assert set(known) == set(before)
    for kind, name in before.items():
        (alias,) = known[kind].aliases
        assert alias.endswith(f"::groundwork:component:Istio${kind}::{name}")
    assert known[NAMESPACE].inputs["metadata"]["name"] == "istio-ingress"
    assert known[RELEASE].inputs["name"] == "istio-ingress"


def test_whatever_is_exposed_is_in_the_mesh(everything: Graph) -> None:
    """A policy binds the pods of a namespace that is in the mesh, and no others."""
    exposed = {name.partition("/")[0] for name in objects(everything, "VirtualService")}
    assert {"airflow", "login", "mlflow", "monitoring"} <= exposed <= enrolled(everything)


def test_a_namespace_of_the_mesh_is_closed(everything: Graph) -> None:
    """Nothing is allowed but what is said: its own pods first."""
    assert spec(everything, "PeerAuthentication", "istio-system/default") == {"mtls": {"mode": "STRICT"}}
    for name in enrolled(everything):
        assert spec(everything, "AuthorizationPolicy", f"{name}/default-deny") == {}
        (rule,) = spec(everything, "AuthorizationPolicy", f"{name}/within")["rules"]
        assert rule == {"from": [{"source": {"namespaces": [name]}}]}


def test_stores_are_outside_of_the_mesh(everything: Graph) -> None:
    """They are called by who is in no mesh too: Jobs that make databases, KEDA, the teams' pods."""
    databases = {ns.inputs["metadata"]["name"] for ns in everything.of(NAMESPACE)}
    assert not enrolled(everything) & {"minio", "postgres", *(name for name in databases if "database" in name)}


def test_every_call_that_the_platform_makes_is_allowed(everything: Graph) -> None:
    """What one namespace's objects name in another, and what is scraped there, gets through."""
    found = calls(everything)
    assert Call("monitoring", "airflow", "scrape") in found
    assert [call for call in found if not allowed(everything, call)] == []


def test_a_call_that_nobody_allowed_is_found(build: Any) -> None:
    """The check above can fail."""
    graph = build({"sql": {}, "objects": {}, "mlflow": {}, **ISTIO})
    assert not allowed(graph, Call("airflow", "mlflow", "http://mlflow.mlflow.svc.cluster.local:5000"))
    asked = {"istio-api": {"callers": {"mlflow": ["airflow", "lab/notebook"]}}}
    graph = build({"sql": {}, "objects": {}, "mlflow": {}, **ISTIO, **asked})
    assert allowed(graph, Call("airflow", "mlflow", "http://mlflow.mlflow.svc.cluster.local:5000"))
    assert spec(graph, "AuthorizationPolicy", "mlflow/within")["rules"][0]["from"] == [
        {"source": {"namespaces": ["mlflow", "airflow"]}},
        {"source": {"principals": ["cluster.local/ns/lab/sa/notebook"]}},
    ]


def test_the_api_server_reaches_every_webhook(everything: Graph, tmp_path: Path) -> None:
    """It is in no mesh: the pods of a webhook in a closed namespace have a port that is open to all."""
    asked = webhooks(everything, tmp_path)
    assert "monitoring/prometheus-kube-prometheus-operator" in asked
    for service, selected in asked.items():
        namespace = service.partition("/")[0]
        peers = [
            name
            for name, found in objects(everything, "PeerAuthentication").items()
            if name.startswith(f"{namespace}/")
            and found.inputs["spec"]["selector"]["matchLabels"].items() <= selected.items()
        ]
        assert peers, f"nobody outside of the mesh can call {service}"
        for name in peers:
            (port,) = spec(everything, "PeerAuthentication", name)["portLevelMtls"]
            access = spec(everything, "AuthorizationPolicy", name)
            assert access["rules"] == [{"to": [{"operation": {"ports": [port]}}]}]
            assert access["selector"] == spec(everything, "PeerAuthentication", name)["selector"]


def test_who_is_in_no_mesh_reads_measurements(everything: Graph) -> None:
    """KEDA scales by them. The port is that of Prometheus' pods, and no other of them is open."""
    peers = spec(everything, "PeerAuthentication", "monitoring/queries")
    assert peers["mtls"] == {"mode": "STRICT"}
    assert peers["portLevelMtls"] == {"9090": {"mode": "PERMISSIVE"}}


def test_who_scrapes_is_who_the_chart_makes(everything: Graph, tmp_path: Path) -> None:
    """A permission for an account that is not there lets nobody in."""
    found = render_double(everything, "kube-prometheus-stack", tmp_path)
    (source,) = spec(everything, "AuthorizationPolicy", "airflow/airflow-scrape")["rules"][0]["from"]
    (principal,) = source["source"]["principals"]
    assert f"ServiceAccount/{principal.rpartition('/')[2]}" in found


def test_a_mesh_is_ambient_unless_it_is_told(everything: Graph, build: Any) -> None:
    """Each node has an agent with the rights that it needs, whom the control plane trusts to speak for others."""
    labels = {ns.inputs["metadata"]["name"]: ns.inputs["metadata"]["labels"] for ns in everything.of(NAMESPACE)}
    assert labels["mlflow"].items() >= AMBIENT.items()
    assert values(everything, "istiod")["profile"] == "ambient"
    (agent,) = [r for r in everything.of(RELEASE) if r.inputs["name"] == "ztunnel"]
    assert values(everything, "istiod")["trustedZtunnelNamespace"] == agent.inputs["namespace"] == "istio-cni"
    assert labels["istio-cni"]["pod-security.kubernetes.io/enforce"] == "privileged"
    graph = build({"user": {}, "istio-api": {"mode": "sidecar"}, **ISTIO})
    labels = {ns.inputs["metadata"]["name"]: ns.inputs["metadata"]["labels"] for ns in graph.of(NAMESPACE)}
    assert labels["web"]["istio-injection"] == "enabled"
    assert not labels["web"].keys() & AMBIENT.keys()
    assert "ztunnel" not in {r.inputs["name"] for r in graph.of(RELEASE)}
    assert "profile" not in values(graph, "istiod")


def test_a_sidecar_ends_with_the_work_beside_it(build: Any) -> None:
    """It is an init container that restarts always: a Job, a task, a step of a pipeline ends, and it with them."""
    graph = build({"user": {}, "istio-api": {"mode": "sidecar"}, **ISTIO})
    assert values(graph, "istiod")["env"]["ENABLE_NATIVE_SIDECARS"] == "true"
    assert '"sidecar.istio.io/nativeSidecar"' not in json.dumps([r.inputs for r in graph])


def test_prometheus_scrapes_pods_with_sidecars(build: Any, facts: Any) -> None:
    """By address it has to show a certificate of its own; its namespace, whose pods all call so, stays outside."""
    stack = {"istio-api": {"mode": "sidecar"}, "prometheus": {}, "user": {}, **ISTIO}
    graph = build(stack)
    assert enrolled(graph) == {"login", "web"}
    (endpoint,) = spec(graph, "ServiceMonitor", "web/web")["endpoints"]
    server = values(graph, "prometheus")["prometheus"]["prometheusSpec"]
    (mount,), (volume,) = server["volumeMounts"], server["volumes"]
    assert server.keys() <= facts("kube-prometheus-stack-88.5.3", "values.json")["prometheus"]["prometheusSpec"].keys()
    assert endpoint["scheme"] == "https"
    assert endpoint["tlsConfig"]["certFile"] == f"{mount['mountPath']}/cert-chain.pem"
    (shown,) = json.loads(server["podMetadata"]["annotations"]["sidecar.istio.io/userVolumeMount"])
    config = server["podMetadata"]["annotations"]["proxy.istio.io/config"]
    assert mount["name"] == volume["name"] == shown["name"]
    assert shown["mountPath"] in config
    (other,) = spec(graph, "ServiceMonitor", "istio-system/istiod")["endpoints"]
    assert "tlsConfig" not in other
    ambient = build({**stack, "istio-api": {}})
    assert enrolled(ambient) == {"login", "monitoring", "web"}
    assert "podMetadata" not in values(ambient, "prometheus")["prometheus"]["prometheusSpec"]
    assert "tlsConfig" not in spec(ambient, "ServiceMonitor", "web/web")["endpoints"][0]


def test_calls_to_the_outside_can_be_limited(build: Any) -> None:
    """Whatever is not named is refused; a name below a domain is resolved by the pod itself."""
    egress = {"allow": ["huggingface.co", "*.amazonaws.com", "db.example.com:5432", "proxy.example.com:80"]}
    graph = build({"istio-api": {"mode": "sidecar", "egress": egress}, "istio": {}})
    assert values(graph, "istiod")["meshConfig"]["outboundTrafficPolicy"] == {"mode": "REGISTRY_ONLY"}
    entries = {name: entry.inputs["spec"] for name, entry in objects(graph, "ServiceEntry").items()}
    assert {name: (e["hosts"][0], e["resolution"], e["ports"][0]["protocol"]) for name, e in entries.items()} == {
        "istio-system/huggingface-co-443": ("huggingface.co", "DNS", "TLS"),
        "istio-system/any-amazonaws-com-443": ("*.amazonaws.com", "NONE", "TLS"),
        "istio-system/db-example-com-5432": ("db.example.com", "DNS", "TCP"),
        "istio-system/proxy-example-com-80": ("proxy.example.com", "DNS", "HTTP"),
    }
    assert "outboundTrafficPolicy" not in values(build({"istio": {}}), "istiod")["meshConfig"]


def test_pages_without_a_mesh_are_told(build: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another stack may have it; where none does, nobody would ever reach them."""
    told: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", lambda message, *_: told.append(message))
    build({"login": {}, **ISTIO})
    assert told == []
    build({"login": {}})
    assert told == [
        "dex.platform.internal and login.platform.internal are exposed, and no mesh runs in this stack: add "
        "`istio: {}` and `istio-gateway: {}`, or see to it that another stack has them"
    ]


def test_logs_are_of_the_requests_that_were_asked_for(build: Any) -> None:
    """All of them, those that failed, or none."""
    asked = {level: build({"istio": {"accessLogs": level}}) for level in ("all", "errors", "none")}
    written = {level: "accessLogFile" in values(graph, "istiod")["meshConfig"] for level, graph in asked.items()}
    assert written == {"all": True, "errors": False, "none": False}
    (logging,) = spec(asked["errors"], "Telemetry", "istio-system/default")["accessLogging"]
    assert logging["filter"] == {"expression": "response.code >= 400"}
    assert not objects(asked["none"], "Telemetry")


def test_the_mesh_is_measured(everything: Graph) -> None:
    """What charts give no Service for has one of ours, that picks the pods the chart makes."""
    assert {"istio-system/istiod", "istio-cni/ztunnel", "istio-ingress/istio-ingress"} <= set(
        objects(everything, "ServiceMonitor")
    )
    alerts = {
        rule["alert"]
        for found in objects(everything, "PrometheusRule").values()
        for group in found.inputs["spec"]["groups"]
        for rule in group["rules"]
    }
    assert {"IstiodDown", "ZtunnelDown", "GatewayDown", "GatewayErrors"} <= alerts


@pytest.mark.parametrize(("service", "chart"), [("ztunnel-metrics", "ztunnel"), ("istio-ingress-metrics", "gateway")])
def test_services_for_measuring_pick_the_charts_pods(
    service: str, chart: str, everything: Graph, tmp_path: Path
) -> None:
    """A selector that fits nothing is scraped without an error."""
    assert chart in CHARTS
    found = next(r for r in everything.of("kubernetes:core/v1:Service") if r.inputs["metadata"]["name"] == service)
    workloads = [
        made["spec"]["template"]
        for made in render_double(everything, chart, tmp_path).values()
        if "template" in (made.get("spec") or {})
    ]
    (pod,) = workloads
    assert pod["metadata"]["labels"].items() >= found.inputs["spec"]["selector"].items()


BAD: list[tuple[dict[str, Any], list[str]]] = [
    (
        {"sql": {}, "objects": {}, "mlflow": {}, "user": {}, "istio": {}, "login": {}},
        [
            "dex.platform.internal and login.platform.internal and mlflow.platform.internal and web.platform.internal "
            "are exposed, and nothing lets anybody in: add `istio-gateway: {}`"
        ],
    ),
    (
        {"user": {}, **ISTIO, "istio-api": PUBLIC["istio-api"]},
        [
            "web.ml.example.com is exposed, and nothing lets anybody in: add `public: {component: istio-gateway}`",
        ],
    ),
    (
        {**ISTIO, "other": {"component": "istio-gateway"}},
        [
            "istio-gateway and other would both be the gateway istio-ingress; "
            "name each other one under istio-api.gateways: other"
        ],
    ),
    (
        {**ISTIO, "istio-api": {"routes": "gateway-api"}},
        ["istio-api.routes: 'gateway-api', but this stack has no such kinds; add `gateway-api: {}` to it"],
    ),
    (
        {
            "istio": {"replicas": 9},
            "istio-gateway": {"replicas": 6, "reachedFrom": "internet", "allowedRanges": ["::/0"]},
        },
        ["istio.maxReplicas: 5, but replicas is 9; at most cannot be less than at least"],
    ),
    (
        {"istio": {}, "istio-gateway": {"replicas": 6, "reachedFrom": "internet", "allowedRanges": ["::/0"]}},
        [
            "istio-gateway.maxReplicas: 5, but replicas is 6; at most cannot be less than at least",
            "istio-gateway.reachedFrom: 'internet', but nothing in this stack makes load balancers; "
            "add `load-balancer-controller: {}`, or leave it out",
            "istio-gateway.allowedRanges: no load balancer stands before this gateway; leave it out",
        ],
    ),
    (
        {"istio": {}, "istio-gateway": {"tls": "load-balancer"}},
        [
            "istio-gateway.tls: 'load-balancer', but nothing in this stack makes load balancers; add "
            "`load-balancer-controller: {}`, or leave it out",
            "istio-gateway.tls: 'load-balancer', but nothing in this stack has certificates for one; add `acm: {}`, or "
            "leave it out",
            "istio-gateway.tls: 'load-balancer', but it speaks TLS to the gateway, which has no certificate; add "
            "`cert-manager: {}`, or leave it out",
        ],
    ),
    (
        {"user": {}, "second": {"component": "user"}, **ISTIO},
        ["user and second would both be the host web.platform.internal; give one of them another name than web"],
    ),
]


@pytest.mark.parametrize(("components", "messages"), BAD)
def test_what_does_not_fit_together_is_told(build: Any, components: dict[str, Any], messages: list[str]) -> None:
    """Each message names what to write instead."""
    assert problems(build, components) == messages


WRONG: list[tuple[dict[str, Any], str]] = [
    (
        {"istio-api": {"mode": "sidecar", "egress": ["github.com"]}},
        "istio-api.egress: must be a map with the keys allow (got ['github.com'])",
    ),
    (
        {"istio-api": {"domain": "https://ml.example.com"}},
        "istio-api.domain: 'https://ml.example.com' is no domain; an example is ml.example.com",
    ),
    (
        {"istio-api": {"egress": {}}},
        "istio-api: egress: only sidecars keep calls inside, and mode is 'ambient'; set it to sidecar, or leave egress "
        "out and close namespaces by network policies",
    ),
    (
        {"istio": {"egress": {"allow": ["huggingface.co"]}}},
        "istio: egress: said under `istio-api:`, which whatever is in the mesh goes by",
    ),
    (
        {"istio": {"mode": "ambient"}},
        "istio: mode: said under `istio-api:`, which whatever is in the mesh goes by",
    ),
    (
        {"istio": {}, "istio-api": {"mode": "side-car"}},
        "istio-api.mode: must be 'ambient' or 'sidecar' (got 'side-car')",
    ),
    (
        {"istio-api": {"mode": "sidecar", "egress": {"allow": ["https://huggingface.co"]}}},
        "istio-api.egress.allow.0: 'https://huggingface.co' is no destination; examples are huggingface.co, "
        "*.amazonaws.com and db.example.com:5432",
    ),
    (
        {"istio-api": {"mode": "sidecar", "egress": {"allow": ["db.example.com:99999"]}}},
        "istio-api.egress.allow.0: 'db.example.com:99999' is no destination; examples are huggingface.co, "
        "*.amazonaws.com and db.example.com:5432",
    ),
    (
        {**ISTIO, "istio-gateway": {"allowedRanges": ["everybody"]}},
        "istio-gateway.allowedRanges.0: 'everybody' is no range of addresses; an example is 203.0.113.0/24",
    ),
    (
        {"istio-api": {"callers": {"istio-ingres": ["airflow"]}}},
        "istio-api.callers.istio-ingres: no component makes the namespace 'istio-ingres'; "
        "did you mean 'istio-ingress'? valid: istio-ingress",
    ),
    (
        {"istio-api": {"callers": {"mlflow": ["Airflow"]}}},
        "istio-api.callers.mlflow.0: 'Airflow' is no caller: a namespace, such as airflow, or one account of it: "
        "airflow/worker",
    ),
    (
        {"istio-api": {"gateways": {"istio-ingress": {"domain": "a.b", "exposes": ["web"]}}}},
        "'istio-ingress' is no name for a gateway: lower case letters, digits, hyphens; 40 at most; "
        "istio-ingress is the mesh's own",
    ),
    (
        {
            "istio-api": {
                "domain": "ml.example.com",
                "gateways": {
                    "public": {"domain": "ml.example.com", "exposes": ["web"]},
                    "partner": {"domain": "partner.example.com", "exposes": ["web"]},
                },
            }
        },
        "istio-api: gateways.public.domain: 'ml.example.com' is that of the first gateway; "
        "gateways.partner.exposes: 'web' is exposed by public already",
    ),
    ({"istio-gateway": {}}, "istio-gateway requires an IstioControl: add istio to this stack"),
]


@pytest.mark.parametrize(("components", "message"), WRONG)
def test_bad_input_is_told(build: Any, components: dict[str, Any], message: str) -> None:
    """Each message names the key, the value and what would be valid."""
    with pytest.raises(StackError) as error:
        build(components)
    assert message in str(error.value)
