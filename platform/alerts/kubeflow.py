"""Pipelines that fail, and parts of Kubeflow that do not run."""

from __future__ import annotations

from groundwork.core.contracts import Alert


def alerts(namespace: str) -> tuple[Alert, ...]:
    """Return the rules for the Kubeflow in `namespace`."""
    here = f'{{namespace="{namespace}"}}'
    # Gauges of the API server, which begin anew when it does: less than before is no failure.
    failed = f"clamp_min(sum by (namespace) (delta(resource_manager_workflow_runs_failed{here}[1h])), 0)"
    good = f"clamp_min(sum by (namespace) (delta(resource_manager_workflow_runs_success{here}[1h])), 0)"
    missing = f"kube_deployment_status_replicas_available{here} < 1 and kube_deployment_spec_replicas{here} > 0"
    return (
        Alert(
            name="PipelineRunsFail",
            expression=f"{failed} > 2 and {failed} > {good}",
            after="5m",
            severity="warning",
            summary="More runs of pipelines failed within an hour than succeeded.",
            runbook=(
                "The page of a failed run shows the step and its log. Runs that fail before their first step: look at "
                "the workflow controller's log, and at the quota of the namespace."
            ),
        ),
        Alert(
            name="KubeflowPartDown",
            expression=missing,
            after="10m",
            severity="critical",
            summary="{{ $labels.deployment }} of Kubeflow has no copy that is ready.",
            runbook=(
                "kubectl describe deployment and the log of its pod. All of them at once: their database or object "
                "store does not answer."
            ),
        ),
    )
