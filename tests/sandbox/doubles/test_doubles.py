"""A double has what its inventory tells, follows Helm's naming, and obeys the table of switches."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from groundwork.sandbox.doubles.chart import Double, make_double
from groundwork.sandbox.doubles.minimal import minimal
from groundwork.sandbox.doubles.switches import read_switches
from groundwork.sandbox.inventory import InventoryError, parse_inventory
from groundwork.sandbox.tools.locate import Tools

WEB = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "name": "release-shop-web",
    "replicas": 2,
    "podLabels": {"app": "shop", "release": "release"},
    "selector": {"app": "shop", "release": "release"},
    "serviceAccountName": "release-shop",
    "tolerations": [{"key": "a", "operator": "Exists"}],
    "secretVolumes": ["release-shop-tls"],
    "containers": [
        {"name": "wait", "image": "example/wait:1", "init": True},
        {
            "name": "web",
            "image": "example/web:1",
            "ports": [{"name": "http", "containerPort": 8080}],
            "probes": ["readinessProbe"],
            "resources": {"requests": {"cpu": "100m"}},
        },
    ],
}
FACTS: list[dict[str, Any]] = [
    {"apiVersion": "v1", "kind": "ServiceAccount", "name": "release-shop"},
    {"apiVersion": "v1", "kind": "Secret", "name": "release-shop-tls", "keys": ["tls.crt"], "hook": "pre-install"},
    {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "name": "shop-reader-namespace"},
    {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "name": "shop-reader-namespace",
        "roleRef": "ClusterRole/shop-reader-namespace",
        "subjects": ["ServiceAccount/release-shop"],
    },
    {
        "apiVersion": "v1",
        "kind": "Service",
        "name": "release-shop-web",
        "type": "ClusterIP",
        "ports": [{"port": 80, "targetPort": "http", "nodePort": None}],
        "selector": {"app": "shop", "release": "release"},
    },
    WEB,
    {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "name": "release-shop-web"},
    {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "name": "shop",
        "webhooks": [
            {
                "name": "v.shop.example",
                "failurePolicy": "Fail",
                "service": {"name": "release-shop-admission", "namespace": "namespace"},
            },
            {"name": "w.shop.example", "service": {"name": "shared", "namespace": "shops"}},
        ],
    },
    {"apiVersion": "monitoring.coreos.com/v1", "kind": "ServiceMonitor", "name": "release-shop"},
    {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "name": "release-shop"},
]


def double(facts: list[dict[str, Any]] | None = None, table: str = "", folder: Path | None = None) -> Double:
    inventory = parse_inventory(json.dumps(FACTS if facts is None else facts), "shop-1.0.0.json")
    switches = None
    if folder is not None:
        path = folder / "shop-1.0.0.switches.yaml"
        path.write_text(table, encoding="utf-8")
        switches = read_switches(path, inventory)
    return make_double("shop", "1.0.0", inventory, switches)


def render(
    made: Double, tools: Tools, folder: Path, name: str = "eu", values: dict[str, Any] | None = None
) -> dict[str, dict[str, Any]]:
    chart = made.write(folder / "chart")
    done = subprocess.run(
        [str(tools.helm), "template", name, str(chart), "--namespace", "sales", "--values", "-"],
        input=json.dumps(values or {}),
        capture_output=True,
        text=True,
        check=True,
    )
    found = [document for document in yaml.safe_load_all(done.stdout) if document]
    return {f"{document['kind']}/{document['metadata']['name']}": document for document in found}


def test_names_follow_the_release_and_its_namespace(tools: Tools, tmp_path: Path) -> None:
    found = render(double(), tools, tmp_path)
    assert set(found) == {
        "ServiceAccount/eu-shop",
        "Secret/eu-shop-tls",
        "ClusterRole/shop-reader-sales",
        "ClusterRoleBinding/shop-reader-sales",
        "Service/eu-shop-web",
        "Deployment/eu-shop-web",
        "PodDisruptionBudget/eu-shop-web",
        "ValidatingWebhookConfiguration/shop",
    }
    binding = found["ClusterRoleBinding/shop-reader-sales"]
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": "eu-shop", "namespace": "sales"}]
    assert found["Service/eu-shop-web"]["spec"]["selector"] == {"app": "shop", "release": "eu"}
    assert found["Deployment/eu-shop-web"]["metadata"]["namespace"] == "sales"


@pytest.mark.parametrize(
    ("release", "values", "name"),
    [("shop", {}, "shop-web"), ("eu", {"fullnameOverride": "kiosk"}, "kiosk-web"), ("my-shop", {}, "my-shop-web")],
)
def test_the_full_name_follows_helms_convention(
    release: str, values: dict[str, Any], name: str, tools: Tools, tmp_path: Path
) -> None:
    assert f"Deployment/{name}" in render(double(), tools, tmp_path, release, values)


def test_a_full_name_that_the_chart_cuts_is_cut(tools: Tools, tmp_path: Path) -> None:
    cut = [{"apiVersion": "v1", "kind": "ServiceAccount", "name": "release-long-chart-na-operator"}]
    inventory = parse_inventory(json.dumps(cut), "x")
    made = make_double("long-chart-name", "1.0.0", inventory)
    assert list(render(made, tools, tmp_path, "eu")) == ["ServiceAccount/eu-long-chart-name-operator"]
    assert list(render(made, tools, tmp_path, "europe-west")) == ["ServiceAccount/europe-west-long-char-operator"]


def test_a_workload_has_the_shape_of_the_inventory_and_the_label_of_a_double(tools: Tools, tmp_path: Path) -> None:
    web = render(double(), tools, tmp_path)["Deployment/eu-shop-web"]
    label = {"groundwork.example/double": "shop-1.0.0"}
    assert label.items() <= web["metadata"]["labels"].items()
    pod = web["spec"]["template"]
    assert pod["metadata"]["labels"] == {"app": "shop", "release": "eu", **label}
    assert pod["spec"]["serviceAccountName"] == "eu-shop"
    assert [c["name"] for c in pod["spec"]["initContainers"]] == ["wait"]
    main = pod["spec"]["containers"][0]
    assert main["image"] == "example/web:1"
    assert main["resources"] == {"requests": {"cpu": "100m"}}
    assert main["readinessProbe"] == {"tcpSocket": {"port": 8080}}
    assert pod["spec"]["volumes"][0]["secret"] == {"secretName": "eu-shop-tls", "optional": True}
    assert web["spec"]["replicas"] == 2


def test_hooks_secrets_and_webhooks_are_there_and_harmless(tools: Tools, tmp_path: Path) -> None:
    found = render(double(), tools, tmp_path)
    secret = found["Secret/eu-shop-tls"]
    assert secret["metadata"]["annotations"]["helm.sh/hook"] == "pre-install"
    assert secret["stringData"] == {"tls.crt": "double"}
    assert [hook["rules"] for hook in found["ValidatingWebhookConfiguration/shop"]["webhooks"]] == [[], []]


def test_a_webhook_names_the_service_that_answers_it(tools: Tools, tmp_path: Path) -> None:
    """Not just any Service of its chart: the report says by this name what was neutralised."""
    webhooks = render(double(), tools, tmp_path)["ValidatingWebhookConfiguration/shop"]["webhooks"]
    assert [hook["clientConfig"]["service"] for hook in webhooks] == [
        {"name": "eu-shop-admission", "namespace": "sales", "path": "/"},
        {"name": "shared", "namespace": "shops", "path": "/"},
    ]


def test_webhooks_whose_service_is_not_known_are_left_out() -> None:
    """A made up name would be a fact that nobody knows."""
    webhook = {"name": "v.shop.example", "failurePolicy": "Fail"}
    facts = [{**entry, "webhooks": [webhook]} if entry.get("webhooks") else entry for entry in FACTS]
    assert "ValidatingWebhookConfiguration/shop" in double(facts).left_out


def test_what_too_little_is_known_of_is_left_out_and_listed() -> None:
    assert double().left_out == ("ServiceMonitor/release-shop", "NetworkPolicy/release-shop")


def test_a_custom_resource_is_made_as_small_as_its_crd_allows(tools: Tools, tmp_path: Path) -> None:
    schema = {
        "properties": {
            "spec": {
                "type": "object",
                "required": ["endpoints", "selector", "mode"],
                "properties": {
                    "endpoints": {"type": "array", "minItems": 1, "items": {"type": "object"}},
                    "selector": {"type": "object"},
                    "mode": {"type": "string", "enum": ["pull", "push"]},
                },
            }
        }
    }
    assert minimal(schema) == {"spec": {"endpoints": [{}], "selector": {}, "mode": "pull"}}
    inventory = parse_inventory(json.dumps(FACTS), "x")
    made = make_double("shop", "1.0.0", inventory, None, lambda api_version, kind: schema)
    assert "ServiceMonitor/eu-shop" in render(made, tools, tmp_path)


def test_the_same_facts_give_the_same_files() -> None:
    assert double().files == double().files


TABLE = """
switches:
  - {value: web.enabled, default: true, objects: [Deployment/release-shop-web, Service/release-shop-web]}
replicas:
  - {value: web.replicas, object: Deployment/release-shop-web}
placement:
  - {value: web, object: Deployment/release-shop-web}
serviceAccounts:
  - {value: serviceAccount, object: ServiceAccount/release-shop}
"""


def test_without_values_the_switches_change_nothing(tools: Tools, tmp_path: Path) -> None:
    plain, switched = render(double(), tools, tmp_path), render(double(table=TABLE, folder=tmp_path), tools, tmp_path)
    web = switched["Deployment/eu-shop-web"]["spec"]["template"]["spec"]
    assert [web.pop(field) for field in ("affinity", "nodeSelector", "topologySpreadConstraints")] == [{}, {}, []]
    assert web.pop("priorityClassName") == ""
    assert switched["ServiceAccount/eu-shop"]["metadata"].pop("annotations") == {}
    assert switched == plain


def test_a_switch_turns_objects_off(tools: Tools, tmp_path: Path) -> None:
    made = double(table=TABLE, folder=tmp_path)
    found = render(made, tools, tmp_path, values={"web": {"enabled": False}})
    assert not {"Deployment/eu-shop-web", "Service/eu-shop-web"} & set(found)


def test_a_switch_may_wait_for_a_value_to_be_false(tools: Tools, tmp_path: Path) -> None:
    table = "switches: [{value: web.own, default: false, when: false, objects: [Service/release-shop-web]}]"
    made = double(table=table, folder=tmp_path)
    assert "Service/eu-shop-web" in render(made, tools, tmp_path)
    assert "Service/eu-shop-web" not in render(made, tools, tmp_path, values={"web": {"own": "another"}})


SETS = """
each:
  - value: web.sets
    into: web
    objects: [Deployment/release-shop-element, NetworkPolicy/release-shop-element, Scaler/release-shop-element]
replicas:
  - {value: web.replicas, object: Deployment/release-shop-element}
placement:
  - {value: web, object: Deployment/release-shop-element}
switches:
  - {value: web.closed, default: true, objects: [NetworkPolicy/release-shop-element]}
"""
SET_FACTS = [
    {**WEB, "name": "release-shop-element", "selector": {"set": "element"}, "podLabels": {"set": "element"}},
    {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "name": "release-shop-element",
        "selector": {"set": "element"},
        "ports": [{"port": 80}],
    },
    {
        "apiVersion": "scale.example/v1",
        "kind": "Scaler",
        "name": "release-shop-element",
        "target": "Deployment/release-shop-element",
    },
]


def test_each_element_of_a_list_has_objects_of_its_own(tools: Tools, tmp_path: Path) -> None:
    inventory = parse_inventory(json.dumps(SET_FACTS), "x")
    path = tmp_path / "shop-1.0.0.switches.yaml"
    path.write_text(SETS, encoding="utf-8")
    schema = {"properties": {"spec": {"type": "object"}}}
    made = make_double("shop", "1.0.0", inventory, read_switches(path, inventory), lambda api_version, kind: schema)
    assert render(made, tools, tmp_path) == {}
    sets = [{"name": "a", "replicas": 3}, {"name": "b", "nodeSelector": {"pool": "b"}, "closed": False}]
    found = render(made, tools, tmp_path, values={"web": {"replicas": 2, "sets": sets}})
    assert set(found) == {"Deployment/eu-shop-a", "Deployment/eu-shop-b", "NetworkPolicy/eu-shop-a"} | {
        *("Scaler/eu-shop-a", "Scaler/eu-shop-b")
    }
    first, second = found["Deployment/eu-shop-a"]["spec"], found["Deployment/eu-shop-b"]["spec"]
    assert (first["replicas"], second["replicas"]) == (3, 2)
    assert (first["template"]["spec"]["nodeSelector"], second["template"]["spec"]["nodeSelector"]) == (
        {},
        {"pool": "b"},
    )
    assert first["template"]["metadata"]["labels"]["set"] == "a"
    policy = found["NetworkPolicy/eu-shop-a"]["spec"]
    assert (policy["podSelector"], policy["ingress"]) == ({"matchLabels": {"set": "a"}}, [{"ports": [{"port": 80}]}])
    assert found["Scaler/eu-shop-b"]["spec"]["scaleTargetRef"]["name"] == "eu-shop-b"


def test_values_place_size_and_scale_a_workload(tools: Tools, tmp_path: Path) -> None:
    made = double(table=TABLE, folder=tmp_path)
    web = {"replicas": 5, "nodeSelector": {"pool": "gpu"}, "tolerations": [{"key": "gpu", "operator": "Exists"}]}
    values = {"web": {**web, "resources": {"limits": {"nvidia.com/gpu": 1}}}}
    spec = render(made, tools, tmp_path, values=values)["Deployment/eu-shop-web"]["spec"]
    assert spec["replicas"] == 5
    pod = spec["template"]["spec"]
    assert pod["nodeSelector"] == {"pool": "gpu"}
    assert pod["tolerations"] == web["tolerations"]
    # As Helm does, what is said is merged into the chart's default.
    resources = {"limits": {"nvidia.com/gpu": 1}, "requests": {"cpu": "100m"}}
    assert pod["containers"][0]["resources"] == resources


ROOT = """
placement:
  - {value: ., object: Deployment/release-shop-web}
"""


def test_a_chart_may_take_its_placement_at_the_root(tools: Tools, tmp_path: Path) -> None:
    """A chart of one workload has no map for it: its values are the placement."""
    values = {"nodeSelector": {"pool": "gpu"}, "priorityClassName": "high", "tolerations": []}
    found = render(double(table=ROOT, folder=tmp_path), tools, tmp_path, values=values)
    pod = found["Deployment/eu-shop-web"]["spec"]["template"]["spec"]
    assert (pod["nodeSelector"], pod["priorityClassName"], pod["tolerations"]) == ({"pool": "gpu"}, "high", [])
    unset = render(double(table=ROOT, folder=tmp_path), tools, tmp_path)["Deployment/eu-shop-web"]
    assert unset["spec"]["template"]["spec"]["tolerations"] == WEB["tolerations"]


PODS = """
pods:
  Deployment/release-shop-web:
    pod: {securityContext: [web.podSecurity, podSecurity]}
    containers:
      web: {securityContext: web.security, resources: web.resources}
      wait: {securityContext.seccompProfile: [seccomp], resources: wait.resources}
"""
SECURE = {
    **WEB,
    "podSecurityContext": {"fsGroup": 0},
    "containers": [
        {"name": "wait", "image": "example/wait:1", "init": True, "securityContext": {"runAsNonRoot": True}},
        {"name": "web", "image": "example/web:1", "securityContext": {"runAsUser": 1, "privileged": True}},
    ],
}


def pod_of(values: dict[str, Any], tools: Tools, folder: Path) -> dict[str, Any]:
    facts = [SECURE if entry is WEB else entry for entry in FACTS]
    found = render(double(facts, PODS, folder), tools, folder, values=values)
    pod: dict[str, Any] = found["Deployment/eu-shop-web"]["spec"]["template"]["spec"]
    return pod


def test_without_values_security_is_the_charts_own(tools: Tools, tmp_path: Path) -> None:
    """A double is as loose or as strict as its chart, not as we would like it."""
    pod = pod_of({}, tools, tmp_path)
    assert pod["securityContext"] == {"fsGroup": 0}
    assert pod["containers"][0]["securityContext"] == {"runAsUser": 1, "privileged": True}
    assert pod["initContainers"][0]["securityContext"] == {"runAsNonRoot": True}


def test_a_value_that_has_the_charts_default_is_merged_into_it(tools: Tools, tmp_path: Path) -> None:
    """Helm merges maps: what the program does not name stays, and null takes it away."""
    pod = pod_of({"web": {"security": {"runAsUser": 2, "privileged": None}}}, tools, tmp_path)
    assert pod["containers"][0]["securityContext"] == {"runAsUser": 2}


@pytest.mark.parametrize(
    ("values", "group"),
    [
        ({"podSecurity": {"fsGroup": 5}}, {"fsGroup": 5}),
        ({"podSecurity": {"fsGroup": 5}, "web": {"podSecurity": {"runAsUser": 6}}}, {"runAsUser": 6}),
        ({"podSecurity": {"fsGroup": 5}, "web": {"podSecurity": {}}}, {"fsGroup": 5}),
    ],
)
def test_the_first_value_that_says_something_stands_instead_of_the_charts_own(
    values: dict[str, Any], group: dict[str, Any], tools: Tools, tmp_path: Path
) -> None:
    """A template's own fallback is replaced as a whole, by the nearest value."""
    assert pod_of(values, tools, tmp_path)["securityContext"] == group


def test_a_value_may_add_to_what_the_template_says(tools: Tools, tmp_path: Path) -> None:
    """Some charts fix a security context but for its seccomp profile."""
    pod = pod_of({"seccomp": {"type": "RuntimeDefault"}}, tools, tmp_path)
    assert pod["initContainers"][0]["securityContext"] == {
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def test_sidecars_and_init_containers_have_the_resources_that_values_give_them(tools: Tools, tmp_path: Path) -> None:
    """Each container by its name: none of them gets what is another's."""
    small, large = {"limits": {"memory": "1Gi"}}, {"limits": {"memory": "2Gi"}}
    pod = pod_of({"wait": {"resources": small}, "web": {"resources": large}}, tools, tmp_path)
    assert (pod["initContainers"][0]["resources"], pod["containers"][0]["resources"]) == (small, large)


def test_a_service_account_takes_its_annotations_its_name_or_goes(tools: Tools, tmp_path: Path) -> None:
    made = double(table=TABLE, folder=tmp_path)
    role = {"eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/shop"}
    found = render(made, tools, tmp_path, values={"serviceAccount": {"name": "clerk", "annotations": role}})
    assert found["ServiceAccount/clerk"]["metadata"]["annotations"] == role
    assert found["Deployment/eu-shop-web"]["spec"]["template"]["spec"]["serviceAccountName"] == "clerk"
    assert found["ClusterRoleBinding/shop-reader-sales"]["subjects"][0]["name"] == "clerk"
    gone = render(made, tools, tmp_path, values={"serviceAccount": {"name": "clerk", "create": False}})
    assert "ServiceAccount/clerk" not in gone


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("replicas: [{value: a.b, object: Deployment/nope}]", "does not have: Deployment/nope"),
        ("replicas: [{value: 'a..b', object: Deployment/release-shop-web}]", "names joined by dots"),
        (
            "pods: {Deployment/release-shop-web: {containers: {nope: {resources: r}}}}",
            "Deployment/release-shop-web/nope",
        ),
        ("pods: {Deployment/release-shop-web: {pod: {image: i}}}", "pods.Deployment/release-shop-web.pod.image"),
        (
            "pods: {Deployment/release-shop-web: {containers: {wait: {resources: r}, web: {resources: r}}}}",
            "r has another default for another field",
        ),
        ("each: [{value: a, into: b, objects: [Deployment/nope]}]", "does not have: Deployment/nope"),
        ("switch: []", "switch: Extra inputs are not permitted"),
        ("replicas: [", "shop-1.0.0.switches.yaml"),
    ],
)
def test_a_wrong_table_is_refused_with_the_reason(table: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(InventoryError) as caught:
        double(table=table, folder=tmp_path)
    assert words in str(caught.value)
