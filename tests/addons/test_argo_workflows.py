"""Argo Workflows: which workflows are its own, where it keeps them, who gets in, and what it refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest
from addons import _argo_values as argo
from addons._argo_cron import INSTANCE_LABEL, problem_of_schedule

from groundwork.core.errors import StackError
from groundwork.core.profiles import PROFILES
from groundwork.sandbox.controlplane.client import KubeClient
from groundwork.sandbox.controlplane.waiting import wait_for
from groundwork.testing import Graph, Registered, record
from tests.addons.choices.argo_workflows import facts
from tests.addons.rendering import INVENTORY, release
from tests.addons.server import definitions
from tests.addons.stub_login import REGISTRY

STORES: dict[str, Any] = {"cluster": {}, "sql": {}, "objects": {}}
TRAINING = {
    "schedule": "30 3 * * 1-5",
    "image": "registry.example/training:1.4",
    "arguments": ["--epochs=3"],
    "environment": {"SEED": "7"},
    "memory": "16Gi",
    "pool": "gpu",
    "gpus": 1,
}
WORKFLOW = "argoproj.io/v1alpha1"


def stack(components: dict[str, Any], environment: str = "dev") -> Graph:
    """Build these beside a cluster, a database and an object store."""
    return record({**STORES, **components}, environment=environment, registry=REGISTRY)


@pytest.fixture(scope="module")
def both() -> Graph:
    """Argo Workflows beside Pipelines, behind a login, with a training that the clock starts."""
    configured = {"admins": "ml-platform", "schedules": {"retrain": TRAINING}}
    more = ("kubeflow", "istio-api", "cert-manager-api", "pools", "test-login", "prometheus-api")
    return stack({"argo-workflows": configured, **{name: {} for name in more}}, "prod")


def configuration(graph: Graph) -> dict[str, Any]:
    """Return what the controller is told."""
    text = graph.one("kubernetes:core/v1:ConfigMap", "argo-workflows-configuration").inputs["data"]["config"]
    found: dict[str, Any] = json.loads(text)
    return found


def cron(graph: Graph) -> Registered:
    """Return the only cron workflow."""
    return graph.one("kubernetes:argoproj.io/v1alpha1:CronWorkflow")


def selector_of(instance_id: str | None) -> str:
    """Return the label selector with which a controller lists workflows.

    https://argo-workflows.readthedocs.io/en/release-4.0/scaling/#instance-id: with an instance ID only those that say
    it, without one only those that say none.
    """
    return f"{INSTANCE_LABEL}={instance_id}" if instance_id else f"!{INSTANCE_LABEL}"


def test_no_workflow_is_both_controllers(both: Graph, api_server: KubeClient) -> None:
    """The API server itself is asked with each controller's selector, for a workflow of Pipelines and one of ours."""
    for crd in definitions():
        if crd["metadata"]["name"] == "workflows.argoproj.io":
            api_server.apply(crd)
    wait_for(
        api_server, "apiextensions.k8s.io/v1", "CustomResourceDefinition", "workflows.argoproj.io", ready=established
    )
    # The controller of Argo's own schedule hands its label on to each run; the steps of Pipelines have none.
    labels = {"ours": cron(both).inputs["metadata"]["labels"], "of-pipelines": {}}
    spec = {"entrypoint": "task", "templates": [{"name": "task", "suspend": {}}]}
    made = {"apiVersion": WORKFLOW, "kind": "Workflow", "spec": spec}
    for name, given in labels.items():
        api_server.apply({**made, "metadata": {"name": name, "namespace": "default", "labels": given}})
    own = configuration(both)["instanceID"]
    found = {
        who: {item["metadata"]["name"] for item in listed(api_server, selector_of(instance_id))}
        for who, instance_id in (("argo-workflows", own), ("pipelines", None))
    }
    assert found == {"argo-workflows": {"ours"}, "pipelines": {"of-pipelines"}}


def established(crd: Any) -> bool:
    """Return whether the API server serves a CRD's kind."""
    conditions = crd.get("status", {}).get("conditions") or ()
    return any(c["type"] == "Established" and c["status"] == "True" for c in conditions)


def listed(api_server: KubeClient, selector: str) -> list[dict[str, Any]]:
    """Return the workflows that a controller with this selector sees."""
    found: list[dict[str, Any]] = api_server.list(WORKFLOW, "Workflow", label_selector=selector)
    return found


def test_the_controller_of_pipelines_sees_its_own_namespace_only(both: Graph) -> None:
    """It has no right in any other: that it names no instance ID makes it take nothing of ours."""
    version = release(both, "kubeflow-pipelines")["version"]
    made = json.loads((INVENTORY / f"kubeflow-pipelines-{version}.json").read_text(encoding="utf-8"))
    bindings = [item["kind"] for item in made if "ServiceAccount/argo" in item.get("subjects", ())]
    assert bindings == ["RoleBinding"]


@pytest.mark.parametrize(
    ("components", "message"),
    [
        (
            {"argo-workflows": {"instanceId": ""}, "kubeflow": {}},
            "argo-workflows and kubeflow would both be the Argo controller of workflows that name none; "
            "give argo-workflows.instanceId a name",
        ),
        (
            {"argo-workflows": {}, "more": {"component": "argo-workflows", "instanceId": "argo-workflows"}},
            "argo-workflows and more would both be the Argo controller of workflows that name 'argo-workflows'; "
            "give more.instanceId another name",
        ),
    ],
)
def test_two_controllers_that_would_fight_are_refused(components: dict[str, Any], message: str) -> None:
    """Each would start the pods of the other's workflows."""
    with pytest.raises(StackError) as error:
        stack(components)
    assert message in str(error.value)


def test_two_controllers_with_names_of_their_own_are_not() -> None:
    """An instance is called by its key in the stack file, and so is what it takes."""
    graph = stack({"argo-workflows": {}, "research": {"component": "argo-workflows"}})
    assert graph.outputs["argo-workflows.instance_id"] == "argo-workflows"
    assert graph.outputs["research.instance_id"] == "research"


def test_the_archive_is_in_the_database(both: Graph) -> None:
    """Host and name are told in plain, user and password by the Secret; the chart waits for all of it."""
    archive = configuration(both)["persistence"]
    assert (archive["archive"], archive["archiveTTL"]) == (True, "90d")
    assert archive["postgresql"]["host"] == "sql"
    assert archive["postgresql"]["passwordSecret"] == {"name": "argo-workflows-database", "key": "password"}
    assert (archive["postgresql"]["ssl"], archive["postgresql"]["sslMode"]) == (True, "require")
    chart = next(r for r in both if r.inputs.get("chart", "").endswith("argo-workflows"))
    before = both.before(chart)
    for name in ("argo-workflows-argo-workflows-database", "argo-workflows-argo-workflows-bucket"):
        assert both.one("test:index:Marker", name).urn in before
    assert both.one("kubernetes:core/v1:ConfigMap", "argo-workflows-configuration").urn in before
    assert "hidden" not in json.dumps(configuration(both))


def test_a_server_without_tls_is_spoken_to_without() -> None:
    """The database's URI says how much TLS its server wants."""
    given = facts(PROFILES["dev"], credentials=False, sso=False)
    archive = argo.configuration(given, "postgresql://u:p@db.sql.svc:5433/runs?sslmode=disable")["persistence"]
    found = archive["postgresql"]
    assert (found["host"], found["port"], found["database"]) == ("db.sql.svc", 5433, "runs")
    assert (found["ssl"], found["sslMode"]) == (False, "disable")


def test_artifacts_go_to_the_store() -> None:
    """By the pods' own identity in the cloud, or by the keys of a Secret; Argo wants the endpoint without a scheme."""
    cloud = argo.configuration(facts(PROFILES["dev"], credentials=False, sso=False), "postgresql://db/x")
    assert cloud["artifactRepository"]["s3"] | {"keyFormat": ""} == {
        "bucket": "runs",
        "endpoint": "s3.eu-west-1.amazonaws.com",
        "insecure": False,
        "keyFormat": "",
        "region": "eu-west-1",
        "useSDKCreds": True,
    }
    keys = argo.configuration(facts(PROFILES["dev"], credentials=True, sso=False), "postgresql://db/x")
    own = keys["artifactRepository"]["s3"]
    assert (own["endpoint"], own["insecure"]) == ("store:9000", True)
    assert own["secretKeySecret"] == {"name": "argo-workflows-keys", "key": "AWS_SECRET_ACCESS_KEY"}


def test_who_runs_and_who_reads_workflows_reaches_the_store(both: Graph) -> None:
    """The account of the runs, and the server's, which shows their logs."""
    bucket = both.one("test:index:Marker", "argo-workflows-argo-workflows-bucket")
    assert bucket.inputs["readerWriters"] == ["argo-workflows/argo-workflow", "argo-workflows/argo-workflows-server"]
    values = release(both, "argo-workflows")["values"]
    assert values["workflow"]["serviceAccount"] == {"create": True, "name": "argo-workflow"}


def test_people_log_in(both: Graph) -> None:
    """Argo is an application of the issuer: everybody may look, one group may change."""
    sso = configuration(both)["sso"]
    assert sso["issuer"] == "https://login.platform.internal"
    assert sso["redirectUrl"] == "https://argo-workflows.platform.internal/oauth2/callback"
    assert release(both, "argo-workflows")["values"]["server"]["authModes"] == ["sso", "client"]
    accounts = {
        r.inputs["metadata"]["name"]: r.inputs["metadata"]["annotations"]["workflows.argoproj.io/rbac-rule"]
        for r in both.of("kubernetes:core/v1:ServiceAccount")
        if r.inputs["metadata"]["namespace"] == "argo-workflows"
    }
    assert accounts == {"argo-workflows-viewer": "true", "argo-workflows-admin": '"ml-platform" in groups'}
    roles = {
        r.inputs["metadata"]["name"]: r.inputs["roleRef"]["name"]
        for r in both.of("kubernetes:rbac.authorization.k8s.io/v1:RoleBinding")
        if r.inputs["metadata"]["namespace"] == "argo-workflows"
    }
    assert roles == {"argo-workflows-viewer": "view", "argo-workflows-admin": "argo-workflows-edit"}


def test_without_a_login_people_bring_a_token_of_the_cluster() -> None:
    """Nobody is anybody else: the API server judges what the token may."""
    graph = stack({"argo-workflows": {}})
    server = release(graph, "argo-workflows")["values"]["server"]
    assert (server["authModes"], server["sso"]) == (["client"], {"enabled": False})
    assert "sso" not in configuration(graph)


def test_two_copies_where_the_environment_is_highly_available(both: Graph) -> None:
    """Of the controller one is active; its chart's budgets let one go at a time."""
    values = release(both, "argo-workflows")["values"]
    for part in ("controller", "server"):
        assert values[part]["replicas"] == 2
        assert values[part]["pdb"] == {"enabled": True, "maxUnavailable": 1}
    monitor = both.one("kubernetes:monitoring.coreos.com/v1:ServiceMonitor", "argo-workflows-argo-workflows-monitor")
    assert monitor.inputs["spec"]["endpoints"] == [{"port": "metrics", "path": "/metrics"}]


def test_pods_start_anew_with_another_configuration(both: Graph) -> None:
    """The controller reads most of it only when it starts."""
    one = release(both, "argo-workflows")["values"]["controller"]["podAnnotations"]
    other = release(stack({"argo-workflows": {"archiveDays": 7}}, "prod"), "argo-workflows")["values"]
    assert one != other["controller"]["podAnnotations"]


def test_a_training_runs_by_the_clock_on_its_pool(both: Graph) -> None:
    """One at a time, on nodes with GPUs, under the account that may write its logs, ended after a day."""
    given = cron(both)
    spec = given.inputs["spec"]
    assert given.inputs["metadata"]["labels"] == {INSTANCE_LABEL: "argo-workflows"}
    assert (spec["schedules"], spec["concurrencyPolicy"]) == (["30 3 * * 1-5"], "Forbid")
    workflow = spec["workflowSpec"]
    assert (workflow["serviceAccountName"], workflow["archiveLogs"]) == ("argo-workflow", True)
    assert workflow["activeDeadlineSeconds"] == 24 * 3600
    template = workflow["templates"][0]
    assert template["nodeSelector"] == {"groundwork.example/pool": "gpu"}
    assert [toleration["key"] for toleration in template["tolerations"]] == ["nvidia.com/gpu"]
    container = template["container"]
    assert container["resources"]["limits"] == {"memory": "16Gi", "nvidia.com/gpu": "1"}
    assert (container["args"], container["env"]) == (["--epochs=3"], [{"name": "SEED", "value": "7"}])
    assert "command" not in container
    chart = next(r for r in both if r.inputs.get("chart", "").endswith("argo-workflows"))
    assert chart.urn in both.before(given)


@pytest.mark.parametrize("schedule", ["0 3 * * *", "*/15 0-6 1,15 * 1-5", "59 23 31 12 0"])
def test_a_schedule_is_accepted(schedule: str) -> None:
    """Numbers, ranges, lists and steps."""
    assert problem_of_schedule(schedule) is None


@pytest.mark.parametrize(
    ("schedule", "message"),
    [
        ("nightly", "'nightly' is no schedule: it needs 5 fields, and an example is '0 3 * * *'"),
        ("60 3 * * *", "'60 3 * * *' is no schedule: '60' is no minute, which goes from 0 to 59"),
        ("0 3 0 * *", "'0 3 0 * *' is no schedule: '0' is no day of month, which goes from 1 to 31"),
        ("0 3 * * mon", "'0 3 * * mon' is no schedule: 'mon' is no day of week, which goes from 0 to 6"),
        ("0 6-3 * * *", "'0 6-3 * * *' is no schedule: '6-3' goes backwards"),
        ("*/0 3 * * *", "'*/0 3 * * *' is no schedule: '*/0' is no minute, which goes from 0 to 59"),
    ],
)
def test_what_is_no_schedule_is_told(schedule: str, message: str) -> None:
    """Which field, and what it may be."""
    assert problem_of_schedule(schedule) == message


def test_bad_input_is_told() -> None:
    """All of it at once, each with its key, its value and what would be valid."""
    task = {"schedule": "0 3 * * *", "image": "a:1"}
    schedules = {
        "Retrain": task,
        "score": {**task, "schedule": "0 25 * * *"},
        "tune": {**task, "pool": "gqu"},
        "learn": {**task, "pool": "gpu", "gpus": 4},
        "wait": {**task, "gpus": 1},
    }
    with pytest.raises(StackError) as error:
        stack({"pools": {}, "argo-workflows": {"schedules": schedules}})
    where = "argo-workflows.schedules"
    assert list(error.value.problems) == [
        f"{where}.Retrain: 'Retrain' is no name for a schedule: lower case letters, digits, hyphens, at most 52",
        f"{where}.score: '0 25 * * *' is no schedule: '25' is no hour, which goes from 0 to 23",
        f"{where}.tune.pool: no pool 'gqu'; did you mean 'gpu'? valid: default, gpu",
        f"{where}.learn.gpus: 4, but a node of the pool 'gpu' has 1",
        f"{where}.wait.gpus: 1, but no pool: say which pool has them",
    ]
