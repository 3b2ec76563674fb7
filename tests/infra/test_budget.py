"""Somebody is told before an environment, or a team in it, costs more than was agreed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from groundwork.core.errors import StackError
from groundwork.testing import record
from groundwork.testing.record import ROOT

BUDGET = "aws:budgets/budget:Budget"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with two teams, one of which has a budget."""
    (tmp_path / "stacks" / "teams").mkdir(parents=True)
    (tmp_path / "platform").mkdir()
    shutil.copy(ROOT / "platform" / "catalogue.yaml", tmp_path / "platform")
    rich = (
        "name: vision\nmembers: [ada@example.com]\nmonthlyUsd: 300\ncontacts: [{kind: email, to: vision@example.com}]\n"
    )
    (tmp_path / "stacks" / "teams" / "vision.yaml").write_text(rich)
    (tmp_path / "stacks" / "teams" / "language.yaml").write_text("name: language\nmembers: [alan@example.com]\n")
    return tmp_path


def test_the_environment_has_a_budget_by_its_tag(root: Path) -> None:
    graph = record({"budget": {"emails": ["ops@example.com"]}}, environment="prod", root=root)
    budget = graph.one(BUDGET, "budget-environment").inputs
    assert (budget["name"], budget["limitAmount"]) == ("groundwork-prod-budget-environment", "20000")
    assert budget["costFilters"] == [{"name": "TagKeyValue", "values": ["user:groundwork:environment$prod"]}]
    told = {(n["notificationType"], n["threshold"], *n["subscriberEmailAddresses"]) for n in budget["notifications"]}
    assert told == {
        ("ACTUAL", 80, "ops@example.com"),
        ("ACTUAL", 100, "ops@example.com"),
        ("FORECASTED", 100, "ops@example.com"),
    }


def test_a_team_with_a_limit_is_told_too(root: Path) -> None:
    """Of what has its tag; those who run the platform learn of it as well."""
    graph = record({"budget": {"emails": ["ops@example.com"], "monthlyUsd": 900}}, root=root)
    assert {r.name for r in graph.of(BUDGET)} == {"budget-environment", "budget-team-vision"}
    budget = graph.one(BUDGET, "budget-team-vision").inputs
    assert budget["limitAmount"] == "300"
    assert budget["costFilters"] == [{"name": "TagKeyValue", "values": ["user:groundwork:team$vision"]}]
    assert budget["notifications"][0]["subscriberEmailAddresses"] == ["vision@example.com", "ops@example.com"]


def test_what_of_the_cloud_is_a_teams_own_has_its_tag() -> None:
    """By it the bill is divided, and the team's budget counts."""
    graph = record({"network": {}, "eks": {}, "s3": {}, "prometheus-api": {}, "prometheus": {}, "teams": {}})
    tags = {bucket.name: bucket.inputs["tags"] for bucket in graph.of("aws:s3/bucket:Bucket")}
    assert tags["teams-vision-datasets-bucket"]["groundwork:team"] == "vision"
    assert "groundwork:team" not in tags["s3-access-logs"]


def test_an_alarm_that_nobody_gets_is_refused() -> None:
    with pytest.raises(StackError) as error:
        record({"budget": {"emails": ["ops"], "monthlyUsd": 0}})
    assert str(error.value).splitlines()[-2:] == [
        "- Pulumi.test.yaml:10: budget.monthlyUsd: must be more than 0 (got 0)",
        "- Pulumi.test.yaml:9: budget.emails.0: must be an e-mail address, such as ops@example.com (got 'ops')",
    ]
