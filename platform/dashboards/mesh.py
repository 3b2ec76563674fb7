"""What comes through the mesh: how much, how fast, how much of it fails."""

from __future__ import annotations

from groundwork.core.contracts import Dashboard, Panel

TO = 'destination_service_namespace=~"$namespace",reporter="source"'
"""Requests as whoever sends them sees them: the gateway too, for what is not in the mesh itself."""

SERVICE = "destination_service_name, destination_service_namespace"
LEGEND = "{{destination_service_namespace}}/{{destination_service_name}}"


def slowest(quantile: str, to: str) -> str:
    """Return how long the slowest requests take, in seconds."""
    buckets = f"sum by (le, {SERVICE}) (rate(istio_request_duration_milliseconds_bucket{{{to}}}[5m]))"
    return f"histogram_quantile({quantile}, {buckets}) / 1000"


def failing(to: str) -> str:
    """Return the share of requests that the server answers with an error."""
    wrong = f'sum by ({SERVICE}) (rate(istio_requests_total{{{to},response_code=~"5.."}}[5m]))'
    return f"{wrong} / sum by ({SERVICE}) (rate(istio_requests_total{{{to}}}[5m]))"


def requests(slowest_title: str, quantile: str) -> list[Panel]:
    """Return how many requests there are, how many of them fail, and how long the slowest take."""
    return [
        Panel(
            title="Requests",
            queries={LEGEND: f"sum by ({SERVICE}) (rate(istio_requests_total{{{TO}}}[5m]))"},
            unit="per second",
        ),
        Panel(title="Failing", queries={LEGEND: failing(TO)}, unit="fraction", warn=0.01),
        Panel(title=slowest_title, queries={LEGEND: slowest(quantile, TO)}, unit="seconds"),
    ]


def dashboard(namespace: str) -> Dashboard:
    """Return it; whose services are shown is chosen at the top of the page."""
    return Dashboard(
        title="Requests",
        folder="Platform",
        choices={"namespace": "label_values(istio_requests_total, destination_service_namespace)"},
        rows={
            "Services": requests("Slowest twentieth", "0.95"),
            "Control plane": [
                Panel(title="Proxies connected", queries={"": "sum(pilot_xds)"}, kind="number"),
                Panel(
                    title="Configuration refused",
                    queries={"{{type}}": "sum by (type) (rate(pilot_total_xds_rejects[5m])) > 0"},
                    unit="per second",
                    warn=0.001,
                ),
            ],
        },
    )
