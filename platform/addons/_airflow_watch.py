"""What is measured of Airflow, and when somebody is told."""

from __future__ import annotations

from typing import Any

from addons._airflow_pgbouncer import METRICS_PORT

from groundwork.core.component import Component
from groundwork.core.contracts import Alert, Metrics, Namespace

# The names are those of the chart's StatsD exporter: https://airflow.apache.org/docs/apache-airflow/3.2.2/
# administration-and-deployment/logging-monitoring/metrics.html, with underscores.
_ALERTS = (
    Alert(
        name="AirflowSchedulerStopped",
        expression="sum(increase(airflow_scheduler_heartbeat[5m])) == 0 or absent(airflow_scheduler_heartbeat)",
        after="5m",
        severity="critical",
        summary="No scheduler of Airflow has been heard of for ten minutes: no task is started.",
    ),
    Alert(
        name="AirflowDagProcessorStopped",
        expression="sum(increase(airflow_dag_processor_heartbeat[5m])) == 0 or absent(airflow_dag_processor_heartbeat)",
        after="10m",
        severity="warning",
        summary="No DAG processor of Airflow has been heard of for 15 minutes: changes of DAGs do not arrive.",
    ),
    Alert(
        name="AirflowTriggererStopped",
        expression="sum(increase(airflow_triggerer_heartbeat[5m])) == 0 or absent(airflow_triggerer_heartbeat)",
        after="10m",
        severity="warning",
        summary="No triggerer of Airflow has been heard of for 15 minutes: deferred tasks do not come back.",
    ),
    Alert(
        name="AirflowTasksStarving",
        expression="max(airflow_scheduler_tasks_starving) > 0",
        after="30m",
        severity="warning",
        summary="Tasks of Airflow have waited half an hour for a free slot of their pool.",
    ),
)
_POOL_ALERT = Alert(
    name="AirflowDatabasePoolExhausted",
    expression='max(pgbouncer_exporter_pools_waiting_clients{database!="pgbouncer"}) > 0',
    after="10m",
    severity="warning",
    summary="Parts of Airflow wait for a connection to the database: raise airflow.pgbouncer.pool.",
)


def measure(parent: Component[Any], metrics: Metrics, namespace: Namespace, *, pooled: bool) -> None:
    """Measure the parts and, where connections are `pooled`, PgBouncer; and alert by both."""
    name = parent.name
    metrics.scrape(
        name,
        parent=parent,
        namespace=namespace,
        selector={"component": "statsd", "release": name},
        port="statsd-scrape",
    )
    if pooled:
        metrics.scrape(
            f"{name}-pgbouncer",
            parent=parent,
            namespace=namespace,
            selector={"component": "pgbouncer", "release": name},
            port=METRICS_PORT,
        )
    alerts = [*_ALERTS, _POOL_ALERT] if pooled else _ALERTS
    metrics.alert(name, parent=parent, namespace=namespace, alerts=alerts)
