"""Values of Airflow's workers: the pod of a task, and Celery's groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from addons._charts import budget
from addons._pods import spread

_CELERY = ("CeleryExecutor", "airflow.providers.celery.executors.celery_executor.CeleryExecutor")
"""How a DAG may name the executor of a task."""


@dataclass(frozen=True)
class Worker:
    """The pod of a task: its resources and where it may land."""

    resources: Mapping[str, Any]
    node_selector: Mapping[str, str]
    tolerations: tuple[Mapping[str, str], ...]


@dataclass(frozen=True)
class Group:
    """Celery workers of one kind.

    Attributes:
        queue: whose tasks they take.
        worker: each one's resources, for all tasks that it runs at once.
        concurrency: how many those are.
        minimum: workers that are always there, all there are where `maximum` is None.
        maximum: where they follow demand.
    """

    name: str
    queue: str
    worker: Worker
    concurrency: int
    minimum: int
    maximum: int | None


def query(group: Group, executors: Sequence[str]) -> str:
    """Return how many workers a group needs, in SQL over Airflow's database.

    The chart's own query counts what runs elsewhere where Celery is not the first executor, and every group by one
    number of tasks at once. A task that names no executor has none in its row: it belongs to the first.
    """
    parts = [
        # A number and a name of letters and digits, both checked where they are read.
        f"SELECT ceil(COUNT(*)::decimal / {group.concurrency}) FROM task_instance",  # noqa: S608
        f"WHERE state IN ('running', 'queued') AND queue = '{group.queue}'",
    ]
    if len(executors) > 1:
        named = "executor IN (" + ", ".join(f"'{name}'" for name in _CELERY) + ")"
        parts.append(f"AND (executor IS NULL OR {named})" if executors[0] == "celery" else f"AND {named}")
    return " ".join(parts)


def ranked(priority: str | None) -> dict[str, str]:
    """Return the value that gives pods a priority class, and none where there is no class."""
    return {"priorityClassName": priority} if priority else {}


def celery_values(
    groups: Sequence[Group],
    *,
    release: str,
    account: str,
    executors: Sequence[str],
    grace_seconds: int,
    priority: str | None = None,
) -> dict[str, Any]:
    """Return the chart's `workers.celery`.

    Every group is a set: one takes over what the default workers are placed by, and an empty
    list of tolerations does not undo it.

    Args:
        account: of all of them.
        grace_seconds: how long a worker that is to go may finish its tasks.
        priority: name of a priority class, None for none.
    """
    # Logs are in the bucket. Without a volume it is a Deployment, whose new pods need not wait for the old ones' tasks.
    values: dict[str, Any] = {"enableDefault": False, "persistence": {"enabled": False}}
    if not groups:
        return values
    return {
        **values,
        "serviceAccount": {"create": True, "name": account},
        "terminationGracePeriodSeconds": grace_seconds,
        # A node is not taken away under a task.
        "safeToEvict": False,
        "keda": {"enabled": any(group.maximum is not None for group in groups), "usePgbouncer": True},
        "sets": [
            {
                **_set(group, release, executors, grace_seconds),
                **ranked(priority),
                # Each set would make the account that all share.
                **({"serviceAccount": {"create": False, "name": account}} if index else {}),
            }
            for index, group in enumerate(groups)
        ],
    }


def _set(group: Group, release: str, executors: Sequence[str], grace_seconds: int) -> dict[str, Any]:
    labels = {"component": "worker", "release": release, "worker-set": group.name}
    return {
        "name": group.name,
        "queue": group.queue,
        "replicas": group.minimum,
        "resources": dict(group.worker.resources),
        "nodeSelector": dict(group.worker.node_selector),
        "tolerations": [dict(toleration) for toleration in group.worker.tolerations],
        "topologySpreadConstraints": spread(labels),
        "podDisruptionBudget": {
            "enabled": group.minimum > 1,
            "config": budget(group.minimum) or {"maxUnavailable": 1},
        },
        # What one group runs at once is no other's business, so it is said to each in its environment.
        "env": [{"name": "AIRFLOW__CELERY__WORKER_CONCURRENCY", "value": str(group.concurrency)}],
        "keda": _keda(group, executors, grace_seconds),
    }


def _keda(group: Group, executors: Sequence[str], grace_seconds: int) -> dict[str, Any]:
    if group.maximum is None:
        return {"enabled": False}
    return {
        "enabled": True,
        "pollingInterval": 10,
        # Longer than the grace: a worker that still finishes its tasks is never taken for one too many.
        "cooldownPeriod": grace_seconds + 60,
        "minReplicaCount": group.minimum,
        "maxReplicaCount": group.maximum,
        "query": query(group, executors),
    }


def task_pod_values(worker: Worker, *, account: str, made: bool, priority: str | None = None) -> dict[str, Any]:
    """Return the chart's `workers.kubernetes`: the pod that each task gets.

    Args:
        made: whether there are such pods, and so their account.
        priority: name of a priority class, None for none.
    """
    return {
        **ranked(priority),
        "resources": dict(worker.resources),
        "nodeSelector": dict(worker.node_selector),
        "tolerations": [dict(toleration) for toleration in worker.tolerations],
        "serviceAccount": {"create": made, "name": account},
        # A node is not taken away under a task.
        "safeToEvict": False,
    }
