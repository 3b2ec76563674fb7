"""The values of what Kubeflow ships as kustomizations."""

from __future__ import annotations

from typing import Any

from addons import _kubeflow_values as kubeflow
from addons import katib, kubeflow_dashboard, kubeflow_pod_defaults, kubeflow_profiles, model_registry

from groundwork.core.profiles import Profile

FREE: dict[str, set[str]] = {}

_CLOUD = kubeflow.Store(bucket="pipelines", region="eu-west-1", endpoint=None, credentials=None)
_OWN = kubeflow.Store(bucket="pipelines", region="us-east-1", endpoint="http://minio.minio:9000", credentials="keys")
_HEADER = "x-auth-request-email"


def choices(profile: Profile) -> dict[str, list[dict[str, Any]]]:
    """Return them: on a store of the cloud and on one's own, with and without a way in."""
    copies = 2 if profile.highly_available else 1
    route = kubeflow.NotebookRoute(gateway="istio-ingress/istio-ingress", host="notebooks.platform.internal")
    return {
        "kubeflow-pipelines-26.3.0": [
            kubeflow.pipelines_values(copies=copies, pipelines_secret="runs", metadata_secret="metadata", store=store)  # noqa: S106 - names of Secrets
            for store in (_CLOUD, _OWN)
        ],
        "kubeflow-notebooks-26.3.0": [
            kubeflow.notebooks_values(idle_minutes=60, header=_HEADER, route=way, secure=way is not None)
            for way in (route, None)
        ],
        "katib-26.3.0": [
            katib.values(copies=copies, database_secret="katib", webhook_secret="webhook", header=header)  # noqa: S106 - names of Secrets
            for header in (_HEADER, None)
        ],
        "kubeflow-dashboard-26.3.0": [
            kubeflow_dashboard.values(copies=copies, header=_HEADER, profiles_host="kfam.profiles", links=links)
            for links in ({}, {"Models": "https://mlflow.platform.internal"})
        ],
        "kubeflow-pod-defaults-26.3.0": [kubeflow_pod_defaults.values(copies=copies, webhook_secret="webhook")],  # noqa: S106 - the name of a Secret
        "kubeflow-profiles-26.3.0": [kubeflow_profiles.values(header=_HEADER, principal="cluster.local/ns/a/sa/b")],
        "model-registry-26.3.0": [model_registry.values(copies=copies, database_secret="registry")],  # noqa: S106 - the name of a Secret
    }
