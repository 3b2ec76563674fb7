"""An MLflow that is there and answers badly. That no copy of it runs is the add-on's own rule."""

from __future__ import annotations

from groundwork.core.contracts import Alert


def alerts(namespace: str) -> tuple[Alert, ...]:
    """Return the rules for the MLflow in `namespace`."""
    restarts = f'increase(kube_pod_container_status_restarts_total{{namespace="{namespace}"}}[1h])'
    return (
        Alert(
            name="MLflowRestarts",
            expression=f"sum by (namespace) ({restarts}) > 3",
            after="5m",
            severity="warning",
            summary="The server of MLflow restarted more than three times within an hour.",
            runbook=(
                "Ended for its memory: raise mlflow.memory in the stack file. Ended by its probe: its database does "
                "not answer in time; look at that one first."
            ),
        ),
    )
