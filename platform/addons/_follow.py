"""Copies of a web server that follow demand, by whichever autoscaler can measure it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import Field, PositiveFloat, PositiveInt

from groundwork.core.component import Component
from groundwork.core.config import Config
from groundwork.core.contracts import Mesh, Metrics, Namespace, Scaling, Trigger, Usage
from groundwork.core.errors import StackError


class FollowConfig(Config):
    """Between how many copies, and by what."""

    max: PositiveInt = Field(description="copies at most; at least there are `replicas`")
    cpu: int = Field(default=70, ge=10, le=100, description="percent of its request of CPU that each copy is to use")
    requests: PositiveFloat | None = Field(
        default=None, description="a second that one copy is for, as the gateway counts them; none: by CPU alone"
    )


@dataclass(frozen=True)
class Measures:
    """What a stack has to measure demand by, and to follow it."""

    usage: Usage | None
    scaling: Scaling | None
    mesh: Mesh | None
    metrics: Metrics | None


def check_follow(parent: Component[Any], config: FollowConfig | None, replicas: int, measures: Measures) -> None:
    """Refuse what nothing could follow.

    Raises:
        StackError: with all of it.
    """
    if config is None:
        return
    where, problems = f"{parent.name}.scaling", []
    if config.max < replicas:
        problems.append(f"{where}.max: {config.max} is less than the {replicas} that are always there (replicas)")
    if measures.usage is None:
        problems.append(f"{where}: nothing in this stack measures CPU; add metrics-server, or leave it out")
    needed: dict[str, object] = {
        "something that scales by it (keda)": measures.scaling,
        "a mesh that counts them (istio)": measures.mesh,
        "metrics (prometheus)": measures.metrics,
    }
    missing = [what for what, there in needed.items() if there is None]
    if config.requests is not None and missing:
        problems.append(f"{where}.requests: {config.requests:g} need {', '.join(missing)} in the stack")
    if problems:
        raise StackError(problems)


def follow(
    name: str,
    config: FollowConfig | None,
    replicas: int,
    measures: Measures,
    *,
    parent: Component[Any],
    namespace: Namespace,
    service: str,
) -> None:
    """Scale the Deployment `name`, whose requests come by `service`; without a configuration nothing is done.

    By CPU alone Kubernetes does it itself. By requests KEDA does, and by CPU too, so that there is one autoscaler: for
    callers inside the cluster, whom no gateway counts.
    """
    target, usage, scaling = f"Deployment/{name}", measures.usage, measures.scaling
    if config is None or usage is None:
        return
    if config.requests is None or scaling is None or measures.mesh is None or measures.metrics is None:
        usage.scale(
            name,
            parent=parent,
            namespace=namespace,
            target=target,
            minimum=replicas,
            maximum=config.max,
            cpu_percent=config.cpu,
        )
        return
    asked = {
        "serverAddress": measures.metrics.url,
        "query": measures.mesh.request_rate(namespace, [service]),
        "threshold": f"{config.requests:g}",
    }
    scaling.scale(
        name,
        parent=parent,
        namespace=namespace,
        target=target,
        minimum=replicas,
        maximum=config.max,
        triggers=[
            Trigger(kind="prometheus", metadata=asked, metric="AverageValue"),
            Trigger(kind="cpu", metadata={"value": str(config.cpu)}, metric="Utilization"),
        ],
    )
