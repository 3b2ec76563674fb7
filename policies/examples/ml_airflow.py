"""Examples of the rules over Airflow."""

from __future__ import annotations

from typing import Any

from groundwork.policy.example import REMOVED, Example, one
from groundwork.policy.subject import Subject

_KEYS = Subject(
    "kubernetes:core/v1:Secret",
    "keys",
    {
        "metadata": {"name": "airflow-keys", "namespace": "airflow"},
        "stringData": {"fernet-key": "a", "jwt-secret": "b", "api-secret-key": "c"},
    },
)
_PREPARE = Subject(
    "kubernetes:batch/v1:Job",
    "prepare",
    {
        "metadata": {"name": "airflow-prepare", "namespace": "airflow"},
        "spec": {
            "template": {
                "spec": {
                    "containers": [{"image": "apache/airflow:3.2.2", "command": ["bash", "-c", "airflow db migrate"]}]
                }
            }
        },
    },
)
_VALUES: dict[str, Any] = {
    "executor": "CeleryExecutor",
    "defaultAirflowRepository": "apache/airflow",
    "defaultAirflowTag": "3.2.2",
    "fernetKeySecretName": "airflow-keys",
    "jwtSecretName": "airflow-keys",
    "apiSecretKeySecretName": "airflow-keys",
    "migrateDatabaseJob": {"enabled": False},
    "config": {
        "core": {"default_task_execution_timeout": 7200},
        "celery_broker_transport_options": {"visibility_timeout": 86400},
    },
    "workers": {
        "celery": {
            "enableDefault": False,
            "terminationGracePeriodSeconds": 7260,
            "sets": [{"name": "main", "keda": {"enabled": True, "minReplicaCount": 0, "cooldownPeriod": 7320}}],
        }
    },
}
_AIRFLOW = one(
    "kubernetes:helm.sh/v3:Release",
    {"chart": "airflow", "version": "1.22.0", "namespace": "airflow", "values": _VALUES},
    _KEYS,
    _PREPARE,
    name="airflow",
)

EXAMPLES = [
    Example(
        "airflow-keys-stable",
        _AIRFLOW,
        "values.fernetKey",
        "Zm9v",
        "Release airflow: has fernetKey in its values: make a Secret once, and name that",
    ),
    Example(
        "airflow-keys-stable",
        _AIRFLOW,
        "values.jwtSecretName",
        REMOVED,
        "Release airflow: jwtSecretName is empty, so the chart makes a new key each time: name a Secret",
    ),
    Example(
        "airflow-keys-stable",
        _AIRFLOW,
        "values.apiSecretKeySecretName",
        "airflow-api",
        "Release airflow: apiSecretKeySecretName is airflow-api, and nothing makes that Secret: make it before",
    ),
    Example(
        "airflow-keys-stable",
        (_KEYS, _AIRFLOW[0]),
        "stringData.fernet-key",
        REMOVED,
        "Release airflow: fernetKeySecretName is airflow-keys, which has no fernet-key: add it",
    ),
    Example(
        "airflow-migrates-first",
        _AIRFLOW,
        "values.migrateDatabaseJob",
        REMOVED,
        "Release airflow: migrateDatabaseJob.enabled is not false: set it, and migrate by a Job before",
    ),
    Example(
        "airflow-migrates-first",
        (_PREPARE, _AIRFLOW[0]),
        "spec.template.spec.containers.0.command",
        ["airflow", "version"],
        "Release airflow: no Job runs `airflow db migrate` in airflow: add one before it",
    ),
    Example(
        "airflow-migrates-first",
        _AIRFLOW,
        "values.defaultAirflowTag",
        "3.3.0",
        "Release airflow: runs apache/airflow:3.3.0, and its database is migrated by apache/airflow:3.2.2: "
        "use one image",
    ),
    Example(
        "workers-outlive-tasks",
        _AIRFLOW,
        "values.config.core",
        {},
        "Release airflow: KEDA scales its workers, and no task has an end: "
        "set config.core.default_task_execution_timeout",
    ),
    Example(
        "workers-outlive-tasks",
        _AIRFLOW,
        "values.config.celery_broker_transport_options.visibility_timeout",
        3600,
        "Release airflow: the broker gives a task to a second worker after 3600 s, and the longest takes 7200 s: "
        "raise config.celery_broker_transport_options.visibility_timeout",
    ),
    Example(
        "workers-outlive-tasks",
        _AIRFLOW,
        "values.workers.celery.terminationGracePeriodSeconds",
        600,
        "Release airflow: workers main have 600 s to end, and the longest task takes 7200 s: "
        "raise terminationGracePeriodSeconds",
    ),
    Example(
        "workers-outlive-tasks",
        _AIRFLOW,
        "values.workers.celery.sets.0.keda.cooldownPeriod",
        300,
        "Release airflow: workers main go to none 300 s after the last task began to wait, and the longest takes "
        "7200 s: raise keda.cooldownPeriod",
    ),
]
