"""What somebody waits for goes before what can begin again."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
import yaml

from groundwork.core.contracts import Priorities
from groundwork.testing import Graph
from tests.addons.test_serving import CHURN, STACK

RELEASE = "kubernetes:helm.sh/v3:Release"
CLASS = "kubernetes:scheduling.k8s.io/v1:PriorityClass"


def classes(value: Any) -> set[str]:
    """Return every priority class that values or a spec name."""
    if isinstance(value, dict):
        said = (value.get(key) for key in ("priorityClassName", "podPriorityClassName"))
        # In the schema of a CRD it is no name.
        named = {name for name in said if name and isinstance(name, str)}
        return named.union(*(classes(inner) for inner in value.values()))
    if isinstance(value, list):
        return set().union(*(classes(inner) for inner in value))
    return set()


def test_airflows_parts_go_before_its_tasks(everything: Graph) -> None:
    """A scheduler that finds no room starts nothing; a task can wait."""
    values = everything.one(RELEASE, "airflow").inputs["values"]
    parts = ("apiServer", "scheduler", "dagProcessor", "triggerer", "pgbouncer", "statsd")
    assert {part: values[part]["priorityClassName"] for part in parts} == dict.fromkeys(parts, "platform")
    assert values["workers"]["kubernetes"]["priorityClassName"] == "batch"


def test_celerys_workers_wait_like_tasks(build: Any) -> None:
    """Each group says it: one takes over nothing from the default workers."""
    stack = {"sql": {}, "objects": {}, "valkey": {}, "priority-classes": {}, "airflow": {"executors": ["celery"]}}
    values = build(stack).one(RELEASE, "airflow").inputs["values"]
    assert [group["priorityClassName"] for group in values["workers"]["celery"]["sets"]] == ["batch"]


def test_models_go_before_training(build: Any, everything: Graph) -> None:
    """Somebody waits for an answer; a training node begins again from its checkpoint."""
    served = build({**STACK, "priority-classes": {}, "models": {"models": {"churn": CHURN}}})
    made = served.one("kubernetes:serving.kserve.io/v1beta1:InferenceService", "models-churn-model").inputs
    assert made["spec"]["predictor"]["priorityClassName"] == "serving"
    runtimes = everything.of("kubernetes:trainer.kubeflow.org/v1alpha1:ClusterTrainingRuntime")
    assert [classes(runtime.inputs["spec"]) for runtime in runtimes] == [{"batch"}] * len(runtimes)
    assert runtimes


def test_steps_of_workflows_wait(everything: Graph) -> None:
    """By default; a workflow may say otherwise."""
    configured = [r.inputs["data"]["config"] for r in everything if r.inputs.get("data", {}).get("config")]
    defaults = [yaml.safe_load(text).get("workflowDefaults") for text in configured]
    assert "batch" in {found["spec"].get("podPriorityClassName") for found in defaults if found}


@pytest.mark.parametrize(
    ("config", "default"),
    [({}, {"interactive"}), ({"default": "none"}, set()), ({"default": "batch"}, {"batch"})],
)
def test_what_names_no_class_has_at_most_one(build: Any, config: dict[str, str], default: set[str]) -> None:
    """Notebooks above all, whose form knows none; the API server takes one default in a cluster."""
    made = build({"priority-classes": config}).of(CLASS)
    assert {c.inputs["metadata"]["name"] for c in made if c.inputs["globalDefault"]} == default


def test_every_class_that_is_named_is_made(everything: Graph) -> None:
    """The API server refuses a pod of a class that is not there."""
    made = {c.inputs["metadata"]["name"] for c in everything.of(CLASS)}
    named = classes([r.inputs for r in everything if "globalDefault" not in r.inputs])
    kubernetes_own = {"system-node-critical", "system-cluster-critical"}
    assert named - kubernetes_own == made & named
    assert {"platform", "batch"} <= named
    assert made == set(dataclasses.asdict(Priorities()).values())


def test_without_classes_nothing_names_one(build: Any) -> None:
    """A cluster that has none refuses such pods."""
    stack: dict[str, Any] = {
        "sql": {},
        "objects": {},
        "pools": {},
        "airflow": {},
        "kubeflow-trainer": {},
        "cert-manager-api": {},
    }
    assert classes([r.inputs for r in build(stack)]) == set()
