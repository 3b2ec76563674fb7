"""Every write of the simulation: that others were faster is no error, and a refusal stops nothing else."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from groundwork.sandbox.cluster.marks import Object, full_name
from groundwork.sandbox.cluster.world import Kind
from groundwork.sandbox.controlplane.client import ApiError, KubeClient, PatchType

FIELD_MANAGER = "groundwork-cluster"
_log = logging.getLogger(__name__)


class Hands:
    """Writes; counts what it wrote in `changes`, and keeps by kind and name what was refused, and why."""

    def __init__(self, client: KubeClient) -> None:
        """Write through that client."""
        self._client = client
        self.changes = 0
        self.refused: dict[tuple[str, str], str] = {}
        self._logged: set[str] = set()

    def begin(self) -> None:
        """Forget the last round."""
        self.changes = 0
        self.refused = {}

    def create(self, obj: Object) -> None:
        """Create an object, unless it is there already."""
        self._try(obj, lambda: self._client.create(obj, field_manager=FIELD_MANAGER))

    def apply(self, obj: Object) -> None:
        """Make an object be as given."""
        self._try(obj, lambda: self._client.apply(obj, field_manager=FIELD_MANAGER, force=True))

    def patch(self, obj: Object, patch: dict[str, Any], subresource: str | None = None) -> None:
        """Merge a patch into an object, unless it is gone or was changed meanwhile."""
        self._try(
            obj,
            lambda: self._client.patch(
                obj["apiVersion"],
                obj["kind"],
                obj["metadata"]["name"],
                patch,
                obj["metadata"].get("namespace"),
                patch_type=PatchType.MERGE,
                field_manager=FIELD_MANAGER,
                subresource=subresource,
            ),
        )

    def delete(self, obj: Object, *, grace_seconds: int | None = None) -> None:
        """Delete exactly this object, not a later one of its name."""
        self._try(
            obj,
            lambda: self._client.delete(
                obj["apiVersion"],
                obj["kind"],
                obj["metadata"]["name"],
                obj["metadata"].get("namespace"),
                grace_seconds=grace_seconds,
                uid=obj["metadata"].get("uid"),
            ),
        )

    def find(self, kind: Kind, name: str, namespace: str | None = None) -> Object | None:
        """Ask the server itself, since a copy of the cluster may lag behind."""
        return self._client.find(kind.api_version, kind.kind, name, namespace)

    def _try(self, obj: Object, write: Callable[[], object]) -> None:
        try:
            write()
            self.changes += 1
        except ApiError as error:
            if error.not_found or error.conflict:  # it is gone, is there already or was just changed
                return
            self.refused[obj["kind"], full_name(obj)] = error.message
            if error.message not in self._logged:  # each round tries again
                self._logged.add(error.message)
                _log.warning("%s %s: %s", obj["kind"], full_name(obj), error.message)
