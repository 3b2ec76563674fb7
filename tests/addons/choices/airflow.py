"""Airflow's values."""

from __future__ import annotations

from typing import Any

from addons import _airflow_values as airflow
from addons._pods import resources

from groundwork.core.profiles import Profile

FREE: dict[str, set[str]] = {
    "airflow-1.22.0": {"config.logging.remote_base_log_folder", "config.logging.remote_log_conn_id", "config.api"}
}


def airflow_facts() -> list[airflow.Facts]:
    """Return Airflow with as little as can be, and with everything."""
    key = {"name": "AWS_ACCESS_KEY_ID", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "AWS_ACCESS_KEY_ID"}}}
    region = {"name": "AWS_REGION", "value": "eu-west-1"}
    toleration = {"key": "k", "operator": "Equal", "value": "v", "effect": "NoSchedule"}
    least = airflow.Facts(
        release="airflow",
        image="docker.io/apache/airflow:3.2.2",
        version="3.2.2",
        metadata_secret="airflow-connection",  # noqa: S106 - the name of a Secret
        keys_secret="airflow-keys",  # noqa: S106 - the name of a Secret
        log_folder="s3://logs/logs",
        log_environment=(region,),
        copies=1,
        worker=airflow.Worker(resources=resources("1", "1Gi"), node_selector={}, tolerations=()),
        url=None,
        dags=None,
    )
    most = airflow.Facts(
        **{
            **vars(least),
            "log_environment": (region, key),
            "copies": 2,
            "worker": airflow.Worker(resources("1", "1Gi"), {"pool": "gpu"}, (toleration,)),
            "url": "https://airflow.example",
            "dags": airflow.Repository("https://git.example/dags.git", "main", "dags"),
        }
    )
    return [least, most]


def choices(profile: Profile) -> dict[str, list[dict[str, Any]]]:
    """Return them."""
    return {"airflow-1.22.0": [airflow.values(facts) for facts in airflow_facts()]}
