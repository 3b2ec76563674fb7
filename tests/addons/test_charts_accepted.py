"""A real API server accepts all that the real charts make of our values, where their archives are given."""

from __future__ import annotations

from pathlib import Path

import pytest

from groundwork.sandbox.controlplane.client import KubeClient
from groundwork.sandbox.controlplane.errors import ApiError
from groundwork.testing import Graph
from tests.addons.rendering import CHARTS, archives, release, render_chart
from tests.addons.server import install_definitions, make_namespaces


@pytest.fixture(scope="module")
def kube(everything: Graph, api_server: KubeClient) -> KubeClient:
    """An API server with every namespace and every CRD of the platform: slow, so only for charts that are there."""
    archives()
    make_namespaces(api_server, everything)
    install_definitions(api_server)
    return api_server


@pytest.mark.parametrize("chart", CHARTS)
def test_the_server_accepts_every_object(chart: str, kube: KubeClient, everything: Graph, tmp_path: Path) -> None:
    """A field that the server does not know, or a value that it refuses, fails the release halfway."""
    refused = []
    for reference, rendered in render_chart(everything, chart, tmp_path).items():
        metadata = {"namespace": release(everything, chart)["namespace"], **rendered["metadata"]}
        try:
            kube.apply({**rendered, "metadata": metadata}, dry_run=True)
        except ApiError as error:
            refused.append(f"{reference}: {error}")
    assert refused == []
