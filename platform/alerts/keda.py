"""Scaling that does not happen."""

from __future__ import annotations

from groundwork.core.contracts import Alert


def alerts(namespace: str) -> tuple[Alert, ...]:
    """Return the rules for the KEDA in `namespace`."""
    # Who is told follows from the label `namespace`: here, of the workload that is scaled.
    whose = '"namespace", "$1", "exported_namespace", "(.+)"'
    by = "sum by (exported_namespace, scaledObject)"
    return (
        Alert(
            name="ScalerFails",
            expression=f"label_replace({by} (rate(keda_scaler_detail_errors_total[5m])) > 0, {whose})",
            after="10m",
            severity="warning",
            summary=(
                "KEDA cannot read what {{ $labels.namespace }}/{{ $labels.scaledObject }} is scaled by: it keeps its "
                "present number of copies."
            ),
            runbook=(
                "kubectl describe scaledobject names the trigger and the error. Mostly it is a credential that was "
                "renewed, or a network policy between the namespace of KEDA and the source."
            ),
        ),
        Alert(
            name="ScalingPaused",
            expression=f"label_replace({by} (keda_scaled_object_paused) > 0, {whose})",
            after="24h",
            severity="info",
            summary="{{ $labels.namespace }}/{{ $labels.scaledObject }} has been paused for a day.",
            runbook="Remove its annotation autoscaling.keda.sh/paused, or the ScaledObject.",
        ),
        Alert(
            name="ScalingSlow",
            expression=f'max by (namespace) (keda_internal_scale_loop_latency_seconds{{namespace="{namespace}"}}) > 30',
            after="15m",
            severity="warning",
            summary="KEDA looks at its workloads more than thirty seconds late.",
            runbook="One slow source holds up the others: the dashboard shows which scaler takes long to ask.",
        ),
    )
