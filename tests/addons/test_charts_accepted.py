"""A real API server accepts all that the real charts make of our values, where their archives are given."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from groundwork.core.catalogue import load_catalogue
from groundwork.core.profiles import PROFILES
from groundwork.sandbox.controlplane.client import KubeClient
from groundwork.sandbox.controlplane.errors import ApiError
from groundwork.testing import Graph
from tests.addons.choices import choices
from tests.addons.rendering import CHARTS, ROOT, Rendered, archive, archives, release, releases, render_chart, template
from tests.addons.server import install_definitions, make_namespaces

FALLBACK = "choices"
"""The namespace of a chart that the stack of every add-on does not install."""


@pytest.fixture(scope="module")
def kube(everything: Graph, api_server: KubeClient) -> KubeClient:
    """An API server with every namespace and every CRD of the platform: slow, so only for charts that are there."""
    archives()
    make_namespaces(api_server, everything)
    api_server.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": FALLBACK}})
    install_definitions(api_server)
    return api_server


def refused(kube: KubeClient, rendered: Rendered, namespace: str) -> list[str]:
    """Return what the server says of each object that it does not accept."""
    found = []
    for reference, made in rendered.items():
        try:
            kube.apply({**made, "metadata": {"namespace": namespace, **made["metadata"]}}, dry_run=True)
        except ApiError as error:
            found.append(f"{reference}: {error}")
    return found


def every_choice() -> list[Any]:
    """Return a case for each set of values: what several environments give alike is tried once."""
    found: dict[tuple[str, str], Any] = {}
    for environment in ("dev", "prod"):
        for folder, given_each in choices(PROFILES[environment]).items():
            for index, given in enumerate(given_each):
                case = pytest.param(folder, given, id=f"{folder}-{environment}-{index}")
                found.setdefault((folder, json.dumps(given, sort_keys=True)), case)
    return list(found.values())


def test_every_chart_of_the_catalogue_has_choices() -> None:
    """A chart that no module of choices knows is tried with one set of values alone."""
    catalogue = {f"{entry.chart}-{entry.version}" for entry in load_catalogue(ROOT).charts.values()}
    assert catalogue - choices(PROFILES["prod"]).keys() == set()


@pytest.mark.parametrize("chart", CHARTS)
def test_the_server_accepts_every_object(chart: str, kube: KubeClient, everything: Graph, tmp_path: Path) -> None:
    """A field that the server does not know, or a value that it refuses, fails the release halfway."""
    namespace = release(everything, chart)["namespace"]
    assert refused(kube, render_chart(everything, chart, tmp_path), namespace) == []


@pytest.mark.parametrize(("folder", "given"), every_choice())
def test_the_server_accepts_every_choice(
    folder: str, given: Mapping[str, Any], kube: KubeClient, everything: Graph, tmp_path: Path
) -> None:
    """Each choice that a stack file has gives other objects: the server knows all of them."""
    path = archive(*_split(folder))
    installed = releases(everything).get(_split(folder)[0], {"name": _split(folder)[0], "namespace": FALLBACK})
    name, namespace = installed["name"], installed["namespace"]
    rendered = template(path, tmp_path, name=name, namespace=namespace, values=given)
    assert refused(kube, rendered, namespace) == []


def _split(folder: str) -> tuple[str, str]:
    """Return a chart's name and version from `<chart>-<version>`."""
    name, _, version = folder.rpartition("-")
    return name, version
