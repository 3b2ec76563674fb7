"""The platform's dashboards: one module a subject, each a pure function of where the subject runs.

Every metric named here stands in `../measurements.yaml`, with who measures it and where that is written.
"""

from __future__ import annotations

from collections.abc import Callable

from dashboards import airflow, cluster, cost, gpu, keda, kubeflow, logs, mesh, mlflow, serving, teams
from groundwork.core.contracts import Dashboard

SUBJECTS: dict[str, Callable[[str], Dashboard]] = {
    "airflow": airflow.dashboard,
    "cluster": cluster.dashboard,
    "cost": cost.dashboard,
    "gpu": gpu.dashboard,
    "keda": keda.dashboard,
    "kubeflow": kubeflow.dashboard,
    "logs": logs.dashboard,
    "mesh": mesh.dashboard,
    "mlflow": mlflow.dashboard,
    "serving": serving.dashboard,
    "teams": teams.dashboard,
}
"""Subject -> its dashboard, given the namespace that the subject runs in."""
