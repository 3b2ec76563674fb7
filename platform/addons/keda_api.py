"""The kinds of KEDA, and scaling by them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import pulumi_kubernetes as k8s
from pydantic import Field

from groundwork.core.component import ApiComponent, Component
from groundwork.core.config import Config
from groundwork.core.contracts import Cluster, Namespace, Scaling, Trigger
from groundwork.core.contracts.scaling import Resource, claim_copies, claim_resources, workload
from groundwork.core.definitions import install_definitions
from groundwork.core.errors import StackError
from groundwork.core.forms import Form

_BY = "KEDA"
_RESOURCES: tuple[Resource, ...] = ("cpu", "memory")
Queue = Annotated[
    str,
    Form(
        r"arn:aws[a-z-]*:sqs:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_.-]+",
        "the ARN of a queue",
        "arn:aws:sqs:eu-west-1:111122223333:jobs",
    ),
]
CLOUD = "cloud"
"""Name of the authentication by which a scaler comes as KEDA itself does: `keda` makes it where it has an identity."""


class KedaApiConfig(Config):
    """What a stack file may say under `keda-api:`."""

    queues: tuple[Queue, ...] = Field(default=(), description="ARNs of queues of SQS whose length copies may follow")


@dataclass(frozen=True, kw_only=True)
class KedaScaling(Scaling):
    """Scaling by KEDA's ScaledObject.

    Attributes:
        queues: ARNs of queues of the cloud whose length KEDA may read.
    """

    queues: tuple[str, ...] = ()

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
            StackError: where `target` is no workload that KEDA can scale, the numbers or credentials contradict each
                other, or something else scales it.
        """
        problems = [problem for trigger in triggers for problem in self._problems(trigger)]
        if problems:
            raise StackError([f"{parent.name}: cannot scale {target!r} by {problem}" for problem in problems])
        kind, of_kind = workload(target, parent, "scale", (0, minimum, maximum))
        claim_copies(parent, namespace, target, by=_BY)
        kinds = {trigger.kind for trigger in triggers}
        used: list[Resource] = [resource for resource in _RESOURCES if resource in kinds]
        claim_resources(parent, namespace, target, used, by=_BY)
        references = [_authentication(f"{name}-{index}", t, parent, namespace) for index, t in enumerate(triggers)]
        k8s.apiextensions.CustomResource(
            f"{parent.name}-{name}-scaling",
            api_version="keda.sh/v1alpha1",
            kind="ScaledObject",
            metadata={"name": name, "namespace": namespace.name},
            spec={
                "scaleTargetRef": {"apiVersion": "apps/v1", "kind": kind, "name": of_kind},
                "minReplicaCount": minimum,
                "maxReplicaCount": maximum,
                "cooldownPeriod": cooldown_seconds,
                "triggers": [_trigger(*pair) for pair in zip(triggers, references, strict=True)],
            },
            opts=namespace.options(parent),
        )

    def _problems(self, trigger: Trigger) -> list[str]:
        asked = trigger.authentication
        if asked is None:
            return []
        if asked.cloud == bool(asked.secrets):
            return [f"{trigger.kind}: its credentials are either Secrets or the cloud's identity"]
        if asked.cloud and not self.queues:
            return [f"{trigger.kind}: KEDA has no identity in the cloud; name what it may read under keda-api.queues"]
        return []


def _authentication(name: str, trigger: Trigger, parent: Component[Any], namespace: Namespace) -> dict[str, str] | None:
    """Make what a trigger is let in by, and return the reference to it."""
    asked = trigger.authentication
    if asked is None:
        return None
    if asked.cloud:
        return {"kind": "ClusterTriggerAuthentication", "name": CLOUD}
    k8s.apiextensions.CustomResource(
        f"{parent.name}-{name}-authentication",
        api_version="keda.sh/v1alpha1",
        kind="TriggerAuthentication",
        metadata={"name": name, "namespace": namespace.name},
        spec={
            "secretTargetRef": [
                {"parameter": parameter, "name": where.secret, "key": where.key}
                for parameter, where in sorted(asked.secrets.items())
            ]
        },
        opts=namespace.options(parent),
    )
    return {"name": name}


def _trigger(trigger: Trigger, reference: dict[str, str] | None) -> dict[str, Any]:
    """Return a trigger as a ScaledObject has it."""
    spec: dict[str, Any] = {"type": trigger.kind, "metadata": dict(trigger.metadata), **trigger.extra}
    if trigger.metric is not None:
        spec["metricType"] = trigger.metric
    if reference is not None:
        spec["authenticationRef"] = reference
    return spec


class KedaApi(ApiComponent[KedaApiConfig]):
    """ScaledObject, ScaledJob, TriggerAuthentication and the other kinds of KEDA."""

    def build(self, cluster: Cluster) -> KedaScaling:
        """Install the CRDs."""
        install_definitions(self, cluster, "keda")
        return KedaScaling(queues=self.config.queues)
