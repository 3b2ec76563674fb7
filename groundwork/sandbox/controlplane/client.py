"""The one Kubernetes client of the sandbox: thin, typed, verified, fit for many threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, Literal, Self

from groundwork.sandbox.controlplane.discovery import ApiResource, Discovery
from groundwork.sandbox.controlplane.endpoint import ClusterEndpoint
from groundwork.sandbox.controlplane.errors import (
    ApiError,
    ApiUnreachableError,
    KindNotServedError,
    KubeError,
)
from groundwork.sandbox.controlplane.transport import Transport
from groundwork.sandbox.controlplane.watching import WatchEvent, follow

__all__ = [
    "ApiError",
    "ApiResource",
    "ApiUnreachableError",
    "KindNotServedError",
    "KubeClient",
    "KubeError",
    "PatchType",
    "WatchEvent",
]

Object = dict[str, Any]
Objects = list[Object]
Propagation = Literal["Background", "Foreground", "Orphan"]
_PAGE = "500"
_WATCH_SECONDS = 3
_GROUPS = "application/json;as=APIGroupDiscoveryList;g=apidiscovery.k8s.io;v=v2"


class PatchType(StrEnum):
    """The content types of a patch."""

    JSON = "application/json-patch+json"
    MERGE = "application/merge-patch+json"
    STRATEGIC = "application/strategic-merge-patch+json"
    APPLY = "application/apply-patch+yaml"


class KubeClient:
    """Reads and writes the objects of any kind that the API server serves.

    A namespaced object without a namespace is meant for `default`, as everywhere in Kubernetes; a list
    without a namespace covers all of them. Every method raises `ApiError` for what the server refuses and
    `ApiUnreachableError` where nothing answers.

    Args:
        endpoint: the API server.
        token: make requests as its owner, not as the administrator.
        timeout: seconds to wait for an answer.
        on_warning: called with each warning that the server sends beside an answer.
    """

    def __init__(
        self,
        endpoint: ClusterEndpoint,
        *,
        token: str | None = None,
        timeout: float = 60.0,
        on_warning: Callable[[str], None] | None = None,
    ) -> None:
        """Open no connection yet."""
        self.endpoint = endpoint
        self._transport = Transport(endpoint, token=token, timeout=timeout, on_warning=on_warning)
        self._discovery = Discovery(lambda path: self._transport.send("GET", path))

    def __enter__(self) -> Self:
        """Return the client itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self.close()

    def close(self) -> None:
        """Close every idle connection."""
        self._transport.close()

    def discover(self, api_version: str, kind: str, *, wait: float = 0.0) -> ApiResource:
        """Return how a kind is served, waiting some seconds for a new CRD (raises `KindNotServedError`)."""
        return self._discovery.find(api_version, kind, wait)

    def forget(self, api_version: str) -> None:
        """Ask again for the kinds of a group and version, since a CRD of it was replaced."""
        self._discovery.forget(api_version)

    def served_versions(self, group: str) -> list[str]:
        """Return the versions of a group that are listed, also those whose backend does not answer."""
        listing = self._transport.send("GET", "/apis", accept=_GROUPS)
        return [
            version["version"]
            for item in listing["items"]
            if item["metadata"]["name"] == group
            for version in item["versions"]
        ]

    def raw(self, method: str, path: str, *, params: Mapping[str, str] | None = None, body: object = None) -> Any:
        """Send any request: `/version`, `/openapi/v3`; JSON comes back decoded, all else as text."""
        return self._transport.send(method, path, params=params, body=body)

    def get(
        self,
        api_version: str,
        kind: str,
        name: str,
        namespace: str | None = None,
        *,
        subresource: str | None = None,
    ) -> Object:
        """Return one object."""
        return self._send("GET", self._path(api_version, kind, name, namespace, subresource))

    def find(self, api_version: str, kind: str, name: str, namespace: str | None = None) -> Object | None:
        """Return one object, or None where it, or its kind, does not exist."""
        try:
            return self.get(api_version, kind, name, namespace)
        except ApiError as error:
            if error.not_found:
                return None
            raise

    def list(
        self,
        api_version: str,
        kind: str,
        namespace: str | None = None,
        *,
        label_selector: str | None = None,
        field_selector: str | None = None,
        metadata_only: bool = False,
    ) -> Objects:
        """Return all objects of a kind, each with its `apiVersion` and `kind`; with `metadata_only` nothing else."""
        accept = _accept("PartialObjectMetadataList", metadata_only)
        return self._list(api_version, kind, namespace, _selectors(label_selector, field_selector), accept)[0]

    def create(
        self,
        obj: Object,
        *,
        field_manager: str = "groundwork",
        dry_run: bool = False,
        subresource: str | None = None,
    ) -> Object:
        """Create an object, or a subresource of it such as a `token`, a `binding` or an `eviction`."""
        api_version, kind, name, namespace = _identity(obj)
        if subresource is None:
            path = self._path(api_version, kind, None, namespace or "default", None)
        else:
            path = self._path(api_version, kind, name, namespace, subresource)
        return self._send("POST", path, _options(field_manager, dry_run), obj)

    def create_for(
        self, api_version: str, kind: str, name: str, namespace: str | None, subresource: str, body: Object
    ) -> Object:
        """Create a subresource of another kind: a pod's `Eviction`, an account's `TokenRequest`."""
        return self._send("POST", self._path(api_version, kind, name, namespace, subresource), None, body)

    def replace(
        self,
        obj: Object,
        *,
        field_manager: str = "groundwork",
        dry_run: bool = False,
        subresource: str | None = None,
    ) -> Object:
        """Replace a whole object; with a `resourceVersion` in it, only if nobody was faster."""
        path = self._path(*_identity(obj), subresource)
        return self._send("PUT", path, _options(field_manager, dry_run), obj)

    def apply(
        self,
        obj: Object,
        *,
        field_manager: str = "groundwork",
        force: bool = False,
        dry_run: bool = False,
        subresource: str | None = None,
    ) -> Object:
        """Apply an object on the server's side, `field_manager` owning exactly the fields it has."""
        params = {**_options(field_manager, dry_run), "force": str(force).lower()}
        path = self._path(*_identity(obj), subresource)
        return self._send("PATCH", path, params, obj, PatchType.APPLY)

    def patch(
        self,
        api_version: str,
        kind: str,
        name: str,
        patch: Mapping[str, Any] | Sequence[Mapping[str, Any]],
        namespace: str | None = None,
        *,
        patch_type: PatchType = PatchType.MERGE,
        field_manager: str = "groundwork",
        dry_run: bool = False,
        subresource: str | None = None,
    ) -> Object:
        """Change parts of an object."""
        path = self._path(api_version, kind, name, namespace, subresource)
        return self._send("PATCH", path, _options(field_manager, dry_run), patch, patch_type)

    def delete(
        self,
        api_version: str,
        kind: str,
        name: str,
        namespace: str | None = None,
        *,
        propagation: Propagation = "Background",
        grace_seconds: int | None = None,
        uid: str | None = None,
        missing_ok: bool = False,
        dry_run: bool = False,
    ) -> None:
        """Ask for an object's deletion, if given only of the one with `uid`; finalizers may delay it."""
        options: Object = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": propagation}
        if grace_seconds is not None:
            options["gracePeriodSeconds"] = grace_seconds
        if uid is not None:
            options["preconditions"] = {"uid": uid}
        if dry_run:
            options["dryRun"] = ["All"]
        try:
            self._transport.send("DELETE", self._path(api_version, kind, name, namespace, None), body=options)
        except ApiError as error:
            if not (missing_ok and error.not_found):
                raise

    def watch(
        self,
        api_version: str,
        kind: str,
        namespace: str | None = None,
        *,
        label_selector: str | None = None,
        field_selector: str | None = None,
        stop: threading.Event,
        metadata_only: bool = False,
    ) -> Iterator[WatchEvent]:
        """Yield what exists (ADDED), then every change, over restarts of the server, until `stop` is set.

        `stop` is noticed within 3 seconds. What was missed while the server was away is told afterwards.
        With `metadata_only` the objects carry nothing else, which saves much where they are large.
        """
        selectors = _selectors(label_selector, field_selector)
        path = self._collection(api_version, kind, namespace)

        def changes(version: str) -> Iterator[Mapping[str, Any]]:
            params = {
                **selectors,
                "watch": "true",
                "allowWatchBookmarks": "true",
                "resourceVersion": version,
                "timeoutSeconds": str(_WATCH_SECONDS),
            }
            return self._transport.stream(path, params, _accept("PartialObjectMetadata", metadata_only))

        accept = _accept("PartialObjectMetadataList", metadata_only)
        return follow(lambda: self._list(api_version, kind, namespace, selectors, accept), changes, stop)

    def _list(
        self,
        api_version: str,
        kind: str,
        namespace: str | None,
        selectors: Mapping[str, str],
        accept: str = "application/json",
    ) -> tuple[Objects, str]:
        path = self._collection(api_version, kind, namespace)
        params = {**selectors, "limit": _PAGE}
        items: Objects = []
        while True:
            page: Object = self._transport.send("GET", path, params=params, accept=accept)
            items += [{**item, "apiVersion": api_version, "kind": kind} for item in page.get("items") or ()]
            position = page["metadata"].get("continue")
            if not position:
                return items, str(page["metadata"]["resourceVersion"])
            params["continue"] = position

    def _collection(self, api_version: str, kind: str, namespace: str | None) -> str:
        return self.discover(api_version, kind).path(namespace=namespace)

    def _path(
        self, api_version: str, kind: str, name: str | None, namespace: str | None, subresource: str | None
    ) -> str:
        return self.discover(api_version, kind).path(name, namespace or "default", subresource)

    def _send(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None = None,
        body: object = None,
        content_type: str = "application/json",
    ) -> Object:
        answer: Object = self._transport.send(method, path, params=params, body=body, content_type=content_type)
        return answer


def _identity(obj: Mapping[str, Any]) -> tuple[str, str, str | None, str | None]:
    metadata = obj.get("metadata") or {}
    return obj["apiVersion"], obj["kind"], metadata.get("name"), metadata.get("namespace")


def _accept(kind: str, metadata_only: bool) -> str:
    return f"application/json;as={kind};g=meta.k8s.io;v=v1" if metadata_only else "application/json"


def _options(field_manager: str, dry_run: bool) -> dict[str, str]:
    return {"fieldManager": field_manager} | ({"dryRun": "All"} if dry_run else {})


def _selectors(label: str | None, field: str | None) -> dict[str, str]:
    return {key: value for key, value in (("labelSelector", label), ("fieldSelector", field)) if value}
