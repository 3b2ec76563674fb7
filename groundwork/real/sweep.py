"""Deleting what a destroyed environment left behind: shown first, and done only when asked to."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from groundwork.core.errors import StackError
from groundwork.core.project import load_project
from groundwork.core.stacks import StackFile
from groundwork.real.aws import Client, clients_of, place_of, session_of
from groundwork.real.errors import RealError
from groundwork.real.leftovers import Leftover, delete, leftovers


@dataclass
class Sweep:
    """What was found, and what became of it.

    Attributes:
        found: in the order of deletion.
        deleted: of these.
        kept: with the reason: AWS refused, or it may hold data.
        alive: clusters of the environment that still run: what is found may be in use.
    """

    found: list[Leftover] = field(default_factory=list)
    deleted: list[Leftover] = field(default_factory=list)
    kept: list[tuple[Leftover, str]] = field(default_factory=list)
    alive: list[str] = field(default_factory=list)


def sweep(root: Path, name: str, *, act: bool = False, volumes: bool = False) -> Sweep:
    """Look for what an environment left behind, and delete it if told to.

    Args:
        act: delete; else only look.
        volumes: delete volumes too where the environment's profile protects data.

    Raises:
        StackError: the stack files are wrong, or use no AWS.
        RealError: the credentials are of another account, or to delete would hit a cluster that still runs.
    """
    project = load_project(root)
    stacks = project.environment(name)
    result = Sweep()
    tags = _tags(stacks[0], project.name)
    place = place_of(name, stacks)
    client = clients_of(session_of(place))
    result.alive = _clusters(client, place.region, tags)
    result.found = leftovers(client, place.region, tags)
    if not act:
        return result
    if result.alive:
        clusters = ", ".join(result.alive)
        raise RealError(
            f"{clusters} still runs, and uses what would be deleted: destroy the environment first; without --delete "
            "this command only looks"
        )
    protected = any(stack.profile.protect for stack in stacks)
    for leftover in result.found:
        if leftover.kind == "volume" and protected and not volumes:
            result.kept.append((leftover, "it may hold data, which this environment protects: --volumes deletes it"))
            continue
        try:
            delete(client, leftover)
        except ClientError as error:
            result.kept.append((leftover, str(error.response["Error"].get("Message") or error)))
        else:
            result.deleted.append(leftover)
    return result


def remains(root: Path, name: str) -> Sweep | str:
    """Return what a destroy left behind, or why AWS could not be asked: neither undoes the destroy.

    Only looks.
    """
    try:
        return sweep(root, name)
    except (StackError, RealError) as error:
        return str(error)
    except (BotoCoreError, ClientError) as error:
        return f"AWS did not tell what is left: {error}"


def _tags(stack: StackFile, project: str) -> dict[str, str]:
    """Return the tags of the environment, whichever of its stacks made the controller."""
    own = stack.surroundings(project, Path()).tags
    return {key: own[key] for key in ("groundwork:project", "groundwork:environment")}


def _clusters(client: Client, region: str, tags: dict[str, str]) -> list[str]:
    api = client("eks", region)
    names = [name for page in api.get_paginator("list_clusters").paginate() for name in page["clusters"]]
    found = []
    for name in names:
        own = api.describe_cluster(name=name)["cluster"].get("tags") or {}
        if all(own.get(key) == value for key, value in tags.items()):
            found.append(name)
    return found
