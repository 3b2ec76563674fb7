"""Values of the two charts that a mirror makes of Kubeflow's kustomizations.

Upstream has no charts, so these values are the whole interface: what the kustomization leaves to the installer, and
resources for every workload, of which upstream sets few. What the charts are made of: `platform/inventory/README.md`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from addons._pods import resources

ACCOUNTS = ("ml-pipeline", "ml-pipeline-ui", "pipeline-runner")
"""The service accounts whose pods read and write artifacts."""

_PIPELINES = {
    "metadata-envoy-deployment": resources("20m", "64Mi", "256Mi"),
    "metadata-grpc-deployment": resources("50m", "128Mi", "512Mi"),
    "metadata-writer": resources("20m", "256Mi", "512Mi"),
    "ml-pipeline": resources("250m", "500Mi", "2Gi"),
    "ml-pipeline-persistenceagent": resources("120m", "500Mi", "1Gi"),
    "ml-pipeline-scheduledworkflow": resources("20m", "128Mi", "256Mi"),
    "ml-pipeline-ui": resources("20m", "128Mi", "512Mi"),
    "ml-pipeline-viewer-crd": resources("20m", "64Mi", "128Mi"),
    "ml-pipeline-visualizationserver": resources("30m", "500Mi", "1Gi"),
    "workflow-controller": resources("100m", "500Mi", "1Gi"),
}
_NOTEBOOKS = {
    "jupyter-web-app-deployment": resources("20m", "128Mi", "512Mi"),
    "notebook-controller-deployment": resources("20m", "64Mi", "256Mi"),
}
# What answers requests and keeps no state of its own; of the controllers a second copy would do nothing.
_COPIED = ("ml-pipeline", "ml-pipeline-ui", "metadata-grpc-deployment", "metadata-envoy-deployment")


@dataclass(frozen=True)
class Store:
    """The bucket of the artifacts.

    Attributes:
        endpoint: URL of the S3 API, None for the cloud's own.
        credentials: the Secret with the keys AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, None where the service
            accounts' cloud identity is enough.
    """

    bucket: str
    region: str
    endpoint: str | None
    credentials: str | None


def pipelines_values(*, copies: int, pipelines_secret: str, metadata_secret: str, store: Store) -> dict[str, Any]:
    """Return the values of Pipelines.

    Args:
        copies: of what answers requests.
        pipelines_secret: the database of runs and pipelines: host, port, database, username, password.
        metadata_secret: the database of ML Metadata, of the same form.
    """
    return {
        "database": {"pipelines": {"secret": pipelines_secret}, "metadata": {"secret": metadata_secret}},
        "artifacts": {
            "bucket": store.bucket,
            "region": store.region,
            "endpoint": store.endpoint,
            "credentials": store.credentials,
        },
        "workloads": {
            name: {"replicas": copies if name in _COPIED else 1, "resources": needed}
            for name, needed in _PIPELINES.items()
        },
    }


def notebooks_values(*, idle_minutes: int) -> dict[str, Any]:
    """Return the values of Notebooks.

    Args:
        idle_minutes: after so many without work a notebook is stopped; its volume stays.
    """
    return {
        "culling": {"enabled": True, "idleMinutes": idle_minutes},
        "workloads": {name: {"replicas": 1, "resources": needed} for name, needed in _NOTEBOOKS.items()},
    }
