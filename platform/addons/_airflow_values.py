"""Values of Airflow's chart: https://airflow.apache.org/docs/helm-chart/1.22.0/parameters-ref.html."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from addons._charts import budget
from addons._pods import resources, spread

# The image's user, and the group that may write its folders on any user.
USER, GROUP = 50000, 0
PARTS = ("api-server", "dag-processor", "scheduler", "triggerer", "worker")
"""Who runs Airflow's code: each with a service account of its own."""

_KEYS = {"api-server": "apiServer", "dag-processor": "dagProcessor", "scheduler": "scheduler", "triggerer": "triggerer"}
_SIZES = {
    "api-server": resources("250m", "1Gi", "2Gi"),
    "dag-processor": resources("250m", "512Mi", "2Gi"),
    "scheduler": resources("250m", "1Gi", "2Gi"),
    "triggerer": resources("100m", "512Mi", "1Gi"),
}
_GROOMER = resources("10m", "64Mi", "128Mi")


@dataclass(frozen=True)
class Repository:
    """Where DAGs come from: a git repository, a branch, and a folder in it ("" for all of it)."""

    url: str
    branch: str
    folder: str


@dataclass(frozen=True)
class Worker:
    """The pod of a task: its resources and where it may land."""

    resources: Mapping[str, Any]
    node_selector: Mapping[str, str]
    tolerations: tuple[Mapping[str, str], ...]


@dataclass(frozen=True)
class Facts:
    """What the values are made of, all of it plain.

    Attributes:
        release: name of the Helm release, with which everything that the chart makes begins.
        image: with its tag.
        version: of Airflow.
        metadata_secret: with the key connection: the database.
        keys_secret: with the keys fernet-key, jwt-secret and api-secret-key.
        log_folder: s3:// URL under which task logs are kept.
        log_environment: variables with which an AWS SDK finds the bucket; secret ones name their Secret.
        url: where people reach it, None where it is not exposed.
    """

    release: str
    image: str
    version: str
    metadata_secret: str
    keys_secret: str
    log_folder: str
    log_environment: tuple[Mapping[str, Any], ...]
    copies: int
    worker: Worker
    url: str | None
    dags: Repository | None


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
    return {
        "executor": "KubernetesExecutor",
        "airflowVersion": facts.version,
        "defaultAirflowRepository": repository,
        "defaultAirflowTag": tag,
        "securityContexts": {"pod": pod_security(), "containers": container_security()},
        "enableServiceLinks": False,
        # The chart's own databases are images that nobody maintains any more.
        "postgresql": {"enabled": False},
        "redis": {"enabled": False},
        # There is no broker; without a name for its Secret the chart makes one all the same.
        "data": {"metadataSecretName": facts.metadata_secret, "brokerUrlSecretName": facts.keys_secret},
        "fernetKeySecretName": facts.keys_secret,
        "jwtSecretName": facts.keys_secret,
        "apiSecretKeySecretName": facts.keys_secret,
        # Both are done by a Job of our own before the release, once for each version.
        "migrateDatabaseJob": {"enabled": False, "serviceAccount": {"create": False}},
        "createUserJob": {"enabled": False, "serviceAccount": {"create": False}},
        "env": [{"name": "AIRFLOW_CONN_AWS_DEFAULT", "value": "aws://"}, *plain],
        "secret": [_secret(v) for v in facts.log_environment if "valueFrom" in v],
        "config": _config(facts),
        "dags": {"gitSync": _git_sync(facts.dags)},
        "logs": {"persistence": {"enabled": False}},
        **{key: _part(facts, part) for part, key in _KEYS.items()},
        "workers": {"celery": {"enableDefault": False}, "kubernetes": _worker(facts)},
        "statsd": {
            "resources": resources("10m", "64Mi", "128Mi"),
            "securityContexts": {"pod": _unprivileged(65534), "container": container_security()},
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
        },
    }
    if facts.url is not None:
        settings["api"] = {"base_url": facts.url}
    return settings


def _part(facts: Facts, part: str) -> dict[str, Any]:
    """Return the values of one long running part."""
    labels = {"component": part, "release": facts.release}
    common: dict[str, Any] = {
        "replicas": facts.copies,
        "resources": _SIZES[part],
        "serviceAccount": {"name": account(facts.release, part)},
        "podDisruptionBudget": {"enabled": facts.copies > 1, "config": budget(facts.copies) or {"maxUnavailable": 1}},
        "topologySpreadConstraints": spread(labels),
    }
    if part != "api-server":
        common["logGroomerSidecar"] = {"resources": _GROOMER}
    if part == "triggerer":
        # Its logs are in the bucket like everybody's, so it needs no volume.
        common["persistence"] = {"enabled": False}
    return common


def _worker(facts: Facts) -> dict[str, Any]:
    return {
        "resources": dict(facts.worker.resources),
        "nodeSelector": dict(facts.worker.node_selector),
        "tolerations": [dict(toleration) for toleration in facts.worker.tolerations],
        "serviceAccount": {"create": True, "name": account(facts.release, "worker")},
        # A node is not taken away under a task.
        "safeToEvict": False,
    }


def _git_sync(dags: Repository | None) -> dict[str, Any]:
    if dags is None:
        return {"enabled": False}
    return {
        "enabled": True,
        "repo": dags.url,
        "ref": dags.branch,
        "branch": dags.branch,
        "subPath": dags.folder,
        "period": "30s",
        "recommendedProbeSetting": True,
        "securityContexts": {"container": container_security()},
        "resources": resources("10m", "64Mi", "256Mi"),
    }


def _unprivileged(user: int) -> dict[str, Any]:
    return {
        "runAsNonRoot": True,
        "runAsUser": user,
        "runAsGroup": user,
        "fsGroup": user,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
