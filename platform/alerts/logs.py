"""Lines that are lost, and a store of logs that answers with errors."""

from __future__ import annotations

from groundwork.core.contracts import Alert


def alerts(namespace: str) -> tuple[Alert, ...]:
    """Return the rules for the store of logs in `namespace` and whatever carries lines to it."""
    lost = "sum by (pod) (rate(fluentbit_output_dropped_records_total[10m]))"
    here = f'{{namespace="{namespace}",status_code=~"5.."}}'
    return (
        Alert(
            name="LogsLost",
            expression=f"{lost} > 0",
            after="10m",
            severity="warning",
            summary="{{ $labels.pod }} throws away lines of logs.",
            runbook=(
                "The store does not take them: look for its errors first. If it is well, one container writes more "
                "than its node can carry: the dashboard Logs shows whose."
            ),
        ),
        Alert(
            name="LogsNotTaken",
            expression=(
                f"sum by (namespace) (rate(loki_request_duration_seconds_count{here}[5m])) / "
                f'sum by (namespace) (rate(loki_request_duration_seconds_count{{namespace="{namespace}"}}[5m])) > 0.05'
            ),
            after="15m",
            severity="critical",
            summary="The store of logs answers {{ $value | humanizePercentage }} of its requests with an error.",
            runbook=(
                "Its own log names the reason: mostly the bucket that it may not write any more, or a full volume. "
                "Lines wait on the nodes, a gibibyte each, and come later."
            ),
        ),
    )
