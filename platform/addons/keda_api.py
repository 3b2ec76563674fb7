"""The kinds of KEDA, and scaling by them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi_kubernetes as k8s

from groundwork.core.component import ApiComponent, Component
from groundwork.core.config import Config
from groundwork.core.contracts import Cluster, Namespace, Scaling, Trigger
from groundwork.core.definitions import install_definitions
from groundwork.core.errors import StackError

_KINDS = ("Deployment", "StatefulSet")


class KedaApiConfig(Config):
    """What a stack file may say under `keda-api:`: nothing yet."""


@dataclass(frozen=True, kw_only=True)
class KedaScaling(Scaling):
    """Scaling by KEDA's ScaledObject."""

    def scale(
        self,
        name: str,
        *,
        parent: Component[Any],
        namespace: Namespace,
        target: str,
        minimum: int,
        maximum: int,
        triggers: Sequence[Trigger],
        cooldown_seconds: int = 300,
    ) -> None:
        """Make a ScaledObject.

        Raises:
            StackError: where `target` is no workload that KEDA can scale, or the numbers contradict each other.
        """
        kind, _, workload = target.partition("/")
        problems = []
        if kind not in _KINDS or not workload:
            problems.append(f"{parent.name}: cannot scale {target!r}; valid: {'/name, '.join(_KINDS)}/name")
        if not 0 <= minimum <= maximum or maximum == 0:
            problems.append(f"{parent.name}: cannot scale {target!r} between {minimum} and {maximum} copies")
        if problems:
            raise StackError(problems)
        k8s.apiextensions.CustomResource(
            f"{parent.name}-{name}-scaling",
            api_version="keda.sh/v1alpha1",
            kind="ScaledObject",
            metadata={"name": name, "namespace": namespace.name},
            spec={
                "scaleTargetRef": {"apiVersion": "apps/v1", "kind": kind, "name": workload},
                "minReplicaCount": minimum,
                "maxReplicaCount": maximum,
                "cooldownPeriod": cooldown_seconds,
                "triggers": [_trigger(trigger) for trigger in triggers],
            },
            opts=namespace.options(parent),
        )


def _trigger(trigger: Trigger) -> dict[str, Any]:
    """Return a trigger as a ScaledObject has it."""
    spec: dict[str, Any] = {"type": trigger.kind, "metadata": dict(trigger.metadata), **trigger.extra}
    if trigger.metric is not None:
        spec["metricType"] = trigger.metric
    if trigger.authentication is not None:
        spec["authenticationRef"] = {"name": trigger.authentication}
    return spec


class KedaApi(ApiComponent[KedaApiConfig]):
    """ScaledObject, ScaledJob, TriggerAuthentication and the other kinds of KEDA."""

    def build(self, cluster: Cluster) -> KedaScaling:
        """Install the CRDs."""
        install_definitions(self, cluster, "keda")
        return KedaScaling()
