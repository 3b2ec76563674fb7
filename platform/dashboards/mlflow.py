"""Whether MLflow answers, and how fast.

Its server has no metrics of its own under the web server that it starts by default: this is what its Deployment, its
containers and the mesh's gateway say.
"""

from __future__ import annotations

from dashboards._pods import cpu, memory
from groundwork.core.contracts import Dashboard, Panel


def dashboard(namespace: str) -> Dashboard:
    """Return the page of the MLflow in `namespace`."""
    here = f'namespace="{namespace}"'
    to = f'destination_service_namespace="{namespace}",reporter="source"'
    return Dashboard(
        title=f"MLflow: {namespace}",
        folder="Workflows",
        rows={
            "Server": [
                Panel(
                    title="Copies",
                    queries={
                        "wanted": f"sum(kube_deployment_spec_replicas{{{here}}})",
                        "available": f"sum(kube_deployment_status_replicas_available{{{here}}})",
                    },
                ),
                memory(namespace),
                cpu(namespace),
            ],
            "Requests through the gateway": [
                Panel(
                    title="By answer",
                    queries={"{{response_code}}": f"sum by (response_code) (rate(istio_requests_total{{{to}}}[5m]))"},
                    unit="per second",
                ),
                Panel(
                    title="Slowest twentieth",
                    queries={
                        "p95": (
                            "histogram_quantile(0.95, sum by (le) "
                            f"(rate(istio_request_duration_milliseconds_bucket{{{to}}}[5m]))) / 1000"
                        )
                    },
                    unit="seconds",
                    warn=2,
                ),
            ],
        },
    )
