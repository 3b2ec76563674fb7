"""One stack file, `stacks/Pulumi.<stack>.yaml`: read the same way by the program, the plan and the rehearsal."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from groundwork.core import yamlfile
from groundwork.core.aws_settings import AWS_SETTINGS
from groundwork.core.environment import Environment
from groundwork.core.errors import StackError, closest
from groundwork.core.naming import is_label
from groundwork.core.profiles import PROFILES, Profile
from groundwork.core.regions import regions

_KEYS = ("environment", "profile", "components", "imports", "permissionsBoundary")
_ACCOUNT = re.compile(r"\d{12}")
_POLICY = re.compile(r"arn:aws(-cn|-us-gov)?:iam::(\d{12}|aws):policy/[\w+=,.@/-]+")
_PLACE = re.compile(r"[^\s:]+\.ya?ml(:\d+)?: ")
# Written by the engine on `pulumi stack init`; never committed, and of no meaning to a program.
_ENGINE_KEYS = {"config", "secretsprovider", "encryptionsalt", "encryptedkey", "environment"}


@dataclass(frozen=True)
class StackFile:
    """One stack as its file says it.

    Attributes:
        name: the stack's name, from the file's name.
        environment: what it is a part of: dev, staging, prod, local, or another name with a profile of its own choice.
        profile_name: whose defaults it takes: the environment's name, unless `groundwork:profile` says another.
        region: `aws:region`, None where the stack does not use AWS.
        account_ids: `aws:allowedAccountIds`.
        permissions_boundary: `groundwork:permissionsBoundary`, None for roles without.
        components: instance key -> what is written under it.
        imports: stacks of the same project whose contracts this one uses.
        document: the file, for the lines of errors.
        homes: instance key -> the file that it stands in, where that is another: of stacks that are looked at as one.
    """

    name: str
    path: Path
    environment: str
    profile_name: str
    region: str | None
    account_ids: tuple[str, ...]
    permissions_boundary: str | None
    components: Mapping[str, Mapping[str, Any]]
    imports: tuple[str, ...]
    document: yamlfile.Document = field(repr=False, compare=False)
    homes: Mapping[str, yamlfile.Document] = field(default_factory=dict, repr=False, compare=False)

    @property
    def profile(self) -> Profile:
        """The defaults of this stack's environment."""
        return PROFILES[self.profile_name]

    def at(self, *path: str | int) -> str:
        """Return `file:line` of a part of the component table."""
        document = self.homes.get(str(path[0]), self.document) if path else self.document
        return document.at("config", "groundwork:components", *path)

    def placed(self, instance: str, problems: Iterable[str]) -> list[str]:
        """Put `file:line` before what a component says is wrong: of the key that it names, else of its own.

        A stack that is in no file, as a test's, has none.
        """
        if not self.document.lines:
            return list(problems)
        found = []
        for problem in problems:
            keys = re.match(rf"{re.escape(instance)}((?:\.[\w-]+)+)", problem)
            steps = [int(key) if key.isdigit() else key for key in keys[1].split(".")[1:]] if keys else []
            found.append(problem if _PLACE.match(problem) else f"{self.at(instance, *steps)}: {problem}")
        return found

    def surroundings(self, project: str, root: Path) -> Environment:
        """Return what components may know of this stack."""
        return Environment(
            name=self.environment,
            profile_name=self.profile_name,
            project=project,
            stack=self.name,
            root=root,
            region=self.region,
            account_id=self.account_ids[0] if self.account_ids else None,
            permissions_boundary=self.permissions_boundary,
        )


class FrameError(StackError):
    """What is wrong with the frame of stack files.

    Attributes:
        stacks: what could be read of them all the same: their components can be judged.
    """

    def __init__(self, problems: Iterable[str], stacks: Iterable[StackFile]) -> None:
        super().__init__(problems)
        self.stacks = tuple(stacks)


def read_stack(path: Path) -> StackFile:
    """Read one stack file.

    Raises:
        StackError: the file cannot be read.
        FrameError: with every problem of the file's frame; what is under each component is judged by `compose`.
    """
    document = yamlfile.read(path)
    name = path.name.removeprefix("Pulumi.").removesuffix(".yaml")
    data = document.data if isinstance(document.data, dict) else {}
    problems = [
        f"{document.at(key)}: unknown key {key!r}; {closest(key, _ENGINE_KEYS)}"
        for key in data
        if key not in _ENGINE_KEYS
    ]
    config = data.get("config")
    if not isinstance(config, dict):
        raise StackError([*problems, f"{document.at()}: `config:` is required, and a map"])
    for key in config:
        space, _, rest = key.partition(":")
        if not rest or (space == "groundwork" and rest not in _KEYS):
            valid = [f"groundwork:{k}" for k in _KEYS] + ["aws:region", "aws:allowedAccountIds"]
            told = closest(key, valid) if rest else "components stand under groundwork:components, further in"
            problems.append(f"{document.at('config', key)}: unknown setting {key!r}; {told}")
        elif space == "aws" and rest not in AWS_SETTINGS:
            told = closest(key, [f"aws:{each}" for each in AWS_SETTINGS])
            problems.append(f"{document.at('config', key)}: unknown setting {key!r}; {told}")
    environment, profile = _environment(document, config, problems)
    stack = StackFile(
        name=name,
        path=path,
        environment=environment,
        profile_name=profile,
        region=_region(document, config, problems),
        account_ids=tuple(_account_ids(document, config, problems)),
        permissions_boundary=_boundary(document, config, problems),
        components=_components(document, config.get("groundwork:components"), problems),
        imports=tuple(_texts(document, config, "groundwork:imports", problems)),
        document=document,
    )
    if problems:
        # Components have the defaults of some profile, whichever was meant.
        raise FrameError(problems, [stack if profile in PROFILES else replace(stack, profile_name=min(PROFILES))])
    return stack


def _environment(document: yamlfile.Document, config: Mapping[str, Any], problems: list[str]) -> tuple[str, str]:
    """Return the environment's name and that of its profile."""
    environment, profile = config.get("groundwork:environment"), config.get("groundwork:profile")
    if environment is None:
        problems.append(
            f"{document.at('config', 'groundwork:environment')}: groundwork:environment is required: one of "
            f"{', '.join(sorted(PROFILES))}, or any name beside a groundwork:profile"
        )
    elif profile is None and environment not in PROFILES:
        where = document.at("config", "groundwork:environment")
        problems.append(
            f"{where}: groundwork:environment is {environment!r}; {closest(str(environment), PROFILES)}, "
            "or any name beside a groundwork:profile"
        )
    elif profile is not None and profile not in PROFILES:
        where = document.at("config", "groundwork:profile")
        problems.append(f"{where}: groundwork:profile is {profile!r}; {closest(str(profile), PROFILES)}")
    elif not isinstance(environment, str) or not is_label(environment, limit=20):
        where = document.at("config", "groundwork:environment")
        problems.append(
            f"{where}: {environment!r} is no name for an environment: lower case letters, digits, hyphens; 20 at most"
        )
    elif profile is not None and environment in PROFILES and profile != environment:
        where = document.at("config", "groundwork:profile")
        problems.append(f"{where}: the environment {environment} has the profile of its name, not {profile}")
    return str(environment), str(profile or environment)


def _text(document: yamlfile.Document, config: Mapping[str, Any], key: str, problems: list[str]) -> str | None:
    value = config.get(key)
    if value is None or isinstance(value, str):
        return value
    problems.append(f"{document.at('config', key)}: {key} must be text (got {value!r})")
    return None


def _region(document: yamlfile.Document, config: Mapping[str, Any], problems: list[str]) -> str | None:
    region = _text(document, config, "aws:region", problems)
    if region is not None and region not in regions():
        where = document.at("config", "aws:region")
        problems.append(f"{where}: aws:region is {region!r}; {closest(region, regions())}")
    return region


def _account_ids(document: yamlfile.Document, config: Mapping[str, Any], problems: list[str]) -> list[str]:
    found = _texts(document, config, "aws:allowedAccountIds", problems)
    for index, account in enumerate(found):
        if not _ACCOUNT.fullmatch(account):
            where = document.at("config", "aws:allowedAccountIds", index)
            problems.append(f"{where}: aws:allowedAccountIds: {account!r} is no account: twelve digits")
    return found


def _boundary(document: yamlfile.Document, config: Mapping[str, Any], problems: list[str]) -> str | None:
    key = "groundwork:permissionsBoundary"
    policy = _text(document, config, key, problems)
    if policy is not None and not _POLICY.fullmatch(policy):
        problems.append(
            f"{document.at('config', key)}: {key}: {policy!r} is no policy; an example is "
            "arn:aws:iam::111122223333:policy/platform-boundary"
        )
    return policy


def _texts(document: yamlfile.Document, config: Mapping[str, Any], key: str, problems: list[str]) -> list[str]:
    value = config.get(key)
    if value is None:
        return []
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return value
    problems.append(f"{document.at('config', key)}: {key} must be a list of quoted text (got {value!r})")
    return []


def _components(document: yamlfile.Document, given: Any, problems: list[str]) -> dict[str, dict[str, Any]]:
    where = ("config", "groundwork:components")
    if not isinstance(given, dict) or not given:
        problems.append(f"{document.at(*where)}: groundwork:components is required: a map of at least one component")
        return {}
    table: dict[str, dict[str, Any]] = {}
    for key, value in given.items():
        at = document.at(*where, key)
        if not is_label(key, limit=30):
            problems.append(
                f"{at}: {key!r} is no name for a component: lower case letters, digits, hyphens; 30 at most"
            )
        if _has_secret(value):
            problems.append(
                f"{at}: {key}: a `secure:` value would end in plain text here: keep the secret in a secret store"
            )
        elif value is None or isinstance(value, dict):
            table[key] = value or {}
        else:
            problems.append(f"{at}: {key} must be a map, {{}} for the defaults (got {value!r})")
    return table


def _has_secret(value: Any) -> bool:
    if isinstance(value, dict):
        return "secure" in value or any(_has_secret(inner) for inner in value.values())
    return isinstance(value, list) and any(_has_secret(inner) for inner in value)
