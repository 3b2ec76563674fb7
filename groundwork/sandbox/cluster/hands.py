"""Every write of the simulation: others may be faster, and that is no error."""

from __future__ import annotations

from typing import Any

from groundwork.sandbox.cluster.marks import Object
from groundwork.sandbox.cluster.world import Kind
from groundwork.sandbox.controlplane.client import ApiError, KubeClient, PatchType

FIELD_MANAGER = "groundwork-cluster"


class Hands:
    """Writes, and counts what it wrote in `changes`."""

    def __init__(self, client: KubeClient) -> None:
        """Write through that client."""
        self._client = client
        self.changes = 0

    def create(self, obj: Object) -> None:
        """Create an object, unless it is there already."""
        try:
            self._client.create(obj, field_manager=FIELD_MANAGER)
            self.changes += 1
        except ApiError as error:
            if error.reason != "AlreadyExists":
                raise

    def apply(self, obj: Object) -> None:
        """Make an object be as given."""
        self._client.apply(obj, field_manager=FIELD_MANAGER, force=True)
        self.changes += 1

    def patch(self, obj: Object, patch: dict[str, Any], subresource: str | None = None) -> None:
        """Merge a patch into an object, unless it is gone or was changed meanwhile."""
        metadata = obj["metadata"]
        try:
            self._client.patch(
                obj["apiVersion"],
                obj["kind"],
                metadata["name"],
                patch,
                metadata.get("namespace"),
                patch_type=PatchType.MERGE,
                field_manager=FIELD_MANAGER,
                subresource=subresource,
            )
            self.changes += 1
        except ApiError as error:
            if not (error.not_found or error.conflict):
                raise

    def delete(self, obj: Object, *, grace_seconds: int | None = None) -> None:
        """Delete exactly this object, not a later one of its name."""
        metadata = obj["metadata"]
        try:
            self._client.delete(
                obj["apiVersion"],
                obj["kind"],
                metadata["name"],
                metadata.get("namespace"),
                grace_seconds=grace_seconds,
                uid=metadata.get("uid"),
            )
            self.changes += 1
        except ApiError as error:
            if not (error.not_found or error.conflict):
                raise

    def find(self, kind: Kind, name: str, namespace: str | None = None) -> Object | None:
        """Ask the server itself, since a copy of the cluster may lag behind."""
        return self._client.find(kind.api_version, kind.kind, name, namespace)
