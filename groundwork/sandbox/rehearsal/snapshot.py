"""Every object that the API server holds, by name: to show that a `down` leaves nothing behind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from groundwork.sandbox.controlplane.client import KubeClient
from groundwork.sandbox.controlplane.endpoint import ClusterEndpoint
from groundwork.sandbox.controlplane.transport import Transport

# They come and go by themselves, and vanish with what they tell of or in time.
_VOLATILE = {"Event", "Lease", "EndpointSlice", "Endpoints", "IPAddress", "ComponentStatus"}


def snapshot(endpoint: ClusterEndpoint) -> dict[str, list[str]]:
    """Return the names of all objects as `namespace/name`, by `apiVersion/Kind`; kinds without any are left out."""
    client = KubeClient(endpoint)
    try:
        found = {
            f"{api_version}/{kind}": sorted(_name(item) for item in client.list(api_version, kind))
            for api_version, kind in _listable(endpoint)
        }
    finally:
        client.close()
    return {kind: names for kind, names in sorted(found.items()) if names}


def _listable(endpoint: ClusterEndpoint) -> Iterator[tuple[str, str]]:
    transport = Transport(endpoint)
    try:
        versions = ["v1"]
        for group in transport.send("GET", "/apis")["groups"]:
            versions.append(group["preferredVersion"]["groupVersion"])
        for version in versions:
            path = f"/api/{version}" if "/" not in version else f"/apis/{version}"
            for resource in transport.send("GET", path)["resources"]:
                listable = "list" in resource["verbs"] and "/" not in resource["name"]
                if listable and resource["kind"] not in _VOLATILE:
                    yield version, resource["kind"]
    finally:
        transport.close()


def _name(item: dict[str, Any]) -> str:
    metadata = item["metadata"]
    return f"{metadata['namespace']}/{metadata['name']}" if metadata.get("namespace") else str(metadata["name"])
