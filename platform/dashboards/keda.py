"""What workloads are scaled by, and whether that can be read."""

from __future__ import annotations

from groundwork.core.contracts import Dashboard, Panel

_CHOSEN = '{exported_namespace=~"$namespace"}'
_LEGEND = "{{exported_namespace}}/{{scaledObject}} {{scaler}}"


def dashboard(namespace: str) -> Dashboard:
    """Return it; whose workloads are shown is chosen at the top of the page."""
    return Dashboard(
        title="Scaling by events",
        folder="Platform",
        choices={"namespace": "label_values(keda_scaler_active, exported_namespace)"},
        rows={
            "Demand": [
                Panel(title="What is measured", queries={_LEGEND: f"keda_scaler_metrics_value{_CHOSEN}"}),
                Panel(title="Active", queries={_LEGEND: f"keda_scaler_active{_CHOSEN}"}),
                Panel(
                    title="Copies",
                    queries={
                        "{{namespace}}/{{horizontalpodautoscaler}}": (
                            "kube_horizontalpodautoscaler_status_current_replicas"
                            '{horizontalpodautoscaler=~"keda-hpa-.*",namespace=~"$namespace"}'
                        )
                    },
                ),
            ],
            "Trouble": [
                Panel(
                    title="Errors of scalers",
                    queries={_LEGEND: f"rate(keda_scaler_detail_errors_total{_CHOSEN}[5m]) > 0"},
                    unit="per second",
                ),
                Panel(
                    title="How long asking takes",
                    queries={_LEGEND: f"keda_scaler_metrics_latency_seconds{_CHOSEN}"},
                    unit="seconds",
                    warn=5,
                ),
                Panel(title="Paused", queries={"{{scaledObject}}": f"keda_scaled_object_paused{_CHOSEN} > 0"}),
            ],
        },
    )
