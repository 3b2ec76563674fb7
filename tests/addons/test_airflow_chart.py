"""The real chart of Airflow and its double with each choice of values, and a real API server that takes their objects.

The real chart's tests need a folder with its archive, which `GROUNDWORK_TEST_CHARTS` names.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from addons import _airflow_values as airflow

from groundwork.core.catalogue import load_catalogue
from groundwork.sandbox.controlplane.client import KubeClient
from groundwork.sandbox.controlplane.waiting import wait_for
from groundwork.sandbox.doubles.chart import make_double
from groundwork.sandbox.doubles.switches import read_switches
from groundwork.sandbox.inventory import read_inventory
from tests.addons.choices.airflow import facts
from tests.addons.rendering import INVENTORY, ROOT, Rendered, archive, template
from tests.addons.test_doubles_against_charts import facts as pod_facts
from tests.addons.test_pod_security import admit

VERSION = load_catalogue(ROOT).charts["airflow"].version
NAMESPACE = "airflow"
EVERY = facts()
# Everything on: what is off has fewer objects, and no others.
CHOICES = ["least", *(name for name in EVERY if "scaled pooled" in name)]
# What an inventory cannot tell of the chart: objects that hang on a text.
ONLY_IN_THE_CHART = {"Service/airflow-scheduler"}


def render(chart: Path, folder: Path, choice: str) -> Rendered:
    """Render the chart or its double."""
    values = airflow.values(EVERY[choice])
    return template(chart, folder, name="airflow", namespace=NAMESPACE, values=values)


@pytest.fixture(scope="session")
def chart() -> Path:
    """The real chart; before any server is started for it."""
    return archive("airflow", VERSION)


@pytest.fixture(scope="module")
def double(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The double, with a ScaledObject as every KEDA has it."""
    inventory = read_inventory(INVENTORY / f"airflow-{VERSION}.json")
    switches = read_switches(INVENTORY / f"airflow-{VERSION}.switches.yaml", inventory)
    scaled = {"properties": {"spec": {"type": "object", "properties": {"triggers": {}}, "required": ["triggers"]}}}
    made = make_double("airflow", VERSION, inventory, switches, lambda api_version, kind: scaled)
    assert made.left_out == ()
    return made.write(tmp_path_factory.mktemp("double") / "airflow")


@pytest.fixture(scope="module")
def kube(api_server: KubeClient) -> KubeClient:
    """An API server with KEDA's kinds and a namespace that enforces the restricted standard."""
    crds = json.loads((ROOT / "platform" / "crds" / load_catalogue(ROOT).definitions["keda"].file).read_text("utf-8"))
    for crd in crds:
        api_server.apply(crd)
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    api_server.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": labels}})
    wait_for(api_server, "v1", "ServiceAccount", "default", NAMESPACE)
    return api_server


@pytest.mark.parametrize("choice", CHOICES)
def test_an_api_server_takes_what_the_chart_makes(choice: str, chart: Path, kube: KubeClient, tmp_path: Path) -> None:
    """Every object is valid, and every pod is admitted under the restricted standard, those of tasks too."""
    rendered = render(chart, tmp_path, choice)
    for made in rendered.values():
        kube.apply({**made, "metadata": {**made["metadata"], "namespace": NAMESPACE}}, dry_run=True)
    admit(kube, rendered, NAMESPACE)
    task = rendered["ConfigMap/airflow-config"]["data"].get("pod_template_file.yaml")
    assert (task is not None) == ("kubernetes" in EVERY[choice].executors)
    if task is not None:
        admit(kube, {"task": {"metadata": {"name": "task"}, "spec": {"template": yaml.safe_load(task)}}}, NAMESPACE)


@pytest.mark.parametrize("choice", CHOICES)
def test_the_double_is_the_chart(choice: str, chart: Path, double: Path, tmp_path: Path) -> None:
    """The same objects, and the same pods, but for git-sync's sidecars."""
    real, ours = render(chart, tmp_path, choice), render(double, tmp_path, choice)
    assert set(real) - ONLY_IN_THE_CHART == set(ours)
    expected, found = pod_facts(real), pod_facts(ours)
    assert {name: fact for name, fact in found.items() if fact != expected[name]} == {}
    for reference in ours:
        if reference.startswith("ScaledObject/"):
            target = real[reference]["spec"]["scaleTargetRef"]
            assert ours[reference]["spec"]["scaleTargetRef"]["name"] == target["name"]


@pytest.mark.parametrize("choice", [name for name in CHOICES if "dags=bundle" in name])
def test_whoever_runs_tasks_may_start_pods_for_them(choice: str, chart: Path, tmp_path: Path) -> None:
    """Under the name of the account that its pods really have."""
    rendered = render(chart, tmp_path, choice)
    subjects = {subject["name"] for subject in rendered["RoleBinding/airflow-pod-launcher-rolebinding"]["subjects"]}
    accounts = {name.removeprefix("ServiceAccount/") for name in rendered if name.startswith("ServiceAccount/")}
    executors = EVERY[choice].executors
    runners = {"celery": "celery-worker", "kubernetes": "worker", "local": "scheduler"}
    assert {f"airflow-{runners[executor]}" for executor in executors} <= subjects <= accounts


@pytest.mark.parametrize("choice", [name for name in CHOICES if "dags=bundle" in name])
def test_no_pod_is_selected_by_two_budgets(choice: str, chart: Path, tmp_path: Path) -> None:
    """Such a pod cannot be evicted, nor can one that a budget selects beside pods that nobody controls: a task's."""
    rendered = render(chart, tmp_path, choice)
    budgets = [made["spec"]["selector"]["matchLabels"] for name, made in rendered.items() if "Budget/" in name]
    pods = [made["spec"]["template"]["metadata"]["labels"] for made in rendered.values() if _template(made)]
    task = {"tier": "airflow", "component": "worker", "release": "airflow"}
    assert not [budget for budget in budgets if budget.items() <= task.items()]
    for labels in pods:
        assert len([budget for budget in budgets if budget.items() <= labels.items()]) <= 1


def _template(made: Mapping[str, Any]) -> bool:
    return "template" in (made.get("spec") or {})


@pytest.mark.parametrize("choice", CHOICES)
def test_a_double_has_what_each_choice_adds(choice: str, double: Path, tmp_path: Path) -> None:
    """A rehearsal shows workers, their scalers and PgBouncer as the choice says, each under its own name."""
    given, found = EVERY[choice], render(double, tmp_path, choice)
    workers = {name.removeprefix("Deployment/airflow-worker-") for name in found if "Deployment/airflow-worker" in name}
    assert workers == {group.name for group in given.groups}
    assert ("Deployment/airflow-pgbouncer" in found) == (given.pgbouncer is not None)
    scaled = {f"worker-{group.name}" for group in given.groups if group.maximum is not None}
    scaled |= {"triggerer"} if given.max_triggerers is not None else set()
    assert {name.removeprefix("ScaledObject/airflow-") for name in found if "ScaledObject" in name} == scaled
    for group in given.groups:
        pod = found[f"Deployment/airflow-worker-{group.name}"]["spec"]["template"]
        assert pod["metadata"]["labels"]["worker-set"] == group.name
        assert pod["spec"]["nodeSelector"] == group.worker.node_selector
        assert pod["spec"]["containers"][0]["resources"] == group.worker.resources
        assert pod["spec"]["serviceAccountName"] == "airflow-celery-worker"
