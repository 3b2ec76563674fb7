"""The CustomResourceDefinitions of the cluster: megabytes, that several charts ask for within a second."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any

from groundwork.sandbox.controlplane.client import KubeClient
from groundwork.sandbox.standins.kubernetes.values import get_path

_FRESH_SECONDS = 3.0


class Definitions:
    """A short memory of the definitions; what it tells may be 3 seconds old."""

    def __init__(self, client: KubeClient) -> None:
        """Ask nothing yet."""
        self._client = client
        self._lock = threading.Lock()
        self._read_at = float("-inf")
        self._all: list[dict[str, Any]] = []

    def schema(self, api_version: str, kind: str) -> Mapping[str, Any] | None:
        """Return the OpenAPI schema of a custom kind, None if the cluster has no such definition."""
        group, _, version = api_version.rpartition("/")
        for definition in self._read():
            spec = definition["spec"]
            if (spec["group"], spec["names"]["kind"]) == (group, kind):
                for served in spec["versions"]:
                    if served["name"] == version:
                        return get_path(served, "schema", "openAPIV3Schema", default={}) or {}
        return None

    def api_versions(self) -> list[str]:
        """Return what a chart may ask for by `.Capabilities.APIVersions`: groups with versions, and custom kinds."""
        groups = self._client.raw("GET", "/apis").get("groups") or []
        served = [str(version["groupVersion"]) for group in groups for version in group["versions"]]
        specs = [definition["spec"] for definition in self._read()]
        return served + [f"{s['group']}/{v['name']}/{s['names']['kind']}" for s in specs for v in s["versions"]]

    def _read(self) -> list[dict[str, Any]]:
        with self._lock:
            if time.monotonic() - self._read_at > _FRESH_SECONDS:
                self._all = self._client.list("apiextensions.k8s.io/v1", "CustomResourceDefinition")
                self._read_at = time.monotonic()
            return self._all
