"""Models that answer requests: by the mesh's view of them, and by vLLM's own where it serves a language model."""

from __future__ import annotations

from dashboards.mesh import requests
from groundwork.core.contracts import Dashboard, Panel


def dashboard(namespace: str) -> Dashboard:
    """Return it; whose models are shown is chosen at the top of the page."""
    model = '{namespace=~"$namespace"}'
    first = f"sum by (le, model_name) (rate(vllm:time_to_first_token_seconds_bucket{model}[5m]))"
    return Dashboard(
        title="Serving",
        folder="Workflows",
        choices={
            "namespace": f'label_values(kube_namespace_status_phase{{namespace=~"team-.*|{namespace}"}}, namespace)'
        },
        rows={
            "Requests": requests("Slowest hundredth", "0.99"),
            "Language models": [
                Panel(
                    title="Requests in vLLM",
                    queries={
                        "{{model_name}} running": f"sum by (model_name) (vllm:num_requests_running{model})",
                        "{{model_name}} waiting": f"sum by (model_name) (vllm:num_requests_waiting{model})",
                    },
                ),
                Panel(
                    title="Until the first token",
                    queries={"{{model_name}} p95": f"histogram_quantile(0.95, {first})"},
                    unit="seconds",
                ),
                Panel(
                    title="Tokens written",
                    queries={"{{model_name}}": f"sum by (model_name) (rate(vllm:generation_tokens_total{model}[5m]))"},
                    unit="per second",
                ),
            ],
        },
    )
