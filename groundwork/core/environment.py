"""What a component may know of where it is being built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from groundwork.core.naming import join
from groundwork.core.profiles import PROFILES, Profile
from groundwork.policy.subject import Subject

ENVIRONMENT_TAG, TEAM_TAG = "groundwork:environment", "groundwork:team"
"""By which tags the bill is divided."""


@dataclass(frozen=True, kw_only=True)
class Environment:
    """One stack's surroundings, as plain data.

    Attributes:
        name: dev, staging, prod, local, or another that a stack file gives.
        profile_name: of the table of profiles, whose defaults this environment has: "prod".
        project: the Pulumi project's name: the prefix of cloud names.
        stack: the Pulumi stack that is being built.
        root: the project's folder.
        region: the AWS region, None where the stack does not use AWS.
        account_id: the AWS account that this stack may touch, None where it does not use AWS.
        permissions_boundary: ARN of the policy beyond which no role of this stack may go, None for none.
        approved: labels of resources that somebody has approved, today, to be replaced or deleted here.
    """

    name: str
    profile_name: str
    project: str
    stack: str
    root: Path
    region: str | None = None
    account_id: str | None = None
    permissions_boundary: str | None = None
    approved: frozenset[str] = frozenset()

    @property
    def profile(self) -> Profile:
        """The defaults of this environment."""
        return PROFILES[self.profile_name]

    def approves(self, type_: str, name: str, props: Mapping[str, Any]) -> bool:
        """Return whether a resource may be replaced or deleted, so that nothing has to protect it today."""
        return bool(self.approved) and Subject(type_, name, props).label in self.approved

    @property
    def prefix(self) -> str:
        """The beginning of every cloud name of this environment, in all its stacks: `groundwork-dev`."""
        return join(self.project, self.name)

    @property
    def tags(self) -> dict[str, str]:
        """Tags for every cloud resource: whose it is, and what made it."""
        return {
            ENVIRONMENT_TAG: self.name,
            "groundwork:stack": self.stack,
            "groundwork:project": self.project,
        }

    def cloud_name(self, *parts: str, limit: int = 63) -> str:
        """Return a name unique in the account: `groundwork-dev-<parts>`."""
        return join(self.prefix, *parts, limit=limit)

    def global_name(self, *parts: str, limit: int = 63) -> str:
        """Return a name unique in the world, as an S3 bucket needs: it ends in the account's id."""
        return join(self.prefix, *parts, self.account_id or "local", limit=limit)
