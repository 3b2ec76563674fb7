"""What AWS deletes only when nothing is in it: asked before anything is changed, since a destroy would end half-way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from groundwork.core.stacks import StackFile
from groundwork.real.aws import Client, clients_of, code_of, place_of, session_of
from groundwork.real.errors import RealError


@dataclass(frozen=True)
class Held:
    """A store of one resource.

    Attributes:
        type: the resource's token.
        resource: its name in the program.
        inputs: what the program said of it.
    """

    type: str
    resource: str
    inputs: Mapping[str, Any]


@dataclass(frozen=True)
class Kind:
    """A type of store.

    Attributes:
        name: of the input that says what it is called in AWS.
        force: of the input that has the provider empty it first.
        what: is in it, for people.
        filled: whether something is in the one of this name.
    """

    name: str
    force: str
    what: str
    filled: Callable[[Client, str, str], bool]


def _objects(client: Client, region: str, name: str) -> bool:
    found = client("s3", region).list_object_versions(Bucket=name, MaxKeys=1)
    return bool(found.get("Versions") or found.get("DeleteMarkers"))


def _images(client: Client, region: str, name: str) -> bool:
    return bool(client("ecr", region).list_images(repositoryName=name, maxResults=1)["imageIds"])


KINDS: Mapping[str, Kind] = {
    "aws:s3/bucket:Bucket": Kind("bucket", "forceDestroy", "objects, or old versions of some", _objects),
    "aws:ecr/repository:Repository": Kind("name", "forceDelete", "images", _images),
}
"""By the token of the resource."""

_GONE = ("404", "NoSuchBucket", "RepositoryNotFoundException")

Ask = Callable[[str, Sequence[StackFile], Iterable[Held]], list[str]]
"""`filled`, or what takes its place."""


def filled(environment: str, stacks: Sequence[StackFile], stores: Iterable[Held]) -> list[str]:
    """Return a sentence for each store that AWS would refuse to delete, since something is in it.

    Args:
        stores: that are to be deleted; what is no store, and what the provider empties by itself, is passed over.

    Raises:
        StackError: the stacks are in more than one place.
        RealError: AWS cannot be asked.
    """
    asked = [store for store in stores if store.type in KINDS and not store.inputs.get(KINDS[store.type].force)]
    if not asked:
        return []
    place = place_of(environment, stacks)
    client = clients_of(session_of(place))
    found = []
    for store in asked:
        kind = KINDS[store.type]
        name = str(store.inputs.get(kind.name))
        try:
            full = kind.filled(client, place.region, name)
        except ClientError as error:
            if code_of(error) in _GONE:
                continue
            raise _unasked(name, error) from None
        except BotoCoreError as error:
            raise _unasked(name, error) from None
        if full:
            found.append(f"{store.type.rpartition(':')[2]} {store.resource}: {name} has {kind.what}")
    return found


def _unasked(name: str, error: Exception) -> RealError:
    return RealError(f"Whether something is in {name} cannot be asked: {error}. Nothing was changed.")
