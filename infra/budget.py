"""Alarms before the bill: what an environment, and each team in it, may cost a month."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import pulumi_aws as aws
from pydantic import Field, PositiveInt

from groundwork.core.config import ByProfile, Config
from groundwork.core.environment import ENVIRONMENT_TAG, TEAM_TAG
from groundwork.core.forms import Email
from groundwork.core.teams import load_teams
from groundwork.data.monthly_budgets import MONTHLY_USD
from infra._aws import AwsComponent

# Per cent of the limit: spent already, or forecast for the whole month.
_SPENT, _FORECAST = (80, 100), (100,)


class BudgetConfig(Config):
    """What a stack file may say under `budget:`."""

    monthly_usd: Annotated[PositiveInt, ByProfile("size", MONTHLY_USD)] = Field(
        description="what the whole environment may cost a month: alarms before it, and no plan that may cost more"
    )
    emails: tuple[Email, ...] = Field(min_length=1, max_length=10, description="who is told, ten addresses at most")


class Budget(AwsComponent[BudgetConfig]):
    """A monthly budget for the environment and for each team that names one, told at 80 % and before the limit is met.

    AWS counts by tags: activate `groundwork:environment` and `groundwork:team` once as cost allocation tags, in the
    account that pays. Environments that share an account share their teams' budgets.
    """

    single = True

    def build(self) -> None:
        """Make the budgets."""
        mine = (ENVIRONMENT_TAG, self.environment.name)
        self._budget("environment", self.config.monthly_usd, mine, self.config.emails)
        for team in load_teams(self.environment.root):
            if team.monthly_usd is not None:
                emails = tuple(contact.to for contact in team.contacts if contact.kind == "email" and contact.to)
                told = dict.fromkeys((*emails, *self.config.emails))
                self._budget(f"team-{team.name}", team.monthly_usd, (TEAM_TAG, team.name), tuple(told)[:10])

    def _budget(self, name: str, limit: int, tag: tuple[str, str], emails: Sequence[str]) -> None:
        aws.budgets.Budget(
            f"{self.name}-{name}",
            name=self.environment.cloud_name(self.name, name, limit=100),
            budget_type="COST",
            time_unit="MONTHLY",
            limit_amount=str(limit),
            limit_unit="USD",
            # As the API has a tag of the user's own. One only: what the API makes of several it does not tell.
            cost_filters=[{"name": "TagKeyValue", "values": ["user:{}${}".format(*tag)]}],
            notifications=[
                {
                    "comparison_operator": "GREATER_THAN",
                    "notification_type": kind,
                    "threshold": threshold,
                    "threshold_type": "PERCENTAGE",
                    "subscriber_email_addresses": list(emails),
                }
                for kind, thresholds in (("ACTUAL", _SPENT), ("FORECASTED", _FORECAST))
                for threshold in thresholds
            ],
            opts=self.child(),
        )
