"""Knative Serving, and models that run by it: what is asked of KServe, and who may call whom."""

from __future__ import annotations

import json
from typing import Any

import pytest
from addons._knative_values import PARTS

from groundwork.core.errors import StackError
from groundwork.sandbox.controlplane.client import KubeClient
from groundwork.sandbox.controlplane.errors import ApiError
from groundwork.testing import Graph, Registered
from tests.addons.logins import CONNECTORS
from tests.addons.server import install_definitions
from tests.addons.test_serving import CHAT, CHURN, STACK, model, spec

# No KEDA and no metrics: whoever runs models by their requests needs neither.
BY_REQUESTS: dict[str, Any] = {
    **{name: given for name, given in STACK.items() if name not in ("keda-api", "prometheus-api")},
    "kserve": {"mode": "knative"},
    "knative": {"callers": ["airflow"]},
    "login": {"connectors": {"saml": CONNECTORS["saml"]}},
}
_RELEASE = "kubernetes:helm.sh/v3:Release"
_HTTP = [8012, 8013]


def server(policy: str) -> dict[str, Any]:
    """Return a Knative Service as KServe makes one for a model on a GPU; `policy`: where requests go."""
    pod = {
        "containers": [{"image": "kserve/huggingfaceserver:v0.20.0-gpu", "name": "kserve-container"}],
        "nodeSelector": {"groundwork.example/pool": "gpu"},
        "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists"}],
        "priorityClassName": "groundwork-serving",
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
    }
    latest: dict[str, Any] = {"latestRevision": True, "percent": 10}
    return {
        "apiVersion": "serving.knative.dev/v1",
        "kind": "Service",
        "metadata": {"name": "chat-predictor", "namespace": "default"},
        "spec": {
            "template": {"spec": pod},
            "traffic": [latest if policy == "latest" else {**latest, "percent": policy}],
        },
    }


@pytest.fixture(scope="module")
def graph(build: Any) -> Graph:
    """One model on CPUs, and one on a GPU that pauses and has a canary."""
    made: Graph = build({**BY_REQUESTS, "models": {"models": {"churn": CHURN, "chat": CHAT}}}, "prod")
    return made


def values(graph: Graph) -> dict[str, Any]:
    found: dict[str, Any] = graph.one(_RELEASE, "knative").inputs["values"]
    return found


def rules(graph: Graph, namespace: str, port: int) -> set[str]:
    """Return who the mesh lets in at a port of a namespace."""
    policies = [
        r.inputs["spec"]["rules"]
        for r in graph
        if r.type.endswith(":AuthorizationPolicy") and r.inputs["metadata"]["namespace"] == namespace
        if "rules" in r.inputs["spec"] and "selector" not in r.inputs["spec"]
    ]
    return {
        caller
        for rule in (rule for of_policy in policies for rule in of_policy)
        if str(port) in rule.get("to", [{"operation": {"ports": []}}])[0]["operation"]["ports"]
        for source in rule["from"]
        for caller in (*source["source"].get("principals", ()), *source["source"].get("namespaces", ()))
    }


def network_policy(graph: Graph, namespace: str, name: str) -> list[dict[str, Any]]:
    return next(
        r.inputs["spec"]["ingress"]
        for r in graph
        if r.type.endswith(":NetworkPolicy")
        and (r.inputs["metadata"]["namespace"], r.inputs["metadata"]["name"]) == (namespace, name)
    )


def test_a_models_requests_decide_how_many_copies_there_are(graph: Graph) -> None:
    """Down to none after the minutes that the stack file says, the autoscaler's own window among them."""
    annotations = model(graph, "chat")["metadata"]["annotations"]
    assert annotations == {
        "serving.kserve.io/deploymentMode": "Knative",
        "autoscaling.knative.dev/metric": "rps",
        "autoscaling.knative.dev/target": "5",
        "autoscaling.knative.dev/scale-to-zero-pod-retention-period": "840s",
    }
    predictor = model(graph, "chat")["spec"]["predictor"]
    assert (predictor["minReplicas"], predictor["maxReplicas"]) == (0, 2)
    assert "scale-to-zero-pod-retention-period" not in str(model(graph, "churn"))
    assert not [r for r in graph if r.type.endswith((":ScaledObject", ":HorizontalPodAutoscaler"))]


def test_a_model_on_a_gpu_says_what_knative_was_told_to_let_pass(graph: Graph) -> None:
    """Knative refuses these fields of a pod unless its features name them."""
    predictor = model(graph, "chat")["spec"]["predictor"]
    assert predictor["nodeSelector"] == {"groundwork.example/pool": "gpu"}
    features = values(graph)["config"]["features"]
    for field, feature in (
        ("nodeSelector", "nodeselector"),
        ("tolerations", "tolerations"),
        ("securityContext", "securitycontext"),
    ):
        assert predictor[field]
        assert features[f"kubernetes.podspec-{feature}"] == "enabled"
    for feature in ("affinity", "priorityclassname"):
        assert features[f"kubernetes.podspec-{feature}"] == "enabled"


def test_a_canary_is_the_newest_version_with_its_share(graph: Graph) -> None:
    """Knative keeps the version before it, and weighs; KServe's list of canaries is for its Standard mode."""
    given = model(graph, "chat")["spec"]
    assert "canary" not in given
    assert given["predictor"]["canaryTrafficPercent"] == 10
    assert given["predictor"]["model"]["storageUri"] == "hf://Qwen/Qwen3-8B"
    assert "canaryTrafficPercent" not in model(graph, "churn")["spec"]["predictor"]


def test_a_model_is_exposed_by_the_way_inside_and_behind_a_login(graph: Graph) -> None:
    """Only that way knows which version a request goes to, and it knows the model by its own name."""
    route = spec(graph, "VirtualService", "chat-models")
    assert route["hosts"] == ["chat-models.platform.internal"]
    (rule,) = route["http"]
    assert rule["rewrite"] == {"authority": "chat-predictor.models.svc.cluster.local"}
    (target,) = rule["route"]
    assert target["destination"] == {
        "host": "knative-local-gateway.istio-ingress.svc.cluster.local",
        "port": {"number": 80},
    }
    asked = [
        r.inputs["spec"]["rules"][0]["to"][0]["operation"]["hosts"]
        for r in graph
        if r.type.endswith(":AuthorizationPolicy") and r.inputs["spec"].get("action") == "CUSTOM"
    ]
    assert any("chat-models.platform.internal" in hosts for hosts in asked)


def test_the_gateway_api_renames_the_host_too(build: Any) -> None:
    """Whichever kind of route the platform's gateway reads."""
    stack = {**BY_REQUESTS, "istio-api": {"routes": "gateway-api"}, "gateway-api": {}}
    made = build({**stack, "models": {"models": {"churn": CHURN}}})
    (rule,) = spec(made, "HTTPRoute", "churn-models")["rules"]
    hostname = "churn-predictor.models.svc.cluster.local"
    assert rule["filters"] == [{"type": "URLRewrite", "urlRewrite": {"hostname": hostname}}]
    assert rule["backendRefs"] == [{"name": "knative-local-gateway", "port": 80}]
    # Knative's own routes are Istio's all the same.
    assert spec(made, "Gateway", "knative-local-gateway")["servers"][0]["port"]["number"] == 8081


def test_nobody_calls_a_model_past_those_who_may(graph: Graph) -> None:
    """Activator and gateway call any server for whoever calls them: so both are closed themselves."""
    callers = {
        "cluster.local/ns/istio-ingress/sa/istio-ingress",
        "cluster.local/ns/knative-serving/sa/activator",
        "cluster.local/ns/knative-serving/sa/controller",
    }
    assert rules(graph, "models", 8012) == callers
    gateway = "cluster.local/ns/istio-ingress/sa/istio-ingress"
    assert rules(graph, "knative-serving", 8012) == {gateway, "models", "airflow"}
    others, inside = network_policy(graph, "istio-ingress", "knative-local-gateway-closed")
    assert [(port["port"], port["endPort"]) for port in others["ports"]] == [(1, 8080), (8082, 65535)]
    assert "from" not in others
    own, knative = inside["from"]
    assert (own, inside["ports"]) == (
        {"podSelector": {"matchLabels": {"app": "istio-ingress"}}},
        [{"protocol": "TCP", "port": 8081}],
    )
    assert knative["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "knative-serving"}
    for name in ("models", "airflow"):
        (rule,) = network_policy(graph, "istio-ingress", f"knative-local-gateway-from-{name}")
        assert rule["from"] == [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}}]
        (rule,) = network_policy(graph, "knative-serving", f"servers-of-{name}")
        assert [port["port"] for port in rule["ports"]] == [*_HTTP, 15008]


def test_no_server_is_exposed_by_knative_itself(graph: Graph) -> None:
    """What it exposes has no login before it: so every server is the cluster's own."""
    config = values(graph)["config"]
    assert config["domain"] == {"svc.cluster.local": ""}
    assert config["network"]["autocreate-cluster-domain-claims"] == "false"
    (inner,) = json.loads(config["istio"]["local-gateways"])
    assert inner == {
        "name": "knative-local-gateway",
        "namespace": "istio-ingress",
        "service": "knative-local-gateway.istio-ingress.svc.cluster.local",
    }


@pytest.mark.parametrize(("mode", "compatibility"), [("ambient", "disabled"), ("sidecar", "enabled")])
def test_pods_are_called_by_address_only_where_the_mesh_knows_them_so(
    build: Any, mode: str, compatibility: str
) -> None:
    """A sidecar takes who calls by address for a stranger, and turns him away."""
    made = build({"knative": {}, "istio-api": {"mode": mode}})
    assert values(made)["config"]["network"]["mesh-compatibility-mode"] == compatibility


def test_all_of_it_outlives_a_node_where_the_environment_does(graph: Graph, build: Any) -> None:
    """Two of each controller, three that keep requests waiting, and a budget over each; in dev one and none."""
    copies = {name: given["replicas"] for name, given in values(graph)["workloads"].items()}
    assert copies == {**dict.fromkeys(PARTS, 2), "activator": 3}
    budgets = [
        r.inputs["metadata"]["name"]
        for r in graph
        if r.type.endswith(":PodDisruptionBudget") and r.inputs["metadata"]["namespace"] == "knative-serving"
    ]
    assert sorted(budgets) == sorted(PARTS)
    small = build({"knative": {}})
    assert {given["replicas"] for given in values(small)["workloads"].values()} == {1}
    assert not [r for r in small if r.type.endswith(":PodDisruptionBudget")]


def test_activators_follow_their_cpu_where_something_measures_it(build: Any) -> None:
    """Then the chart's Deployment says no number: each upgrade would undo the autoscaler's."""
    made: Graph = build({"knative": {}, "metrics-server": {}}, "prod")
    assert values(made)["activator"]["scaled"]
    scaled = spec(made, "HorizontalPodAutoscaler", "activator")
    assert (scaled["minReplicas"], scaled["maxReplicas"]) == (3, 10)


def test_kserve_comes_after_knative_and_starts_anew_with_it(graph: Graph, build: Any) -> None:
    """It looks for Knative's kinds only when it starts."""
    controller = graph.one(_RELEASE, "kserve")
    assert graph.one(_RELEASE, "knative").urn in graph.before(controller)
    given = controller.inputs["values"]["kserve"]["controller"]
    assert (given["deploymentMode"], given["gateway"]["disableIstioVirtualHost"]) == ("Knative", True)
    beside: Registered = build({**STACK, "knative": {}}).one(_RELEASE, "kserve")
    given = beside.inputs["values"]["kserve"]["controller"]
    assert (given["deploymentMode"], bool(given["podAnnotations"])) == ("Standard", True)
    alone = build(STACK).one(_RELEASE, "kserve").inputs["values"]["kserve"]["controller"]
    assert "podAnnotations" not in alone
    assert "disableIstioVirtualHost" not in alone["gateway"]


def test_beside_knative_a_standard_model_stays_as_it_is(build: Any) -> None:
    """Its namespace is opened to nobody: the mode alone says by what models run."""
    models = {"models": {"models": {"churn": CHURN}}}
    without, beside = build({**STACK, **models}), build({**STACK, "knative": {}, **models})
    assert model(beside, "churn") == model(without, "churn")
    assert rules(beside, "models", 8012) == set()


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        (
            {"knative": None},
            "kserve.mode: 'knative', but nothing in this stack runs servers by their requests; add `knative: {}` to "
            "it, or leave the mode at standard",
        ),
        (
            {"knative": {"activators": 4, "maxActivators": 3}},
            "knative.maxActivators: 3, but activators is 4; at most cannot be less than at least",
        ),
        (
            {"knative": {"callers": ["air_flow"]}},
            "Pulumi.test.yaml:29: knative.callers.0: 'air_flow' is no name for a namespace: lower case letters, "
            "digits, hyphens",
        ),
        (
            {"models": {"models": {"chat": {**CHAT, "idleMinutes": 90}}}},
            "models: model 'chat': its last copy is to stay for 90 minutes without a request (idleMinutes); 60 is the "
            "most that can be asked for",
        ),
        (
            {"models": {"models": {"chat": {**CHAT, "min": 3, "canary": {"uri": "hf://a/b", "percent": 101}}}}},
            "models: model 'chat': min is 3, and max 2: 0 ≤ min ≤ max, and max is 1 at least; models: model 'chat': "
            "canary.percent is 101: 0 to 100",
        ),
    ],
)
def test_what_cannot_run_by_requests_is_told(build: Any, changes: dict[str, Any], problem: str) -> None:
    """All at once, with what to add or what would be valid."""
    stack = {name: given for name, given in {**BY_REQUESTS, **changes}.items() if given is not None}
    with pytest.raises(StackError) as error:
        build(stack)
    assert "; ".join(error.value.problems) == problem


def test_a_model_tells_that_nothing_runs_it_by_its_requests() -> None:
    """Where KServe is another stack's, and Knative no contract of this one."""
    from addons._kserve_knative import problems

    from groundwork.core.contracts import Copies

    assert problems(Copies(), None) == [
        "models run by their requests here (kserve.mode: knative), and nothing in this stack does that; add "
        "`knative: {}` to it, or import the stack that has it"
    ]


def test_the_server_refuses_a_share_that_is_no_number(api_server: KubeClient) -> None:
    """The real CRDs check what KServe makes: one that accepted everything would show nothing."""
    install_definitions(api_server)
    with pytest.raises(ApiError, match="percent"):
        api_server.apply(server("most"), dry_run=True)
