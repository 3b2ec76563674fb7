"""How much is written, and whether it arrives."""

from __future__ import annotations

from dashboards._pods import memory
from groundwork.core.contracts import Dashboard, Panel


def dashboard(namespace: str) -> Dashboard:
    """Return the page of the store of logs in `namespace`."""
    here = f'namespace="{namespace}"'
    by = "sum by (status_code)"
    return Dashboard(
        title="Logs",
        folder="Platform",
        rows={
            "On the nodes": [
                Panel(
                    title="Read",
                    queries={"{{pod}}": "topk(10, sum by (pod) (rate(fluentbit_input_bytes_total[5m])))"},
                    unit="bytes",
                    note="Bytes a second.",
                ),
                Panel(
                    title="Tried again",
                    queries={"{{pod}}": "topk(10, sum by (pod) (rate(fluentbit_output_retries_total[5m])) > 0)"},
                    unit="per second",
                ),
                Panel(
                    title="Thrown away",
                    queries={"{{pod}}": "sum by (pod) (rate(fluentbit_output_dropped_records_total[5m])) > 0"},
                    unit="per second",
                    warn=0.001,
                ),
            ],
            "In the store": [
                Panel(
                    title="Lines taken",
                    queries={"": f"sum(rate(loki_distributor_lines_received_total{{{here}}}[5m]))"},
                    unit="per second",
                ),
                Panel(
                    title="Answers",
                    queries={"{{status_code}}": f"{by} (rate(loki_request_duration_seconds_count{{{here}}}[5m]))"},
                    unit="per second",
                ),
                memory(namespace),
            ],
        },
    )
