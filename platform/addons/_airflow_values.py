"""Values of Airflow's chart: https://airflow.apache.org/docs/helm-chart/1.22.0/parameters-ref.html."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from addons._airflow_dags import Repository, bundles, git_sync
from addons._airflow_login import Oidc
from addons._airflow_pgbouncer import Pgbouncer, pgbouncer_values
from addons._airflow_workers import Group, Worker, celery_values, ranked, task_pod_values
from addons._charts import budget
from addons._pods import add_resources, resources, spread

# The image's user, and the group that may write its folders on any user.
USER, GROUP = 50000, 0
EXECUTORS = {"celery": "CeleryExecutor", "kubernetes": "KubernetesExecutor", "local": "LocalExecutor"}

_KEYS = {"api-server": "apiServer", "dag-processor": "dagProcessor", "scheduler": "scheduler", "triggerer": "triggerer"}
_SIZES = {
    "api-server": resources("250m", "1Gi", "2Gi"),
    "dag-processor": resources("250m", "512Mi", "2Gi"),
    "scheduler": resources("250m", "1Gi", "2Gi"),
    "triggerer": resources("100m", "512Mi", "1Gi"),
}
_GROOMER = resources("10m", "64Mi", "128Mi")

# Who comes from outside: anybody to the API, which asks who he is; what measures, and what scales, by the labels that
# their own installations give them, since neither contract knows where they run.
_ANYBODY: dict[str, Any] = {"namespaceSelector": {}}
_MEASURING: dict[str, Any] = {
    "namespaceSelector": {},
    "podSelector": {"matchLabels": {"app.kubernetes.io/name": "prometheus"}},
}
_SCALING: dict[str, Any] = {"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": "keda-operator"}}}


@dataclass(frozen=True)
class Facts:
    """What the values are made of, all of it plain.

    Attributes:
        release: name of the Helm release, with which everything that the chart makes begins.
        image: with its tag.
        version: of Airflow.
        executors: keys of `EXECUTORS`, the first is the default.
        metadata_secret: with the key connection: the database, as Airflow's parts reach it.
        keys_secret: with the keys fernet-key, jwt-secret and api-secret-key.
        broker_secret: with the key connection; None without Celery.
        log_folder: s3:// URL under which task logs are kept.
        log_environment: variables with which an AWS SDK finds the bucket; secret ones name their Secret.
        copies: of each part.
        task: the pod of a task; under `local` what all tasks of a scheduler share.
        groups: Celery's workers.
        longest_task_seconds: how long a task may take under Celery and `local`.
        max_triggerers: None where their number is `copies`.
        local_settings: `airflow_local_settings.py`.
        priority: name of the class of its own parts, None for none.
        task_priority: the same of what runs tasks and nothing else.
        url: where people reach it, None where it is not exposed.
        login: None where people have a password.
    """

    release: str
    image: str
    version: str
    executors: tuple[str, ...]
    metadata_secret: str
    keys_secret: str
    broker_secret: str | None
    log_folder: str
    log_environment: tuple[Mapping[str, Any], ...]
    copies: int
    task: Worker
    groups: tuple[Group, ...]
    longest_task_seconds: int
    max_triggerers: int | None
    pgbouncer: Pgbouncer | None
    local_settings: str
    url: str | None
    dags: Repository | None
    login: Oidc | None
    priority: str | None = None
    task_priority: str | None = None

    @property
    def grace_seconds(self) -> int:
        """How long what runs tasks may finish them: the longest task, and a minute for its logs."""
        return self.longest_task_seconds + 60


# Who runs tasks: its part of the chart's `workers`.
_RUNNERS = {"worker": "kubernetes", "celery-worker": "celery"}


def parts(executors: Sequence[str]) -> tuple[str, ...]:
    """Return who runs Airflow's code: each with a service account of its own."""
    return (*_KEYS, *(part for part, executor in _RUNNERS.items() if executor in executors))


def account_values(part: str) -> str:
    """Return the path of the chart's value that says more of a part's service account."""
    return f"{f'workers.{_RUNNERS[part]}' if part in _RUNNERS else _KEYS[part]}.serviceAccount"


def account(release: str, part: str) -> str:
    """Return the name of a part's service account."""
    return f"{release}-{part}"


def pod_security() -> dict[str, Any]:
    """Return the security context of every pod of Airflow."""
    return {
        "runAsNonRoot": True,
        "runAsUser": USER,
        "runAsGroup": GROUP,
        "fsGroup": GROUP,
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def container_security() -> dict[str, Any]:
    """Return the security context of every container; Airflow writes to its own home."""
    return {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}


def values(facts: Facts) -> dict[str, Any]:
    """Return the chart's values."""
    repository, _, tag = facts.image.rpartition(":")
    plain = [{"name": v["name"], "value": v["value"]} for v in facts.log_environment if "value" in v]
    secret = [_secret(v) for v in facts.log_environment if "valueFrom" in v]
    release = facts.release
    return {
        # Without a space: the chart's schema takes none.
        "executor": ",".join(EXECUTORS[name] for name in facts.executors),
        "airflowVersion": facts.version,
        "defaultAirflowRepository": repository,
        "defaultAirflowTag": tag,
        "securityContexts": {"pod": pod_security(), "containers": container_security()},
        "enableServiceLinks": False,
        # The chart's own databases are images that nobody maintains any more.
        "postgresql": {"enabled": False},
        "redis": {"enabled": False},
        # Without a name for the broker's Secret the chart makes one, even if there is no broker.
        "data": {
            "metadataSecretName": facts.metadata_secret,
            "brokerUrlSecretName": facts.broker_secret or facts.keys_secret,
        },
        "fernetKeySecretName": facts.keys_secret,
        "jwtSecretName": facts.keys_secret,
        "apiSecretKeySecretName": facts.keys_secret,
        # Both are done by a Job of our own before the release, once for each version.
        "migrateDatabaseJob": {"enabled": False, "serviceAccount": {"create": False}},
        "createUserJob": {"enabled": False, "serviceAccount": {"create": False}},
        "env": [{"name": "AIRFLOW_CONN_AWS_DEFAULT", "value": "aws://"}, *plain],
        "secret": [*secret, *(facts.dags.secret_variables if facts.dags else ())],
        "extraEnv": facts.dags.connection if facts.dags else "",
        "config": _config(facts),
        "airflowLocalSettings": facts.local_settings,
        "dags": {"gitSync": git_sync(facts.dags, container_security())},
        "logs": {"persistence": {"enabled": False}},
        "networkPolicies": {"enabled": True},
        **{key: _part(facts, part) for part, key in _KEYS.items()},
        "workers": {
            # The chart lets start pods whom its older key names, even where the account is not of that name.
            **({"serviceAccount": {"name": account(release, "celery-worker")}} if facts.groups else {}),
            "celery": celery_values(
                facts.groups,
                release=release,
                account=account(release, "celery-worker"),
                executors=facts.executors,
                grace_seconds=facts.grace_seconds,
                priority=facts.task_priority,
            ),
            "kubernetes": task_pod_values(
                facts.task,
                account=account(release, "worker"),
                made="kubernetes" in facts.executors,
                priority=facts.task_priority,
            ),
        },
        "pgbouncer": {
            **pgbouncer_values(facts.pgbouncer, release=release, visitors=[_MEASURING, _SCALING]),
            **ranked(facts.priority),
        },
        "statsd": {
            **ranked(facts.priority),
            "resources": resources("10m", "64Mi", "128Mi"),
            "securityContexts": {"pod": _unprivileged(65534), "container": container_security()},
            "extraNetworkPolicies": [_MEASURING],
            "serviceAccount": {"automountServiceAccountToken": False},
        },
    }


def _secret(variable: Mapping[str, Any]) -> dict[str, str]:
    source = variable["valueFrom"]["secretKeyRef"]
    return {"envName": variable["name"], "secretName": source["name"], "secretKey": source["key"]}


def _config(facts: Facts) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "logging": {
            "remote_logging": "True",
            "remote_base_log_folder": facts.log_folder,
            "remote_log_conn_id": "aws_default",
            # What is in the bucket fills no pod's disk.
            "delete_local_logs": "True",
        },
    }
    if {"celery", "local"} & set(facts.executors):
        # Else a worker that goes would have to kill what the grace does not wait for.
        settings["core"] = {"default_task_execution_timeout": facts.longest_task_seconds}
    if "celery" in facts.executors:
        settings["operators"] = {"default_queue": "default"}
        # By default the scheduler asks for states with as many processes as its node has cores.
        settings["celery"] = {"worker_concurrency": _main_concurrency(facts.groups), "sync_parallelism": 2}
        # A task that is still running by then would be given to a second worker as well.
        settings["celery_broker_transport_options"] = {"visibility_timeout": max(86400, 2 * facts.grace_seconds)}
    if facts.url is not None:
        settings["api"] = {"base_url": facts.url}
    return settings


def _main_concurrency(groups: Sequence[Group]) -> int:
    return next(group.concurrency for group in groups if group.queue == "default")


def _part(facts: Facts, part: str) -> dict[str, Any]:
    """Return the values of one long running part."""
    labels = {"component": part, "release": facts.release}
    common: dict[str, Any] = {
        "replicas": facts.copies,
        **ranked(facts.priority),
        "resources": _SIZES[part],
        "serviceAccount": {"name": account(facts.release, part)},
        "podDisruptionBudget": {"enabled": facts.copies > 1, "config": budget(facts.copies) or {"maxUnavailable": 1}},
        "topologySpreadConstraints": spread(labels),
    }
    if part != "api-server":
        common["logGroomerSidecar"] = {"resources": _GROOMER}
    return common | _EXTRAS[part](facts)


def _api_server(facts: Facts) -> dict[str, Any]:
    # Tasks in pods anywhere in the cluster call it, and so do other components.
    found: dict[str, Any] = {"networkPolicy": {"ingress": {"from": [_ANYBODY]}}}
    if facts.login is not None:
        found |= {"env": facts.login.environment, "apiServerConfig": facts.login.config}
    return found


def _dag_processor(facts: Facts) -> dict[str, Any]:
    # What it reads is users' code, and it never asks the API server.
    own = {"name": account(facts.release, "dag-processor"), "automountServiceAccountToken": False}
    found = bundles(facts.dags)
    return {"serviceAccount": own} if found is None else {"serviceAccount": own, "dagBundleConfigList": found}


def _scheduler(facts: Facts) -> dict[str, Any]:
    if "local" not in facts.executors:
        return {}
    # Tasks are its own processes: it needs their share as well as its own, their place, and their time.
    return {
        "resources": add_resources(_SIZES["scheduler"], facts.task.resources),
        "nodeSelector": dict(facts.task.node_selector),
        "tolerations": [dict(toleration) for toleration in facts.task.tolerations],
        "terminationGracePeriodSeconds": facts.grace_seconds,
        # Only the scheduler hears that it is to go, not its tasks.
        "env": [{"name": "DUMB_INIT_SETSID", "value": "0"}],
        "safeToEvict": False,
    }


def _triggerer(facts: Facts) -> dict[str, Any]:
    # Its logs are in the bucket like everybody's, so it needs no volume.
    found: dict[str, Any] = {"persistence": {"enabled": False}}
    if facts.max_triggerers is not None:
        found["keda"] = {
            "enabled": True,
            "pollingInterval": 30,
            "cooldownPeriod": 300,
            "minReplicaCount": facts.copies,
            "maxReplicaCount": facts.max_triggerers,
            "usePgbouncer": True,
        }
    return found


_EXTRAS: dict[str, Callable[[Facts], dict[str, Any]]] = {
    "api-server": _api_server,
    "dag-processor": _dag_processor,
    "scheduler": _scheduler,
    "triggerer": _triggerer,
}


def _unprivileged(user: int) -> dict[str, Any]:
    return {
        "runAsNonRoot": True,
        "runAsUser": user,
        "runAsGroup": user,
        "fsGroup": user,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
