"""The values of KServe's charts, and which server is for which format: plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from addons._pods import resources

VERSION = "v0.20.0"
_NO_INGRESS = "svc.cluster.local"


@dataclass(frozen=True)
class Runtime:
    """One server of models.

    Attributes:
        chart: its key in the values of kserve-runtime-configs.
        name: of its ClusterServingRuntime.
        protocol: of requests, where it has not KServe's first.
        gpu_version: tag of its image for GPUs, where that is another image.
        gpus: whether it can use a GPU at all.
    """

    chart: str
    name: str
    protocol: str | None = None
    gpu_version: str | None = None
    gpus: bool = False


RUNTIMES: Mapping[str, Runtime] = {
    # KServe adds "-gpu" by itself only for whole GPUs: it does not know slices for GPUs (`IsGPUEnabled`, pkg/utils).
    "huggingface": Runtime("huggingfaceserver", "kserve-huggingfaceserver", None, f"{VERSION}-gpu", gpus=True),
    "lightgbm": Runtime("lgbserver", "kserve-lgbserver"),
    "mlflow": Runtime("mlserver", "kserve-mlserver", "v2"),
    "sklearn": Runtime("sklearnserver", "kserve-sklearnserver"),
    "triton": Runtime("tritonserver", "kserve-tritonserver", "v2", gpus=True),
    "xgboost": Runtime("xgbserver", "kserve-xgbserver"),
}
# Of the chart's others: that of vLLM is an image without a version, and Hugging Face's runs vLLM too; several nodes for
# one model are not offered; the rest nobody has asked for.
_LEFT_OUT = (
    "autogluonserver",
    "huggingfaceserver_multinode",
    "paddleserver",
    "pmmlserver",
    "predictiveserver",
    "tensorflow",
    "torchserve",
    "vllmserver",
)


def controller_values(
    s3_endpoint: str | None, *, by_requests: bool = False, serverless: bool = False
) -> dict[str, Any]:
    """Return the values of kserve-resources: https://github.com/kserve/kserve/tree/v0.20.0/charts/kserve-resources.

    Args:
        s3_endpoint: URL of the store that models with credentials of their own come from, None for AWS.
        by_requests: whether a model that says nothing of it runs by its requests.
        serverless: whether there is something that runs models so.
    """
    # Its pod looks for Knative's kinds only when it starts: it starts anew when they come.
    knative = {"podAnnotations": {"groundwork.example/serverless": "true"}} if serverless else {}
    return {
        "kserve": {
            "controller": {
                "deploymentMode": "Knative" if by_requests else "Standard",
                **knative,
                "imagePullPolicy": "IfNotPresent",
                # The mesh routes to models as to everything else: KServe makes Services, and no way in.
                "gateway": {
                    "disableIngressCreation": True,
                    "domain": _NO_INGRESS,
                    # The same of a model that runs by its requests: it is called by the name that Knative gives it.
                    **({"disableIstioVirtualHost": True} if serverless else {}),
                },
                "resources": resources("100m", "300Mi", "600Mi"),
                "rbacProxy": {"resources": resources("10m", "32Mi", "128Mi")},
            },
            "storage": {"s3": _s3(s3_endpoint)},
            # Models do not speak to the API server.
            "security": {"autoMountServiceAccountToken": False},
        }
    }


def _s3(endpoint: str | None) -> dict[str, str]:
    if endpoint is None:
        return {}
    parts = urlsplit(endpoint)
    secure = "1" if parts.scheme == "https" else "0"
    return {"endpoint": parts.netloc, "useHttps": secure, "verifySSL": secure}


def runtime_values(formats: Sequence[str]) -> dict[str, Any]:
    """Return the values of kserve-runtime-configs: the servers of these formats, and no others."""
    used = {RUNTIMES[name].chart for name in formats}
    every = {runtime.chart for runtime in RUNTIMES.values()} | set(_LEFT_OUT)
    servers = {chart: {"disabled": chart not in used} for chart in sorted(every)}
    return {"kserve": {"servingruntime": {"enabled": True, **servers}}}
