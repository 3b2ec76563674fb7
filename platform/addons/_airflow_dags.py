"""Where Airflow's DAGs come from, as the chart's values."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from addons._pods import resources

_CONNECTION = "git_dags"
_USERNAME, _PASSWORD = "GIT_DAGS_USERNAME", "GIT_DAGS_PASSWORD"


@dataclass(frozen=True)
class Repository:
    """A git repository.

    Attributes:
        folder: in it, "" for all of it.
        bundle: whether Airflow fetches it itself; else a sidecar does.
        refresh_seconds: between two looks at it.
        secret: with the keys username and password, None for a repository that anybody may read.
    """

    url: str
    branch: str
    folder: str
    bundle: bool = True
    refresh_seconds: int = 60
    secret: str | None = None

    @property
    def secret_variables(self) -> list[dict[str, str]]:
        """What the chart's `secret` needs, so that a bundle's connection finds its user and password."""
        if not self.bundle or self.secret is None:
            return []
        return [
            {"envName": variable, "secretName": self.secret, "secretKey": key}
            for variable, key in ((_USERNAME, "username"), (_PASSWORD, "password"))
        ]

    @property
    def connection(self) -> str:
        """The chart's `extraEnv`: the connection, which Kubernetes fills from the variables above; "" without one."""
        if not self.bundle:
            return ""
        content = {"conn_type": "git"}
        if self.secret is not None:
            content |= {"login": f"$({_USERNAME})", "password": f"$({_PASSWORD})"}
        return f"- name: AIRFLOW_CONN_{_CONNECTION.upper()}\n  value: '{json.dumps(content)}'\n"


def bundles(dags: Repository | None) -> list[dict[str, Any]] | None:
    """Return the chart's `dagProcessor.dagBundleConfigList`; None for its own: the folder of DAGs."""
    if dags is None or not dags.bundle:
        return None
    arguments = {
        "git_conn_id": _CONNECTION,
        "repo_url": dags.url,
        "tracking_ref": dags.branch,
        "refresh_interval": dags.refresh_seconds,
        **({"subdir": dags.folder} if dags.folder else {}),
    }
    return [{"name": "dags", "classpath": "airflow.providers.git.bundles.git.GitDagBundle", "kwargs": arguments}]


def git_sync(dags: Repository | None, container_security: dict[str, Any]) -> dict[str, Any]:
    """Return the chart's `dags.gitSync`."""
    if dags is None or dags.bundle:
        return {"enabled": False}
    found: dict[str, Any] = {
        "enabled": True,
        "repo": dags.url,
        "ref": dags.branch,
        "branch": dags.branch,
        "subPath": dags.folder,
        "period": f"{dags.refresh_seconds}s",
        "recommendedProbeSetting": True,
        "securityContexts": {"container": container_security},
        "resources": resources("10m", "64Mi", "256Mi"),
    }
    if dags.secret is not None:
        found["env"] = [
            {"name": variable, "valueFrom": {"secretKeyRef": {"name": dags.secret, "key": key}}}
            for variable, key in (("GITSYNC_USERNAME", "username"), ("GITSYNC_PASSWORD", "password"))
        ]
    return found
