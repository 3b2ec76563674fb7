"""Runs of pipelines, and the notebooks."""

from __future__ import annotations

from dashboards._pods import memory
from groundwork.core.contracts import Dashboard, Panel


def dashboard(namespace: str) -> Dashboard:
    """Return the page of the Kubeflow in `namespace`."""
    here = f'{{namespace="{namespace}"}}'
    return Dashboard(
        title="Kubeflow",
        folder="Workflows",
        rows={
            "Pipelines": [
                Panel(
                    title="Runs that ended",
                    queries={
                        "succeeded": f"sum(resource_manager_workflow_runs_success{here})",
                        "failed": f"sum(resource_manager_workflow_runs_failed{here})",
                    },
                    note="As Pipelines' API server counts them since its start.",
                ),
                Panel(
                    title="Pods of steps",
                    queries={"{{phase}}": f'sum by (phase) (kube_pod_status_phase{{namespace="{namespace}"}}) > 0'},
                ),
                Panel(
                    title="Not available",
                    queries={
                        "{{deployment}}": (
                            f"kube_deployment_spec_replicas{here} - kube_deployment_status_replicas_available{here} > 0"
                        )
                    },
                    warn=1,
                ),
            ],
            "Notebooks": [
                Panel(
                    title="Running",
                    queries={"{{namespace}}": 'count by (namespace) (kube_pod_labels{label_notebook_name!=""})'},
                    note="Pods that the notebook controller made, started or not.",
                ),
                memory(namespace),
            ],
        },
    )
