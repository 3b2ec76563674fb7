"""An Airflow that runs and still does not do its work. That no scheduler runs at all is the add-on's own rule."""

from __future__ import annotations

from groundwork.core.contracts import Alert


def alerts(namespace: str) -> tuple[Alert, ...]:
    """Return the rules for the Airflow in `namespace`."""
    here = f'{{namespace="{namespace}"}}'
    queued, running = f"airflow_executor_queued_tasks{here}", f"airflow_executor_running_tasks{here}"
    failed = f"sum by (namespace) (increase(airflow_ti_failures{here}[30m]))"
    succeeded = f"sum by (namespace) (increase(airflow_ti_successes{here}[30m]))"
    return (
        Alert(
            name="AirflowTasksStuck",
            expression=(f"sum by (namespace) ({queued}) > 0 and on (namespace) sum by (namespace) ({running}) == 0"),
            after="20m",
            severity="critical",
            summary="Tasks of Airflow are queued, and none has run for twenty minutes.",
            runbook=(
                "kubectl get pods in its namespace: pods of tasks that are Pending find no node or no quota. None at "
                "all means that the scheduler cannot ask the API server: look at its log."
            ),
        ),
        Alert(
            name="AirflowFilesDoNotImport",
            expression=f"max by (namespace) (airflow_dag_processing_import_errors{here}) > 0",
            after="15m",
            severity="warning",
            summary="{{ $value }} files of DAGs do not import: their DAGs do not run.",
            runbook="Airflow's page lists them with the traceback at its top. Revert the commit that brought them.",
        ),
        Alert(
            name="AirflowTasksFail",
            expression=f"{failed} / ({failed} + {succeeded}) > 0.5 and on (namespace) {failed} > 5",
            after="10m",
            severity="warning",
            summary="More than half of Airflow's tasks have failed for the last half hour.",
            runbook=(
                "If the tasks have nothing in common, look for what they share: the object store, the database, the "
                "registry of images. The log of one failed task names it."
            ),
        ),
    )
