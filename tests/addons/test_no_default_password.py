"""No password that anybody could know: every secret is random, or kept by somebody else."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from groundwork.testing import Graph
from tests.addons.conftest import REGISTRY
from tests.addons.rendering import CHARTS, Rendered, render_chart, render_double

SECRET = "kubernetes:core/v1:Secret"  # noqa: S105 - the name of a kind
RELEASE = "kubernetes:helm.sh/v3:Release"

# What the charts and examples of this world ship: Grafana, MinIO, Dex, PostgreSQL, Airflow, Argo CD.
KNOWN = {
    "admin",
    "password",
    "prom-operator",
    "minio",
    "minio123",
    "minioadmin",
    "12341234",
    "postgres",
    "changeme",
    "mlflow",
}
_SENSITIVE = re.compile(r"(password|passwd|secret|token|accesskey|secretkey|fernetkey|hash)$", re.IGNORECASE)
# How the engine's protocol marks a secret.
_MARK = "4dabf18193072939515e22adb298388d"
# The password that the tests' SQL server makes.
_DATABASES = "hidden"
# What names the key of a Secret.
_KEYS = {"statsSecretKey"}
# The keys of a Secret that are no secret.
_NAMES = {"admin-user", "client-id", "email", "host", "pgbouncer.ini", "port", "database", "username"}


@pytest.fixture(scope="module")
def small(build: Any) -> Graph:
    """Every add-on in an environment where nobody is named: `{}` gives the one account."""
    names = [name for name in REGISTRY if not name.endswith("-api") and name not in ("cluster", "external-dns")]
    graph: Graph = build({name: {} for name in names})
    return graph


def revealed(value: Any) -> Any:
    """Return a value as it is in the state, without the mark of a secret."""
    return value["value"] if isinstance(value, dict) and _MARK in value else value


def guessable(values: dict[str, str]) -> list[str]:
    """Return the keys whose values are neither random nor made by a provider."""
    made = ("random-", "hash-of-random-", "postgresql://", _DATABASES)
    return [key for key, value in values.items() if key not in _NAMES and not any(word in str(value) for word in made)]


def literals(value: Any, path: str = "") -> Iterator[str]:
    """Yield the paths of texts under keys that speak of secrets; the names of Secrets and their keys are none."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if isinstance(inner, str) and inner and key not in _KEYS and _SENSITIVE.search(key):
                yield f"{path}{key}: {inner}"
            yield from literals(inner, f"{path}{key}.")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from literals(inner, f"{path}{index}.")


def test_every_secret_is_random(everything: Graph, small: Graph) -> None:
    """Of all that add-ons put into Secrets themselves."""
    for graph in (everything, small):
        assert graph.of(SECRET)
        for secret in graph.of(SECRET):
            content = {**revealed(secret.inputs.get("stringData") or {}), **revealed(secret.inputs.get("data") or {})}
            assert guessable(content) == [], secret.name


def test_no_values_hold_a_password(everything: Graph, small: Graph) -> None:
    """A chart is told where a secret is, never what it is."""
    for graph in (everything, small):
        found = [each for chart in graph.of(RELEASE) for each in literals(chart.inputs["values"], f"{chart.name}.")]
        names = {r.inputs["metadata"]["name"] for r in graph if r.type.endswith((":Secret", ":ExternalSecret"))}
        names |= {r.inputs["spec"]["secretName"] for r in graph if r.type.endswith(":Certificate")}
        assert [each for each in found if not _named(each, names)] == []


def _named(literal: str, names: set[str]) -> bool:
    """Tell whether a literal is the name of a Secret, or of a variable: `dex.…clientSecret: $GITHUB_SECRET`."""
    value = literal.partition(": ")[2]
    # The tests' SQL server makes its Secrets without a resource.
    return value in names or value.startswith("$") or value.endswith("-database")


@pytest.mark.parametrize("chart", CHARTS)
def test_a_double_has_no_known_password(chart: str, everything: Graph, tmp_path: Path) -> None:
    """With our values it makes no Secret with a default of its own."""
    assert known_passwords(render_double(everything, chart, tmp_path)) == []


@pytest.mark.parametrize("chart", CHARTS)
def test_a_chart_has_no_known_password(chart: str, everything: Graph, tmp_path: Path) -> None:
    """What the double promises, the chart keeps."""
    assert known_passwords(render_chart(everything, chart, tmp_path)) == []


def known_passwords(rendered: Rendered) -> list[str]:
    """Return the Secrets in which anybody knows a value."""
    secrets = [made for made in rendered.values() if made["kind"] == "Secret"]
    return [
        made["metadata"]["name"]
        for made in secrets
        if KNOWN & {*(made.get("stringData") or {}).values(), *_decoded(made.get("data") or {}).values()}
    ]


def _decoded(data: dict[str, str]) -> dict[str, str]:
    return {key: base64.b64decode(value or "").decode(errors="replace") for key, value in data.items()}


def test_the_checks_can_fail() -> None:
    """A default, in a Secret and in values, is found."""
    assert guessable({"password": "admin", "client-id": "web", "hash": "random-x"}) == ["password"]
    assert list(literals({"grafana": {"adminPassword": "prom-operator", "rows": [{"token": ""}]}})) == [
        "grafana.adminPassword: prom-operator"
    ]
    assert not _named("grafana.adminPassword: prom-operator", {"prometheus-grafana"})
