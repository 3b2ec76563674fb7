"""What the tests of the sandbox share: one real control plane for each test process, made when first asked for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from groundwork.sandbox.controlplane import ClusterEndpoint
from groundwork.sandbox.controlplane.client import KubeClient
from groundwork.sandbox.controlplane.plane import ControlPlane
from groundwork.sandbox.controlplane.waiting import wait_for
from groundwork.sandbox.paths import SandboxPaths
from groundwork.sandbox.tools.locate import Tools, ToolsMissing, locate


@pytest.fixture(scope="session")
def tools() -> Tools:
    """The real programs; tests that need them are skipped where they are not built."""
    try:
        return locate()
    except ToolsMissing as missing:
        pytest.skip(f"{missing}")


@pytest.fixture(scope="session")
def control_plane_paths(tmp_path_factory: pytest.TempPathFactory) -> SandboxPaths:
    """Where the shared control plane keeps its files: logs, what was refused, kubeconfig."""
    return SandboxPaths(tmp_path_factory.mktemp("shared-control-plane"))


@pytest.fixture(scope="session")
def control_plane(control_plane_paths: SandboxPaths, tools: Tools) -> Iterator[ClusterEndpoint]:
    """A running control plane with no nodes.

    It is shared: tests use namespaces of their own, unpredictable names for what has none, and clean up what would
    disturb others, webhook configurations and nodes above all.
    """
    plane = ControlPlane()
    try:
        yield plane.start(control_plane_paths, tools)
    finally:
        plane.stop(control_plane_paths)


@pytest.fixture(scope="session")
def kube(control_plane: ClusterEndpoint) -> Iterator[KubeClient]:
    """An administrator's client of the shared control plane."""
    with KubeClient(control_plane) as client:
        yield client


@pytest.fixture
def namespace(kube: KubeClient) -> Iterator[str]:
    """A namespace for one test, with its default service account in place."""
    metadata = {"generateName": "test-"}
    created = kube.create({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
    name: str = created["metadata"]["name"]
    wait_for(kube, "v1", "ServiceAccount", "default", name)
    yield name
    kube.delete("v1", "Namespace", name, missing_ok=True)
