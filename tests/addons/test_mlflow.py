"""MLflow: what is done before it starts, who may call it, what is kept and what goes."""

from __future__ import annotations

import ast
from typing import Any

import pytest
from addons import _mlflow_jobs, _mlflow_teams

from groundwork.core.errors import StackError
from groundwork.core.registry import Registry
from groundwork.sandbox.controlplane.client import KubeClient
from groundwork.sandbox.controlplane.waiting import wait_for
from groundwork.testing import Graph, Registered, record
from tests.addons.conftest import STUBS
from tests.addons.stub_login import StubLogin

ADD_ONS = ("istio-api", "mlflow", "prometheus-api", "teams")
REGISTRY = Registry({**STUBS, "login": StubLogin, **{name: f"addons.{name.replace('-', '_')}" for name in ADD_ONS}})
STORES: dict[str, Any] = {"cluster": {}, "sql": {}, "objects": {"credentials": True}}
JOB, CRON = "kubernetes:batch/v1:Job", "kubernetes:batch/v1:CronJob"


def build(components: dict[str, Any], environment: str = "dev") -> Graph:
    """Build a stack of these, with both stores."""
    return record({**STORES, **components}, environment=environment, registry=REGISTRY)


@pytest.fixture(scope="module")
def prod() -> Graph:
    """MLflow and the teams in production, where whoever reaches it may do everything."""
    return build({"mlflow": {}, "teams": {}, "istio-api": {}, "login": {}, "prometheus-api": {}}, "prod")


@pytest.fixture(scope="module")
def closed() -> Graph:
    """The same with a workspace for each team."""
    return build({"mlflow": {"access": "teams"}, "teams": {}, "prometheus-api": {}})


def server(graph: Graph) -> dict[str, Any]:
    """Return the server's container."""
    pod = graph.one("kubernetes:apps/v1:Deployment", "mlflow-server").inputs["spec"]["template"]["spec"]
    container: dict[str, Any] = pod["containers"][0]
    return container


def test_the_database_is_migrated_after_a_dump_and_before_the_server(prod: Graph) -> None:
    """MLflow refuses to start on the schema of another version, and a migration cannot be undone."""
    job = prod.one(JOB, "mlflow-migrate")
    assert job.inputs["metadata"]["name"] == "mlflow-migrate-v3-17-0-full"
    assert job.urn in prod.before(prod.one("kubernetes:apps/v1:Deployment", "mlflow-server"))
    assert prod.one("test:index:Marker", "mlflow-mlflow-database").urn in prod.before(job)
    assert prod.one("test:index:Marker", "mlflow-mlflow-backup-bucket").urn in prod.before(job)
    pod = job.inputs["spec"]["template"]["spec"]
    assert [container["name"] for container in pod["initContainers"]] == ["dump", "upload"]
    label = {"name": "LABEL", "value": "before-v3-17-0-full-"}
    assert label in pod["initContainers"][1]["env"]


def test_the_page_may_call_its_own_server(prod: Graph) -> None:
    """A browser names the page's origin, and MLflow refuses its own unless it is listed; other hosts stay out."""
    arguments = server(prod)["args"]
    assert "--cors-allowed-origins=http://mlflow.platform.internal" in arguments
    (hosts,) = [argument.partition("=")[2].split(",") for argument in arguments if argument.startswith("--allowed")]
    assert {"mlflow.mlflow.svc.cluster.local:5000", "mlflow.platform.internal", "10.*"} <= set(hosts)
    assert "*" not in hosts
    hidden = server(build({"mlflow": {}}))["args"]
    assert not [argument for argument in hidden if argument.startswith("--cors")]


def test_only_namespaces_of_the_platform_reach_it(prod: Graph) -> None:
    """And those that the stack file names."""
    policy = prod.one("kubernetes:networking.k8s.io/v1:NetworkPolicy", "mlflow-callers").inputs["spec"]
    (rule,) = policy["ingress"]
    part_of = {"key": "app.kubernetes.io/part-of", "operator": "Exists"}
    assert rule["from"] == [{"namespaceSelector": {"matchExpressions": [part_of]}}]
    more = build({"mlflow": {"clients": ["notebooks"]}})
    rule = more.one("kubernetes:networking.k8s.io/v1:NetworkPolicy", "mlflow-callers").inputs["spec"]["ingress"][0]
    named = {"key": "kubernetes.io/metadata.name", "operator": "In", "values": ["notebooks"]}
    assert rule["from"][1] == {"namespaceSelector": {"matchExpressions": [named]}}


def test_a_teams_closed_namespace_gets_a_way_to_it(prod: Graph) -> None:
    """One Secret is all that a client needs; without users of MLflow's own it is only the address."""
    way = prod.one("kubernetes:networking.k8s.io/v1:NetworkPolicy", "teams-team-vision-mlflow-way").inputs["spec"]
    (rule,) = way["egress"]
    # The mesh of the team comes by its own port.
    assert rule["ports"] == [{"protocol": "TCP", "port": port} for port in (5000, 15008)]
    assert rule["to"][0]["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "mlflow"}
    client = prod.one("kubernetes:core/v1:Secret", "teams-team-vision-mlflow-client").inputs
    assert client["metadata"] == {"name": "mlflow", "namespace": "team-vision"}
    assert set(client["stringData"]["value"]) == {"MLFLOW_TRACKING_URI"}


def test_with_teams_each_gets_a_workspace_and_a_password(closed: Graph) -> None:
    """Made by a Job in the server's namespace: the administrator's password goes nowhere else."""
    assert {"--app-name=basic-auth", "--enable-workspaces"} <= set(server(closed)["args"])
    client = closed.one("kubernetes:core/v1:Secret", "teams-team-vision-mlflow-client")
    assert client.inputs["stringData"]["value"]["MLFLOW_WORKSPACE"] == "team-vision"
    assert "MLFLOW_TRACKING_PASSWORD" in client.inputs["stringData"]["value"]
    job = closed.one(JOB, "teams-team-vision-mlflow-job")
    assert job.inputs["metadata"]["namespace"] == "mlflow"
    assert closed.one("kubernetes:apps/v1:Deployment", "mlflow-server").urn in closed.before(job)
    assert job.urn in closed.before(client)
    holders = {
        r.inputs["metadata"]["namespace"] for r in closed.of("kubernetes:core/v1:Secret") if "mlflow-auth" in r.name
    }
    assert holders == {"mlflow"}


def test_the_scripts_are_python() -> None:
    """They run in another interpreter, so nothing here imports them."""
    for script in (_mlflow_jobs._MIGRATE, _mlflow_jobs._COLLECT, _mlflow_teams._SCRIPT):
        ast.parse(script)


def test_metrics_are_scraped_where_nobody_is_asked_for_a_password(prod: Graph, closed: Graph) -> None:
    """With users of its own MLflow asks at /metrics too."""

    def kinds(graph: Graph) -> list[str]:
        return [r.type.rpartition(":")[2] for r in graph if "monitoring.coreos.com" in r.type]

    assert "ServiceMonitor" in kinds(prod)
    assert "ServiceMonitor" not in kinds(closed)
    assert "PrometheusRule" in kinds(closed)


def test_what_users_deleted_goes_after_a_while(prod: Graph, closed: Graph) -> None:
    """As long as logs are kept, in every workspace; 0 is never."""

    def arguments(graph: Graph) -> Any:
        job = graph.one(CRON, "mlflow-gc").inputs["spec"]["jobTemplate"]["spec"]["template"]["spec"]
        return job["containers"][0]["args"]

    assert arguments(prod) == ["--older-than=90d"]
    assert arguments(closed) == ["--older-than=14d", "--all-workspaces"]
    kept = build({"mlflow": {"trashDays": 0, "backupDays": 0}})
    assert not kept.of(CRON)
    assert "initContainers" not in kept.one(JOB, "mlflow-migrate").inputs["spec"]["template"]["spec"]


def test_dumps_have_a_bucket_of_their_own(prod: Graph) -> None:
    """The server cannot delete its own backups; what restores them waits for a person."""
    bucket = prod.one("test:index:Marker", "mlflow-mlflow-backup-bucket")
    assert bucket.inputs["readerWriters"] == ["mlflow/mlflow-backup"]
    nightly = prod.one(CRON, "mlflow-backup").inputs["spec"]
    assert nightly["schedule"] == "30 1 * * *"
    upload = nightly["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]
    assert {"name": "KEEP_DAYS", "value": "30"} in upload["env"]
    restore = prod.one(CRON, "mlflow-restore").inputs["spec"]
    assert restore["suspend"] is True
    steps = restore["jobTemplate"]["spec"]["template"]["spec"]
    assert [c["name"] for c in (*steps["initContainers"], *steps["containers"])] == ["fetch", "restore"]


def pods(graph: Graph) -> list[tuple[Registered, dict[str, Any]]]:
    """Return the Pods of everything that MLflow makes."""
    found = []
    for made in (*graph.of("kubernetes:apps/v1:Deployment"), *graph.of(JOB), *graph.of(CRON)):
        spec = made.inputs["spec"]
        spec = spec.get("jobTemplate", {}).get("spec", spec)
        found.append((made, spec["template"]["spec"]))
    return found


def test_every_pod_is_admitted(prod: Graph, closed: Graph, api_server: KubeClient) -> None:
    """A real API server checks each field, and the standard that the namespace enforces."""
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    api_server.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "stores", "labels": labels}})
    wait_for(api_server, "v1", "ServiceAccount", "default", "stores")
    for made, spec in (*pods(prod), *pods(closed)):
        metadata = {"name": made.name, "namespace": "stores"}
        given = {**spec, "serviceAccountName": "default"}
        api_server.apply({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": given}, dry_run=True)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"access": "team"}, "mlflow.access: must be 'network' or 'teams' (got 'team')"),
        ({"trashDays": -1}, "mlflow.trashDays: must be at least 0 (got -1)"),
        ({"backup": True}, "mlflow.backup: unknown key; "),
    ],
)
def test_bad_input_is_told(config: dict[str, Any], message: str) -> None:
    """The key, the value, and what would be valid."""
    with pytest.raises(StackError) as error:
        build({"mlflow": config})
    assert message in str(error.value)
