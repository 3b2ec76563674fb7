"""The state of the previous commit's stacks, replayed against this program: nothing that holds data is lost."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_random as random
import pytest

from groundwork.core.component import Component
from groundwork.core.registry import Registry
from groundwork.testing import Graph, Registered, record
from groundwork.testing.replay import surprises
from tests.core.conftest import Nothing
from tests.environments import recorded

ROOT = Path(__file__).parents[2]
BASE = "GROUNDWORK_BASE"
"""Names the commit to replay; the one before this by default."""

# What runs in the old tree, with the old program: only names that have been there for long.
_DUMP = """
import json, pathlib, sys
from groundwork.core.project import load_project
from groundwork.testing.whole import record_environment
fields = ("type", "name", "inputs", "custom", "urn", "parent", "protect")
graph = record_environment(load_project(pathlib.Path.cwd()), sys.argv[1])
print(json.dumps([{field: getattr(r, field) for field in fields} for r in graph if r.protect], default=str))
"""


def git(*arguments: str) -> str:
    command = [shutil.which("git") or "git", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture(scope="module")
def previous(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tree of the previous commit; of the last one, while there are changes that are not committed."""
    try:
        changed = git("status", "--porcelain", "--", "groundwork", "infra", "platform", "stacks")
        commit = git("rev-parse", "--verify", os.environ.get(BASE, "HEAD" if changed else "HEAD^"))
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no earlier commit to replay: {error}")
    folder = tmp_path_factory.mktemp("previous")
    archive = folder.with_suffix(".tar")
    git("archive", f"--output={archive}", commit)
    shutil.unpack_archive(archive, folder)
    return folder


def recorded_before(tree: Path, environment: str) -> Graph:
    """Record an environment with the program in `tree`."""
    done = subprocess.run(
        [sys.executable, "-c", _DUMP, environment],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": f"{tree}{os.pathsep}{tree / 'platform'}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Graph([Registered(**each) for each in json.loads(done.stdout.splitlines()[-1])])


def test_nothing_that_holds_data_is_replaced_or_deleted(previous: Path) -> None:
    """A merge is an `up` of somebody's production: with data in it."""
    before = recorded_before(previous, "prod")
    # Of what mocks make up of Outputs both sides have the same, as JSON has it.
    after = Graph([Registered(**json.loads(json.dumps(asdict(r), default=str))) for r in recorded("prod")])
    assert before.resources
    assert surprises(before, after) == []


class Data(Component[Nothing]):
    """Holds data of each provider."""

    settings: dict[str, Any] = {}  # noqa: RUF012 - a test changes it for one program

    def build(self) -> None:
        """Hold it."""
        given = {"name": "data", "identifier": "data", "length": 20, "storage": 20, **self.settings}
        aliases = [pulumi.Alias(name=given["alias"])] if "alias" in given else []
        aws.rds.Instance(
            f"{self.name}-{given['name']}",
            identifier=given["identifier"],
            instance_class="db.t4g.micro",
            allocated_storage=given["storage"],
            opts=self.stateful(aliases=aliases),
        )
        random.RandomPassword(f"{self.name}-password", length=given["length"], opts=self.stateful())


def data(monkeypatch: pytest.MonkeyPatch, **settings: Any) -> Graph:
    monkeypatch.setattr(Data, "settings", settings)
    return record({"data": {}}, environment="prod", registry=Registry({"data": Data}))


INSTANCE = "aws:rds/instance:Instance data-data holds data, and would be"


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({}, []),
        ({"storage": 40}, []),
        ({"name": "other", "alias": "data-data"}, []),
        ({"name": "other"}, [f"{INSTANCE} deleted: keep it, or give it an alias"]),
        ({"identifier": "other"}, []),
        (
            {"length": 40},
            ["random:index/randomPassword:RandomPassword data-password holds data, and would be replaced, since length "
             "changes"],
        ),
    ],
    ids=["same", "update", "renamed-with-an-alias", "renamed", "identifier", "password"],
)  # fmt: skip
def test_a_surprise_is_found(monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any], told: list[str]) -> None:
    """Deleting and replacing are; changing in place and a rename with an alias are not."""
    before = data(monkeypatch)
    assert surprises(before, data(monkeypatch, **settings)) == told
