"""The double of every chart renders with the values that the program gives the real one, and obeys them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from groundwork.testing import Graph
from tests.addons.rendering import CHARTS, Rendered, render_double


@pytest.fixture
def render(everything: Graph, tmp_path: Path) -> Callable[[str], Rendered]:
    """Render a chart's double with the values of the stack that has everything."""
    return lambda chart: render_double(everything, chart, tmp_path)


@pytest.mark.parametrize("chart", CHARTS)
def test_a_double_renders_with_our_values(chart: str, render: Callable[[str], Rendered]) -> None:
    """Every chart of the platform can be rehearsed without its archive."""
    assert render(chart)


def test_airflows_double_has_only_what_our_values_leave(render: Callable[[str], Rendered]) -> None:
    """No database, broker, Celery or Job of the chart's own; accounts have the names that rights were given to."""
    found = render("airflow")
    kinds = {reference for reference in found if reference.startswith(("Deployment/", "StatefulSet/", "Job/"))}
    parts = ("api-server", "dag-processor", "pgbouncer", "scheduler", "statsd", "triggerer")
    assert kinds == {f"Deployment/airflow-{part}" for part in parts}
    assert "ServiceAccount/airflow-worker" in found
    scheduler = found["Deployment/airflow-scheduler"]["spec"]
    assert scheduler["replicas"] == 2
    assert scheduler["template"]["spec"]["serviceAccountName"] == "airflow-scheduler"
    assert scheduler["template"]["spec"]["containers"][0]["resources"]["limits"] == {"memory": "2Gi"}


def test_the_services_that_we_name_are_there(render: Callable[[str], Rendered]) -> None:
    """What is exposed and what contracts give as an address is what the charts make."""
    assert found_port(render("airflow"), "Service/airflow-api-server") == 8080
    assert found_port(render("kubeflow-pipelines"), "Service/ml-pipeline") == 8888
    assert "Service/istio-ingress" in render("gateway")
    assert "Service/prometheus-grafana" in render("kube-prometheus-stack")


def found_port(found: Rendered, service: str) -> int:
    """Return a Service's first port."""
    port: int = found[service]["spec"]["ports"][0]["port"]
    return port


def test_stacks_double_scrapes_no_hidden_control_plane(render: Callable[[str], Rendered]) -> None:
    """No monitor, Service or dashboard for what the cluster lets nobody reach."""
    hidden = ("kube-controller-manager", "kube-etcd", "kube-proxy", "kube-scheduler")
    assert not [reference for reference in render("kube-prometheus-stack") if reference.endswith(hidden)]
