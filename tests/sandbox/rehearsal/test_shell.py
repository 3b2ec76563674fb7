"""AWS' own clients ask for a region, and the shell of an environment on AWS knows it."""

from __future__ import annotations

from pathlib import Path

from groundwork.core.project import load_project
from groundwork.sandbox.rehearsal.shell import regional

PROJECT = load_project(Path(__file__).parents[3])


def test_the_shell_knows_the_region_of_an_environment_on_aws() -> None:
    region = PROJECT.stack("prod-foundation").region
    assert regional(PROJECT.environment("prod")) == {"AWS_REGION": region, "AWS_DEFAULT_REGION": region}
    assert regional(PROJECT.environment("local")) == {}
