"""Whether Airflow starts what it should, and what fails."""

from __future__ import annotations

from dashboards._pods import memory
from groundwork.core.contracts import Dashboard, Panel


def dashboard(namespace: str) -> Dashboard:
    """Return the page of the Airflow in `namespace`."""
    here = f'{{namespace="{namespace}"}}'
    return Dashboard(
        title=f"Airflow: {namespace}",
        folder="Workflows",
        rows={
            "Scheduler": [
                Panel(
                    title="Heartbeats",
                    queries={"a second": f"sum(rate(airflow_scheduler_heartbeat{here}[5m]))"},
                    unit="per second",
                ),
                Panel(
                    title="Tasks",
                    queries={
                        "queued": f"sum(airflow_executor_queued_tasks{here})",
                        "running": f"sum(airflow_executor_running_tasks{here})",
                        "open slots": f"sum(airflow_executor_open_slots{here})",
                    },
                ),
                Panel(
                    title="Files that do not import",
                    queries={"": f"max(airflow_dag_processing_import_errors{here})"},
                    kind="number",
                    warn=1,
                ),
            ],
            "Tasks": [
                Panel(
                    title="Ended",
                    queries={
                        "failed": f"sum(increase(airflow_ti_failures{here}[5m]))",
                        "succeeded": f"sum(increase(airflow_ti_successes{here}[5m]))",
                    },
                ),
                Panel(
                    title="Waiting for a pool",
                    queries={"{{pool}}": f"max by (pool) (airflow_pool_starving_tasks{here}) > 0"},
                ),
                Panel(
                    title="Killed from outside",
                    queries={"": f"sum(increase(airflow_scheduler_tasks_killed_externally{here}[15m]))"},
                ),
            ],
            "Pods": [
                Panel(
                    title="Task pods that wait",
                    queries={"pending": f'sum(kube_pod_status_phase{{phase="Pending",namespace="{namespace}"}})'},
                ),
                memory(namespace),
            ],
        },
    )
