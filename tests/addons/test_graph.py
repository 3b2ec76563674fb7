"""What add-ons register: in which order, in which namespaces, with which secrets."""

from __future__ import annotations

import json
from typing import Any

import pytest
from addons import nvidia_device_plugin

from groundwork.core.errors import StackError
from groundwork.testing import Graph, Registered
from tests.addons.rendering import CHARTS

RELEASE = "kubernetes:helm.sh/v3:Release"
NAMESPACE = "kubernetes:core/v1:Namespace"


def release(graph: Graph, chart: str) -> Registered:
    """Return the release of a chart, by the last part of its reference."""
    found = [r for r in graph.of(RELEASE) if r.inputs["chart"].rpartition("/")[2] == chart]
    assert len(found) == 1
    return found[0]


def test_every_add_on_builds_at_once(everything: Graph) -> None:
    """No circle through cross-cutting contracts: the mesh is measured, and what measures is in the mesh."""
    charts = {r.inputs["chart"].rpartition("/")[2] for r in everything.of(RELEASE)}
    assert charts == set(CHARTS)


def test_releases_bring_no_crds(everything: Graph) -> None:
    """CRDs come from API components alone, and stay when those go."""
    assert all(r.inputs["skipCrds"] for r in everything.of(RELEASE))
    crds = everything.of("kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition")
    assert crds
    assert all(crd.retain_on_delete and crd.protect for crd in crds)


def test_add_ons_go_before_the_nodes(everything: Graph) -> None:
    """A destroy that took the nodes first would leave releases that can never be removed."""
    nodes = everything.one("test:index:Marker", "pools-nodes")
    waiting = [r for r in everything.of(RELEASE) if nodes.urn in everything.before(r)]
    assert len(waiting) == len(everything.of(RELEASE))


def test_istio_comes_in_its_order(everything: Graph) -> None:
    """The gateway's image is what the control plane's webhook puts in: before that it cannot start."""
    gateway, control = release(everything, "gateway"), release(everything, "istiod")
    assert control.urn in everything.before(gateway)
    assert {release(everything, "base").urn, release(everything, "cni").urn} <= everything.before(control)


def test_airflow_starts_after_its_migration(everything: Graph) -> None:
    """The database is made, then migrated to this version, then used; logs have their bucket by then."""
    airflow = release(everything, "airflow")
    job = everything.one("kubernetes:batch/v1:Job", "airflow-prepare")
    database = everything.one("test:index:Marker", "airflow-airflow-database")
    bucket = everything.one("test:index:Marker", "airflow-airflow-logs-bucket")
    assert {job.urn, bucket.urn} <= everything.before(airflow)
    assert database.urn in everything.before(job)
    assert job.inputs["metadata"]["name"] == "airflow-prepare-3-2-2"


def test_airflows_parts_reach_the_logs(everything: Graph) -> None:
    """Every part that writes or reads task logs has the right to, under the account that the chart gives it."""
    bucket = everything.one("test:index:Marker", "airflow-airflow-logs-bucket")
    values = release(everything, "airflow").inputs["values"]
    named = {values[part]["serviceAccount"]["name"] for part in ("apiServer", "dagProcessor", "scheduler", "triggerer")}
    named.add(values["workers"]["kubernetes"]["serviceAccount"]["name"])
    assert set(bucket.inputs["readerWriters"]) == {f"airflow/{name}" for name in named}


def test_kubeflow_waits_for_its_stores(everything: Graph) -> None:
    """Pipelines finds two databases and a bucket."""
    before = everything.before(release(everything, "kubeflow-pipelines"))
    for marker in ("kubeflow-kubeflow-metadata-database", "kubeflow-kubeflow-pipelines-bucket"):
        assert everything.one("test:index:Marker", marker).urn in before
    assert everything.one("kubernetes:core/v1:Secret", "kubeflow-mysql-access").urn in before


def test_a_grant_comes_before_the_pods_that_need_it(everything: Graph) -> None:
    """A pod that starts without its identity keeps none."""
    for chart, grant in (
        ("cluster-autoscaler", "cluster-autoscaler-node-groups-grant"),
        ("aws-load-balancer-controller", "load-balancer-controller-balancers-grant"),
    ):
        assert everything.one("test:index:Marker", grant).urn in everything.before(release(everything, chart))


def test_grants_are_for_the_charts_own_accounts(everything: Graph) -> None:
    """The account that gets the right is the one that the chart is told to make."""
    scaler = everything.one("test:index:Marker", "cluster-autoscaler-node-groups-grant").inputs["account"]
    made = release(everything, "cluster-autoscaler").inputs["values"]["rbac"]["serviceAccount"]["name"]
    assert scaler == f"cluster-autoscaler/{made}"
    balancers = everything.one("test:index:Marker", "load-balancer-controller-balancers-grant").inputs["account"]
    made = release(everything, "aws-load-balancer-controller").inputs["values"]["serviceAccount"]["name"]
    assert balancers == f"load-balancer-controller/{made}"


def test_only_reading_is_allowed_on_everything(everything: Graph) -> None:
    """An action that changes something names what it may change."""
    for grant in ("cluster-autoscaler-node-groups-grant", "load-balancer-controller-balancers-grant"):
        for statement in everything.one("test:index:Marker", grant).inputs["statements"]:
            if "*" in statement["resources"]:
                verbs = {action.partition(":")[2] for action in statement["actions"]}
                assert not [verb for verb in verbs if not verb.startswith(("Describe", "Get", "List"))]
            assert not [action for action in statement["actions"] if "*" in action]


def test_values_hold_no_secret(everything: Graph) -> None:
    """A Release's values are plain text in its state, and in the cluster once more."""
    for found in everything.of(RELEASE):
        text = json.dumps(found.inputs["values"])
        assert "random-" not in text
        assert "hidden" not in text


def test_namespaces_enforce_a_standard(everything: Graph) -> None:
    """Restricted, but for Pods that reach into their node, and for the steps of pipelines that people write."""
    levels = {
        ns.inputs["metadata"]["name"]: ns.inputs["metadata"]["labels"]["pod-security.kubernetes.io/enforce"]
        for ns in everything.of(NAMESPACE)
    }
    assert {name: level for name, level in levels.items() if level != "restricted"} == {
        "dcgm-exporter": "privileged",
        "fluent-bit": "privileged",
        "istio-cni": "privileged",
        "kubeflow": "baseline",
        "monitoring": "privileged",
        "node-feature-discovery": "privileged",
        "nvidia-device-plugin": "privileged",
    }


def test_copies_follow_the_environment(build: Any, everything: Graph) -> None:
    """One copy where nobody is woken, two where somebody would be."""
    small = build({"keda": {}, "cert-manager": {}, "istio": {}})
    assert release(small, "keda").inputs["values"]["operator"]["replicaCount"] == 1
    assert release(everything, "keda").inputs["values"]["operator"]["replicaCount"] == 2
    assert release(small, "istiod").inputs["values"]["autoscaleMin"] == 1
    assert release(everything, "istiod").inputs["values"]["autoscaleMin"] == 2


def test_nothing_is_measured_without_metrics(build: Any) -> None:
    """An add-on works alone: no ServiceMonitor where nobody has that kind."""
    graph = build({"keda": {}, "cert-manager": {}})
    assert not [r for r in graph if "monitoring.coreos.com" in r.type]
    assert release(graph, "keda").inputs["values"]["prometheus"]["operator"] == {"enabled": False}


def test_choosing_a_product_brings_its_kinds(build: Any) -> None:
    """`keda: {}` is enough: its API component comes along."""
    names = {r.name for r in build({"keda": {}, "kubeflow": {}, "sql": {}, "objects": {}}) if not r.custom}
    assert {"keda-api", "kubeflow-api", "argo-workflows-api"} <= names


def test_workers_land_on_their_pool(build: Any) -> None:
    """A pool's taint and label follow from its name."""
    graph = build({"sql": {}, "objects": {}, "pools": {}, "airflow": {"workers": {"pool": "gpu"}}})
    worker = release(graph, "airflow").inputs["values"]["workers"]["kubernetes"]
    assert worker["nodeSelector"] == {"groundwork.example/pool": "gpu"}
    assert [t["key"] for t in worker["tolerations"]] == ["nvidia.com/gpu"]


def test_a_store_with_credentials_reaches_airflow_by_its_secret(build: Any) -> None:
    """Where pods have no cloud identity, each variable names its Secret; the values hold none."""
    graph = build({"sql": {}, "objects": {"credentials": True}, "airflow": {}})
    values = release(graph, "airflow").inputs["values"]
    assert {"name": "AWS_ENDPOINT_URL_S3", "value": "http://store:9000"} in values["env"]
    assert {(s["envName"], s["secretName"]) for s in values["secret"]} == {
        ("AWS_ACCESS_KEY_ID", "airflow-logs-keys"),
        ("AWS_SECRET_ACCESS_KEY", "airflow-logs-keys"),
    }


def test_the_device_plugin_runs_where_gpus_are(build: Any) -> None:
    """It runs on the pools with GPUs; without any it waits for a node that says it has one."""

    def terms(values: Any) -> Any:
        return values["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]

    graph = build({"pools": {}, "nvidia-device-plugin": {}})
    on_pool = {"key": "groundwork.example/pool", "operator": "In", "values": ["gpu"]}
    assert terms(release(graph, "nvidia-device-plugin").inputs["values"]) == [{"matchExpressions": [on_pool]}]
    present = {"key": "nvidia.com/gpu.present", "operator": "In", "values": ["true"]}
    assert terms(nvidia_device_plugin.values([])) == [{"matchExpressions": [present]}]


@pytest.mark.parametrize(
    ("components", "message"),
    [
        (
            {"airflow": {"executors": ["celeri"]}},
            "airflow.executors.0: must be 'celery', 'kubernetes' or 'local' (got 'celeri')",
        ),
        (
            {"airflow": {"executors": ["kubernetes", "kubernetes"]}},
            "airflow: executors: 'kubernetes' is there twice",
        ),
        (
            {"airflow": {"workers": {"pool": "gpu"}}},
            "airflow.workers.pool: 'gpu', but this stack has no pools; leave it out",
        ),
        (
            {"airflow": {"workers": {"pool": "gqu"}}, "pools": {}},
            "no pool 'gqu'; did you mean 'gpu'? valid: default, gpu",
        ),
        (
            {"istio": {"platform": "eks"}},
            "istio.platform: must be 'gke', 'k3d', 'k3s', 'microk8s', 'minikube' or 'openshift' (got 'eks')",
        ),
        (
            {"istio-api": {"domain": "nodots"}},
            "istio-api.domain: 'nodots' is no domain; an example is ml.example.com",
        ),
        (
            {"keda": {}, "more-keda": {"component": "keda"}},
            "keda and more-keda are both keda: a cluster can have one; keep one",
        ),
    ],
)
def test_bad_input_is_told(build: Any, components: dict[str, Any], message: str) -> None:
    """Each message names the key, the value and what would be valid."""
    with pytest.raises(StackError) as error:
        build({"sql": {}, "objects": {}, **components})
    assert message in str(error.value)
