"""A model that runs by its requests: KServe makes a Knative Service, and Knative its versions, copies and routes.

A canary is the newest version here: Knative keeps the one before it, and weighs between the two. So what was served
before stays the stable version whatever the stack file still says of it, and a model that begins with a canary gives it
all requests until there is another version: add the canary once the model is there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from groundwork.core.component import Component
from groundwork.core.contracts import Around, Copies, Model, Namespace, Serverless

_AUTOSCALING = "autoscaling.knative.dev"
# Over how long the autoscaler counts requests, before it finds none: `stable-window` of Knative's defaults.
_WINDOW_SECONDS = 60


def amounts(copies: Copies) -> list[str]:
    """Return what is wrong with how many copies of a model there are to be, whatever scales it."""
    if 0 <= copies.minimum <= copies.maximum and copies.maximum >= 1:
        return []
    return [f"min is {copies.minimum}, and max {copies.maximum}: 0 ≤ min ≤ max, and max is 1 at least"]


def problems(copies: Copies, serverless: Serverless | None) -> list[str]:
    """Return what is wrong with the copies of a model that runs by its requests."""
    if serverless is None:
        return [
            "models run by their requests here (kserve.mode: knative), and nothing in this stack does that; add "
            "`knative: {}` to it, or import the stack that has it"
        ]
    found = amounts(copies)
    if copies.minimum == 0 and copies.idle_seconds > serverless.kept_seconds:
        found.append(
            f"its last copy is to stay for {copies.idle_seconds // 60} minutes without a request (idleMinutes); "
            f"{serverless.kept_seconds // 60} is the most that can be asked for"
        )
    return found


def serve(
    name: str,
    *,
    parent: Component[Any],
    namespace: Namespace,
    annotations: Mapping[str, str],
    predictor: Mapping[str, Any],
    share: int | None,
    copies: Copies,
    around: Around,
    serverless: Serverless,
    options: pulumi.ResourceOptions,
) -> Model:
    """Make an InferenceService that Knative runs, and what exposes it.

    Args:
        predictor: of the newest version.
        share: percent of the requests that go to it, None for all of them.
    """
    k8s.apiextensions.CustomResource(
        f"{parent.name}-{name}-model",
        api_version="serving.kserve.io/v1beta1",
        kind="InferenceService",
        metadata={
            "name": name,
            "namespace": namespace.name,
            "annotations": {**annotations, **_scaling(copies)},
        },
        spec={
            "predictor": {
                **predictor,
                "minReplicas": copies.minimum,
                "maxReplicas": copies.maximum,
                **({"canaryTrafficPercent": share} if share is not None else {}),
            }
        },
        opts=options,
    )
    server = f"{name}-predictor"
    public = None
    if around.mesh is not None:
        public = serverless.expose(
            f"{name}-{namespace.name}",
            parent=parent,
            namespace=namespace,
            service=server,
            mesh=around.mesh,
            login=around.login,
        )
    return Model(url=f"http://{namespace.host(server)}", public_url=public)


def _scaling(copies: Copies) -> dict[str, str]:
    """Return by what Knative scales; KServe's own field for it knows no fraction of a request a second."""
    told = {"metric": "rps", "target": f"{copies.requests:g}"}
    if copies.minimum == 0 and copies.idle_seconds > _WINDOW_SECONDS:
        told["scale-to-zero-pod-retention-period"] = f"{copies.idle_seconds - _WINDOW_SECONDS}s"
    return {f"{_AUTOSCALING}/{key}": value for key, value in told.items()}
