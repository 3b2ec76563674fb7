"""Teams: one small file each in `stacks/teams/`, by which a tenant asks for its place on the platform."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, PositiveInt, ValidationError, model_validator

from groundwork.core import yamlfile
from groundwork.core.config import Config, located
from groundwork.core.contacts import Contact
from groundwork.core.errors import StackError
from groundwork.core.forms import Email, Form
from groundwork.core.naming import is_label

_CORES = Form(r"[1-9][0-9]*m?", "an amount of CPU in quotes", '"16" or "500m"')
_BYTES = Form(r"[1-9][0-9]*(Mi|Gi|Ti)", "an amount of memory or disk", "64Gi or 512Mi")
_LABEL = Form(
    r"[a-z]([a-z0-9-]{0,18}[a-z0-9])?",
    "a name of lower case letters, digits and hyphens, a letter first; 20 characters at most",
    "vision-2",
)
Label = Annotated[str, _LABEL]


class Quota(Config):
    """The most that all of a team's pods may ask for together, in Kubernetes' own quantities."""

    cpu: Annotated[str, _CORES] = Field(default="16", description="cores: 16, or 500m")
    memory: Annotated[str, _BYTES] = Field(default="64Gi", description="such as 64Gi")
    gpus: int = Field(default=0, ge=0, description="NVIDIA GPUs")
    neurons: int = Field(default=0, ge=0, description="devices of AWS Neuron: Inferentia, Trainium")
    storage: Annotated[str, _BYTES] = Field(default="100Gi", description="of all volumes together")
    pods: int = Field(default=50, ge=1, description="at the same time")


class Team(Config):
    """One team, as its file says it."""

    name: Label = Field(description="lower case letters, digits, hyphens; the file is called after it")
    members: tuple[Email, ...] = Field(min_length=1, description="e-mail addresses, as people log in; at least one")
    quota: Quota = Field(default_factory=Quota)
    buckets: tuple[Label, ...] = Field(default=(), description="each becomes a bucket that only this team can use")
    shared_gi: PositiveInt | None = Field(
        default=None, description="GiB of files that all of its pods can write at once, by the claim `shared`"
    )
    monthly_usd: PositiveInt | None = Field(
        default=None,
        description="what of the cloud is its own may cost a month: told by e-mail before, where there is a `budget`",
    )
    contacts: tuple[Contact, ...] = Field(
        default=(), description="who is told what is wrong in its namespace; none: whoever runs the platform"
    )

    @model_validator(mode="after")
    def _within_its_quota(self) -> Self:
        storage = self.quota.storage
        size = {"Mi": 1 / 1024, "Gi": 1, "Ti": 1024}[storage[-2:]]
        if self.shared_gi and self.shared_gi > int(storage[:-2]) * size:
            raise ValueError(f"sharedGi is {self.shared_gi}, and quota.storage {storage}: it has to fit in")
        return self

    @property
    def namespace(self) -> str:
        """The team's namespace."""
        return f"team-{self.name}"


def load_teams(root: Path) -> tuple[Team, ...]:
    """Read all team files, sorted by name.

    Raises:
        StackError: with everything that is wrong in any of them.
    """
    teams: list[Team] = []
    problems: list[str] = []
    for path in sorted((root / "stacks" / "teams").glob("*.y*ml")):
        try:
            teams.append(_read(path))
        except StackError as error:
            problems += [p if p.startswith("teams/") else f"teams/{p}" for p in error.problems]
    if problems:
        raise StackError(problems)
    return tuple(teams)


def _read(path: Path) -> Team:
    document = yamlfile.read(path)
    data: Any = document.data
    if not isinstance(data, dict):
        raise StackError(
            [
                f"teams/{path.name}: must be a map with name, members, quota, buckets, sharedGi, monthlyUsd and "
                f"contacts, such as `name: {path.stem}` and `members: [ada@example.com]`"
            ]
        )
    try:
        team = Team.read(data)
    except ValidationError as error:
        raise StackError(
            f"teams/{document.at(*loc)}: {line}" for loc, line in located(error, path.stem, Team)
        ) from None
    problems = []
    if path.suffix != ".yaml" or path.stem != team.name:
        remedy = f"rename the file to {team.name}.yaml"
        if path.suffix == ".yaml":
            remedy += f", or write `name: {path.stem}`"
        problems.append(
            f"teams/{document.at('name')}: the team is {team.name!r}, and its file is called {path.name}: {remedy}"
        )
    for kind, values in (("member", team.members), ("bucket", team.buckets)):
        twice = sorted({value for value in values if values.count(value) > 1})
        problems += [f"teams/{document.at(f'{kind}s')}: the {kind} {value!r} is there twice" for value in twice]
    if not is_label(team.namespace):
        problems.append(f"teams/{path.name}: {team.namespace!r} is no name for a namespace")
    if problems:
        raise StackError(problems)
    return team
