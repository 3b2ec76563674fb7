"""A real API server for the tests of a room."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from groundwork.sandbox.controlplane.client import KubeClient
from groundwork.sandbox.controlplane.errors import ApiError
from groundwork.sandbox.controlplane.plane import ControlPlane
from groundwork.sandbox.paths import SandboxPaths
from groundwork.sandbox.tools.locate import ToolsMissing, locate


@pytest.fixture(scope="session")
def api_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KubeClient]:
    """A control plane for what the platform itself puts into a cluster; its namespaces and CRDs stay in it."""
    try:
        tools = locate()
    except ToolsMissing as missing:
        pytest.skip(f"{missing}")
    plane, paths = ControlPlane(), SandboxPaths(tmp_path_factory.mktemp("server"))
    try:
        with KubeClient(plane.start(paths, tools)) as client:
            yield client
    finally:
        plane.stop(paths)


def refusal(kube: KubeClient, manifest: dict[str, Any]) -> str:
    """Return what the API server says where it refuses an object, empty where it would take it."""
    try:
        kube.create(manifest, dry_run=True)
    except ApiError as error:
        return str(error)
    return ""
