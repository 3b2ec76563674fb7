"""The platform's alert rules: one module a subject, each a pure function of where the subject runs.

Every rule says what whoever is told does now. `tests/addons/alerts/` holds, for each, measurements that fire it and
measurements that do not, and Prometheus' own promtool evaluates them. Every metric named here stands in
`../measurements.yaml`.
"""

from __future__ import annotations

from collections.abc import Callable

from alerts import airflow, backups, certificates, cluster, gpu, keda, kubeflow, logs, mesh, mlflow
from groundwork.core.contracts import Alert

SUBJECTS: dict[str, Callable[[str], tuple[Alert, ...]]] = {
    "airflow": airflow.alerts,
    "backups": backups.alerts,
    "certificates": certificates.alerts,
    "cluster": cluster.alerts,
    "gpu": gpu.alerts,
    "keda": keda.alerts,
    "kubeflow": kubeflow.alerts,
    "logs": logs.alerts,
    "mesh": mesh.alerts,
    "mlflow": mlflow.alerts,
}
"""Subject -> its rules, given the namespace that the subject runs in."""
