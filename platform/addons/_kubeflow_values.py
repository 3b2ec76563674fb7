"""Values of the charts of Pipelines and Notebooks, and what all charts made of Kubeflow's kustomizations take.

Upstream has no charts, so these values are the whole interface: what the kustomization leaves to the installer, and
resources for every workload, of which upstream sets few. What the charts are made of, and what each value acts on:
`platform/inventory/README.md`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from addons._pods import resources, spread

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
_PART = {"application-crd-id": "kubeflow-pipelines"}
COPIED: dict[str, dict[str, str]] = {
    "metadata-envoy-deployment": {"component": "metadata-envoy", **_PART},
    "metadata-grpc-deployment": {"component": "metadata-grpc-server", **_PART},
    "ml-pipeline": {"app": "ml-pipeline", **_PART},
    "ml-pipeline-ui": {"app": "ml-pipeline-ui", **_PART},
}
"""What answers requests and keeps no state of its own, with the labels of its pods; of the controllers a second copy
would do nothing."""

NOTEBOOKS_PAGE = {"app": "jupyter-web-app", "kustomize.component": "jupyter-web-app"}
"""The labels of the pods of the page for notebooks."""

USER_HEADER = "kubeflow-userid"
"""The request header in which Kubeflow's pages look for who asks, unless they are told another."""


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


@dataclass(frozen=True)
class NotebookRoute:
    """How a browser gets to a notebook: the controller makes a route for each.

    Attributes:
        gateway: `namespace/name` of the mesh's gateway.
        host: that the page and all notebooks have in common.
    """

    gateway: str
    host: str


def workload(needed: Mapping[str, Any], copies: int = 1, labels: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return the values of one Deployment; its copies spread over the zones by `labels`, which all of them have."""
    values: dict[str, Any] = {"replicas": copies, "resources": dict(needed)}
    if copies > 1 and labels:
        values["topologySpreadConstraints"] = spread(dict(labels))
    return values


def pipelines_values(*, copies: int, pipelines_secret: str, metadata_secret: str, store: Store) -> dict[str, Any]:
    """Return the values of Pipelines.

    Args:
        copies: of what answers requests.
        pipelines_secret: the MySQL database of runs and pipelines: host, port, database, username, password.
        metadata_secret: the PostgreSQL database of ML Metadata, of the same form.
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
            name: workload(needed, copies if name in COPIED else 1, COPIED.get(name))
            for name, needed in _PIPELINES.items()
        },
    }


def notebooks_values(*, idle_minutes: int, header: str, route: NotebookRoute | None, secure: bool) -> dict[str, Any]:
    """Return the values of Notebooks.

    Args:
        idle_minutes: after so many without work a notebook is stopped; its volume stays.
        header: in which the page finds who asks.
        route: None where notebooks have no way in: then the controller makes no routes, whose kind may not be there.
        secure: whether browsers reach the page by HTTPS; only then do they send back cookies marked so.
    """
    return {
        "culling": {"enabled": True, "idleMinutes": idle_minutes},
        "login": {"header": header},
        "page": {"prefix": "/", "secureCookies": secure},
        "gateway": route.gateway if route else "",
        "host": route.host if route else "",
        "workloads": {name: workload(needed) for name, needed in _NOTEBOOKS.items()},
    }
