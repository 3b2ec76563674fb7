"""What the page for teams shows is what there is."""

from __future__ import annotations

import ast
import re

from addons import _airflow_pods, teams
from addons._airflow_config import AirflowConfig
from addons._kserve_values import RUNTIMES
from addons.models import ModelsConfig

from groundwork.core.contracts.pools import POOL_LABEL
from groundwork.core.profiles import PROFILES
from groundwork.core.teams import Team
from groundwork.docs.teams import teams_page
from infra._pool_shapes import GPU_TAINT
from tests.docs.teams_page import blocks, example

PROD = PROFILES["prod"]


def test_the_file_that_is_shown_has_every_key() -> None:
    given = example("name: vision")
    assert Team.read(given).namespace == "team-vision"
    assert set(given) == {field.alias or name for name, field in Team.model_fields.items()}


def test_every_key_is_told_with_its_meaning() -> None:
    rows = dict(re.findall(r"^\| `([^`]+)` \|.*\| ([^|]*) \|$", teams_page(), re.MULTILINE))
    assert {"name", "quota.neurons", "quota.storage", "quota.pods", "sharedGi", "contacts[].kind"} <= set(rows)
    assert [key for key, meaning in rows.items() if not meaning.strip() and key != "quota"] == []


def test_what_is_shown_of_the_stack_file_is_accepted() -> None:
    dags = AirflowConfig.load(example("airflow:")["airflow"], PROD).dags
    assert dags is not None
    assert dags.refresh_seconds == 60
    models = ModelsConfig.load(example("models:")["models"], PROD).models
    assert {model.format for model in models.values()} <= set(RUNTIMES)


def test_the_labels_of_a_task_are_those_that_airflow_reads() -> None:
    (code,) = blocks("python")
    labels = ast.literal_eval(code.partition(" = ")[2])
    assert list(labels) == [_airflow_pods.POOL_LABEL, _airflow_pods.ACCELERATORS_LABEL]


def test_the_pod_that_is_shown_lands_on_the_pool_of_gpus() -> None:
    spec = example("kind: Pod")["spec"]
    assert list(spec["nodeSelector"]) == [POOL_LABEL]
    (toleration,) = spec["tolerations"]
    assert (toleration["key"], toleration["effect"]) == (GPU_TAINT.key, GPU_TAINT.effect)
    assert spec["serviceAccountName"] == teams._ACCOUNT
    assert spec["volumes"][0]["persistentVolumeClaim"]["claimName"] == teams._SHARED
