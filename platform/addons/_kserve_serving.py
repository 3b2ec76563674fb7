"""Serving by KServe's InferenceService: in its Standard mode, or by requests (`_kserve_knative.py`).

In Standard mode there is a Deployment for each version. Two things it leaves to others in KServe 0.20, and the mesh and
KEDA do them here:

- It makes a Deployment for a canary, but no route weighs it: `trafficPercent` only chooses a number of copies
  (pkg/controller/v1beta1/inferenceservice/components/predictor.go, and nothing of it in reconcilers/ingress).
- A paused model has no copy, and nothing keeps a request until there is one: the first ones fail at the gateway, which
  counts them; by that count KEDA brings a copy back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pulumi_kubernetes as k8s
from addons import _kserve_knative as knative
from addons._kserve_values import RUNTIMES, Runtime

from groundwork.core.component import Component
from groundwork.core.contracts import (
    Around,
    Canary,
    Copies,
    Model,
    ModelSource,
    Namespace,
    Placement,
    Priorities,
    Serving,
    Trigger,
)
from groundwork.core.errors import StackError, closest
from groundwork.core.naming import is_label

_GROUP = "serving.kserve.io"
_SCHEMES = ("gs", "hf", "https", "oci", "pvc", "s3")
_CANARY = "canary"
_CONTAINER = "kserve-container"
# `isvc.<name>-canary-predictor` is a label, and a label has 63 characters.
_LONGEST_NAME = 40
_PORT = 8080
_CPU_PERCENT = 80


@dataclass(frozen=True, kw_only=True)
class KserveServing(Serving):
    """Serving by KServe.

    Attributes:
        s3_endpoint: URL of the store that KServe fetches from with a Secret's keys, None for AWS.
    """

    s3_endpoint: str | None = None

    def serve(
        self,
        name: str,
        *,
        parent: Component[Any],
        namespace: Namespace,
        source: ModelSource,
        format: str,
        resources: Mapping[str, Any],
        copies: Copies,
        around: Around,
        placement: Placement | None = None,
        canary: Canary | None = None,
    ) -> Model:
        """Make an InferenceService, and what exposes and scales it."""
        problems = [
            *_name_problems(name),
            *self._source_problems(source, format, placement, canary),
            *(
                knative.problems(copies, around.serverless)
                if self.by_requests
                else _copies_problems(copies, around, on_gpu=placement is not None)
            ),
            *_canary_problems(canary, around, by_requests=self.by_requests),
        ]
        if problems:
            raise StackError([f"{parent.name}: model {name!r}: {problem}" for problem in problems])
        # KServe refuses to change the mode of a model that is there: it is made anew, by the same name.
        options = namespace.options(
            parent,
            depends_on=list(source.bucket.ready) if source.bucket else [],
            replace_on_changes=[f'metadata.annotations["{_GROUP}/deploymentMode"]'],
            delete_before_replace=True,
        )
        stable = _predictor(RUNTIMES[format], format, source, resources, placement, around.priorities)
        keys = source.bucket.credentials if source.bucket is not None else None
        if self.by_requests and around.serverless is not None:
            version = _version(RUNTIMES[format], format, canary.uri) if canary is not None else {}
            return knative.serve(
                name,
                parent=parent,
                namespace=namespace,
                annotations=_annotations("Knative", keys),
                predictor={**stable, "model": {**stable["model"], **version}},
                share=canary.percent if canary is not None else None,
                copies=copies,
                around=around,
                serverless=around.serverless,
                options=options,
            )
        k8s.apiextensions.CustomResource(
            f"{parent.name}-{name}-model",
            api_version=f"{_GROUP}/v1beta1",
            kind="InferenceService",
            metadata={
                "name": name,
                "namespace": namespace.name,
                "annotations": _annotations(
                    "Standard",
                    keys,
                    # "external": the number of copies is somebody else's. "none": it is the minimum.
                    autoscalerClass="external" if copies.maximum > copies.minimum else "none",
                ),
            },
            spec=_spec(format, stable, copies, canary),
            opts=options,
        )
        services = [_service(name, f"{name}-predictor", parent, namespace)]
        if canary is not None:
            services.append(_service(f"{name}-{_CANARY}", f"{name}-{_CANARY}-predictor", parent, namespace))
        public = None
        if around.mesh is not None:
            public = around.mesh.expose(
                f"{name}-{namespace.name}",
                parent=parent,
                namespace=namespace,
                service=services[0],
                port=_PORT,
                login=around.login,
                shares={services[1]: canary.percent} if canary is not None else None,
            )
        if copies.maximum > copies.minimum and around.scaling is not None:
            around.scaling.scale(
                name,
                parent=parent,
                namespace=namespace,
                target=f"Deployment/{name}-predictor",
                minimum=copies.minimum,
                maximum=copies.maximum,
                triggers=_triggers(copies, around, namespace, services, on_gpu=placement is not None),
                cooldown_seconds=copies.idle_seconds,
            )
        elif copies.maximum > copies.minimum and around.usage is not None:
            around.usage.scale(
                name,
                parent=parent,
                namespace=namespace,
                target=f"Deployment/{name}-predictor",
                minimum=copies.minimum,
                maximum=copies.maximum,
                cpu_percent=_CPU_PERCENT,
            )
        return Model(url=f"http://{namespace.host(services[0])}:{_PORT}", public_url=public)

    def _source_problems(
        self,
        source: ModelSource,
        format: str,
        placement: Placement | None,
        canary: Canary | None,
    ) -> list[str]:
        problems = []
        for uri in (source.uri, *([canary.uri] if canary is not None else [])):
            scheme = urlsplit(uri).scheme
            if scheme == "models":
                problems.append(
                    f"{uri!r} is MLflow's word, which KServe does not know; give the s3:// URI of its files"
                )
            elif scheme not in _SCHEMES:
                problems.append(f"{uri!r} is no place of a model; it begins with one of {'://, '.join(_SCHEMES)}://")
        if format not in self.formats:
            problems.append(f"no server for the format {format!r}; {closest(format, self.formats)}")
        elif placement is not None and not RUNTIMES[format].gpus:
            able = ", ".join(sorted(name for name in self.formats if RUNTIMES[name].gpus))
            problems.append(f"the server for {format} uses no accelerator; those for {able} do")
        elif placement is not None and not all(kind.startswith("nvidia.com/") for kind in placement.resources):
            given = " and ".join(placement.resources)
            problems.append(f"the server for {format} is built for GPUs of NVIDIA, and this accelerator is {given}")
        bucket = source.bucket
        if bucket is not None and bucket.endpoint is not None and bucket.endpoint != self.s3_endpoint:
            problems.append(f"its store is {bucket.endpoint}, which KServe was not told; set kserve.s3Endpoint to it")
        return problems


def _name_problems(name: str) -> list[str]:
    if is_label(name, limit=_LONGEST_NAME):
        return []
    return [f"this is no name for a model: lower case letters, digits, hyphens; {_LONGEST_NAME} at most"]


def _copies_problems(copies: Copies, around: Around, *, on_gpu: bool) -> list[str]:
    problems = knative.amounts(copies)
    if not problems and copies.minimum < copies.maximum:
        # By CPU alone Kubernetes scales it too; that of a model on a GPU says little, and of none at all nothing.
        scaler = around.scaling or (around.usage if copies.minimum > 0 and not on_gpu else None)
        needed: dict[str, object] = {"something that scales (keda)": scaler}
        if copies.minimum == 0:
            needed |= {"a mesh that counts requests (istio)": around.mesh, "metrics (prometheus)": around.metrics}
        missing = [what for what, there in needed.items() if there is None]
        if missing:
            problems.append(f"min {copies.minimum} and max {copies.maximum} need {', '.join(missing)} in the stack")
    return problems


def _canary_problems(canary: Canary | None, around: Around, *, by_requests: bool) -> list[str]:
    if canary is None:
        return []
    problems = []
    if not 0 <= canary.percent <= 100:
        problems.append(f"canary.percent is {canary.percent}: 0 to 100")
    if around.mesh is None and not by_requests:
        problems.append("a canary needs a mesh (istio) in the stack: the gateway weighs its requests")
    return problems


def _annotations(mode: str, keys: str | None, **others: str) -> dict[str, str]:
    """Return what KServe is told of a model.

    Args:
        keys: the Secret with the keys of its store, None where it has none.
    """
    secret = {"secretName": keys} if keys is not None else {}
    return {f"{_GROUP}/{key}": value for key, value in {"deploymentMode": mode, **others, **secret}.items()}


def _spec(format: str, stable: dict[str, Any], copies: Copies, canary: Canary | None) -> dict[str, Any]:
    spec: dict[str, Any] = {"predictor": {**stable, "minReplicas": copies.minimum, "maxReplicas": copies.maximum}}
    if canary is not None:
        spec["canary"] = [_canary(RUNTIMES[format], format, canary, copies)]
    return spec


def _predictor(
    runtime: Runtime,
    format: str,
    source: ModelSource,
    resources: Mapping[str, Any],
    placement: Placement | None,
    priorities: Priorities | None,
) -> dict[str, Any]:
    extra = dict(placement.resources) if placement is not None else {}
    amounts = {kind: {**resources.get(kind, {}), **extra} for kind in ("requests", "limits")}
    return {
        **({"serviceAccountName": source.account.name} if source.account is not None else {}),
        # The servers' containers say the rest of what the restricted standard asks for.
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        **(
            {"nodeSelector": dict(placement.node_selector), "tolerations": [dict(t) for t in placement.tolerations]}
            if placement is not None
            else {}
        ),
        "model": {
            **_version(runtime, format, source.uri),
            **({"runtimeVersion": runtime.gpu_version} if placement is not None and runtime.gpu_version else {}),
            "resources": amounts,
        },
        **({"priorityClassName": priorities.serving} if priorities is not None else {}),
    }


def _version(runtime: Runtime, format: str, uri: str) -> dict[str, Any]:
    return {
        "modelFormat": {"name": format},
        "runtime": runtime.name,
        "storageUri": uri,
        **({"protocolVersion": runtime.protocol} if runtime.protocol is not None else {}),
    }


def _canary(runtime: Runtime, format: str, canary: Canary, copies: Copies) -> dict[str, Any]:
    # What it leaves out is the stable version's.
    # Of a canary alone its schema requires the container's name; it is the one that KServe's servers have.
    model = {"name": _CONTAINER, **_version(runtime, format, canary.uri)}
    predictor: dict[str, Any] = {"name": _CANARY, "model": model}
    if copies.minimum > 0:
        # Otherwise it has its percentage of the stable copies; more than those KServe refuses.
        predictor["minReplicas"] = 1
    return {"predictor": predictor, "trafficPercent": canary.percent}


def _service(name: str, workload: str, parent: Component[Any], namespace: Namespace) -> str:
    """Make a Service at the pods' own port: KServe's is at 80, and what the mesh allows is said of pods."""
    service = f"{name}-model"
    k8s.core.v1.Service(
        f"{parent.name}-{name}-model-service",
        metadata={"name": service, "namespace": namespace.name},
        spec={
            "selector": {"app": f"isvc.{workload}"},
            "ports": [{"name": "http", "port": _PORT, "targetPort": _PORT}],
        },
        # Pods come when KServe makes them, and may be none at times.
        opts=namespace.options(parent),
    )
    return service


def _triggers(
    copies: Copies, around: Around, namespace: Namespace, services: list[str], *, on_gpu: bool
) -> list[Trigger]:
    found = []
    if around.mesh is not None and around.metrics is not None:
        asked = {
            "serverAddress": around.metrics.url,
            "query": around.mesh.request_rate(namespace, services[:1]),
            "threshold": f"{copies.requests:g}",
        }
        found.append(Trigger(kind="prometheus", metadata=asked, metric="AverageValue"))
    if not on_gpu or not found:
        # Also for callers inside the cluster, whom no gateway counts.
        found.append(Trigger(kind="cpu", metadata={"value": str(_CPU_PERCENT)}, metric="Utilization"))
    return found
