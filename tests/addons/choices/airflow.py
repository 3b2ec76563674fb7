"""Airflow's values."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from addons import _airflow_values as airflow
from addons._airflow_dags import Repository
from addons._airflow_login import Oidc
from addons._airflow_pgbouncer import Pgbouncer
from addons._airflow_pods import local_settings
from addons._airflow_workers import Group, Worker
from addons._pods import resources

from groundwork.core.contracts import NodePool, Taint
from groundwork.core.profiles import Profile

FREE: dict[str, set[str]] = {
    "airflow-1.22.0": {
        "config.logging.remote_base_log_folder",
        "config.logging.remote_log_conn_id",
        "config.logging.delete_local_logs",
        "config.core.default_task_execution_timeout",
        "config.api",
        "config.operators",
        "config.celery_broker_transport_options",
    }
}

EXECUTORS = (("local",), ("celery",), ("kubernetes",), ("celery", "kubernetes"), ("kubernetes", "celery", "local"))

_KEY = {"name": "AWS_ACCESS_KEY_ID", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "AWS_ACCESS_KEY_ID"}}}
_REGION = {"name": "AWS_REGION", "value": "eu-west-1"}
_TOLERATION = {"key": "k", "operator": "Equal", "value": "v", "effect": "NoSchedule"}
_GPU = NodePool(
    name="gpu",
    minimum=0,
    maximum=4,
    labels={},
    taints=(Taint("k", "v", "NoSchedule"),),
    accelerator="nvidia-l4",
    resource="nvidia.com/gpu",
    accelerators=1,
)

LEAST = airflow.Facts(
    release="airflow",
    image="docker.io/apache/airflow:3.2.2",
    version="3.2.2",
    executors=("kubernetes",),
    metadata_secret="airflow-connection",  # noqa: S106 - the name of a Secret
    keys_secret="airflow-keys",  # noqa: S106 - the name of a Secret
    broker_secret=None,
    log_folder="s3://logs/logs",
    log_environment=(_REGION,),
    copies=1,
    task=Worker(resources=resources("1", "1Gi"), node_selector={}, tolerations=()),
    groups=(),
    longest_task_seconds=3600,
    max_triggerers=None,
    pgbouncer=None,
    local_settings=local_settings(()),
    url=None,
    dags=None,
    login=None,
)

MOST = replace(
    LEAST,
    log_environment=(_REGION, _KEY),
    copies=2,
    task=Worker(resources("1", "1Gi"), {"pool": "gpu"}, (_TOLERATION,)),
    pgbouncer=Pgbouncer(
        config_secret="airflow-pgbouncer",  # noqa: S106 - the name of a Secret
        stats_secret="airflow-pgbouncer-stats",  # noqa: S106 - the name of a Secret
        copies=2,
        pool=20,
        clients=1000,
    ),
    local_settings=local_settings([_GPU]),
    url="https://airflow.example",
    dags=Repository("https://git.example/dags.git", "main", "dags", secret="git-read"),  # noqa: S106 - its name
    login=Oidc(
        issuer="https://login.example",
        secret="airflow-client",  # noqa: S106 - the name of a Secret
        roles={"admins": "Admin"},
    ),
)


def groups(*, scaled: bool) -> tuple[Group, ...]:
    """Return the main group and one on a pool of GPUs."""
    gpu = Worker(
        {**resources("4", "16Gi"), "limits": {"memory": "16Gi", "nvidia.com/gpu": "1"}}, {"pool": "gpu"}, (_TOLERATION,)
    )
    cpu = Worker(resources("1", "4Gi"), {}, ())
    return (
        Group("main", "default", cpu, 8, 2, 10 if scaled else None),
        Group("gpu", "training", gpu, 1, 0 if scaled else 1, 4 if scaled else None),
    )


def facts() -> dict[str, airflow.Facts]:
    """Return every choice there is by name: executors, what follows demand, PgBouncer, and where DAGs come from."""
    found = {"least": LEAST}
    for executors in EXECUTORS:
        celery = "celery" in executors
        for scaled in (False, True):
            for pooled in (False, True):
                for by in ("none", "bundle", "git-sync"):
                    base = replace(
                        MOST if pooled else LEAST,
                        executors=executors,
                        broker_secret="airflow-broker" if celery else None,
                        groups=groups(scaled=scaled) if celery else (),
                        max_triggerers=5 if scaled else None,
                        dags=_dags(by),
                    )
                    name = f"{'+'.join(executors)}{' scaled' if scaled else ''}{' pooled' if pooled else ''} dags={by}"
                    found[name] = base
    return found


def _dags(by: str) -> Repository | None:
    if by == "none":
        return None
    secret = "git-read"  # noqa: S105 - the name of a Secret
    return Repository("https://git.example/dags.git", "main", "dags", bundle=by == "bundle", secret=secret)


def choices(profile: Profile) -> dict[str, list[dict[str, Any]]]:
    """Return the values of the least, and of one choice for each executor with everything else on."""
    every = facts()
    names = ["least", *(name for name in every if "scaled pooled dags=bundle" in name)]
    return {"airflow-1.22.0": [airflow.values(every[name]) for name in names]}
