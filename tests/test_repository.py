"""What has to be true of the repository as a whole."""

from __future__ import annotations

import datetime
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from groundwork.core import yamlfile
from groundwork.core.catalogue import Chart, Image, load_catalogue
from groundwork.core.compose import compose
from groundwork.core.project import load_project
from groundwork.core.registry import discover
from groundwork.core.schema import SCHEMA_FILE, TEAM_SCHEMA_FILE, render, stack_schema, team_schema
from groundwork.core.teams import load_teams

ROOT = Path(__file__).parents[1]
PROJECT = load_project(ROOT)


def test_the_room_platform_does_not_hide_pythons_own_module() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import platform; print(platform.system())"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.stdout.strip() == "Linux", done.stderr
    assert not (ROOT / "platform" / "__init__.py").exists()


def test_nothing_that_programs_leave_behind_is_kept() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("this is no checkout of git")
    git = shutil.which("git") or pytest.skip("there is no git")
    done = subprocess.run([git, "ls-files", ".*"], cwd=ROOT, capture_output=True, text=True, check=True)
    kept = {Path(line).parts[0] for line in done.stdout.splitlines()}
    assert kept <= {".ci", ".github", ".gitignore"}, "a program without HOME writes its caches where it runs"


@pytest.mark.parametrize("name", PROJECT.stack_names)
def test_every_stack_composes(name: str) -> None:
    assert compose(PROJECT, PROJECT.stack(name), discover()).steps


@pytest.mark.parametrize("name", PROJECT.stack_names)
def test_committed_stack_files_hold_no_keys(name: str) -> None:
    data = yamlfile.read(ROOT / "stacks" / f"Pulumi.{name}.yaml").data
    assert set(data) == {"config"}, "no salt, no secrets provider: every environment is rehearsed without its keys"


def test_the_schemas_for_editors_are_those_of_the_code() -> None:
    command = "python -m groundwork.core.schema"
    assert (ROOT / SCHEMA_FILE).read_text() == render(stack_schema(discover())), f"run: {command}"
    assert (ROOT / TEAM_SCHEMA_FILE).read_text() == render(team_schema()), f"run: {command}"


def test_nothing_in_the_catalogue_is_past_its_end() -> None:
    catalogue, today = load_catalogue(ROOT), datetime.datetime.now(datetime.UTC).date()
    for soon in catalogue.ending(today):
        warnings.warn(soon, stacklevel=1)
    assert catalogue.expired(today) == []


def test_what_is_kept_past_its_end_says_why() -> None:
    catalogue = load_catalogue(ROOT)
    entries: dict[str, Chart | Image] = {**catalogue.charts, **catalogue.images}
    assert [key for key, entry in entries.items() if entry.keep_until and not entry.note] == []


def test_every_file_of_definitions_is_there_and_in_the_catalogue() -> None:
    listed = {entry.file for entry in load_catalogue(ROOT).definitions.values()}
    assert listed == {path.name for path in (ROOT / "platform" / "crds").glob("*.json")}


def test_the_teams_files_are_right() -> None:
    assert [team.name for team in load_teams(ROOT)] == ["language", "vision"]


def test_the_core_knows_no_product_by_name() -> None:
    products = ("airflow", "kubeflow", "istio", "minio", "karpenter", "cert-manager", "grafana", "boto3", "pulumi_aws")
    found = [
        f"{path.name}: {product}"
        for path in (ROOT / "groundwork" / "core").rglob("*.py")
        for product in products
        if product in path.read_text(encoding="utf-8").lower()
    ]
    assert found == []
