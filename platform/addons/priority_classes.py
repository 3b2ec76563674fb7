"""Priority classes: who goes first where there is no room for all."""

from __future__ import annotations

from typing import Literal

import pulumi_kubernetes as k8s
from pydantic import Field

from groundwork.core.component import Component
from groundwork.core.config import Config
from groundwork.core.contracts import Cluster, Priorities

# Kubernetes' own, for what a node cannot do without, begin at two thousand millions.
_VALUES = {"platform": 1_000_000, "serving": 100_000, "interactive": 10_000, "batch": 1_000}
_MEANINGS = {
    "platform": "What all others depend on: measuring, scaling, the mesh.",
    "serving": "Models that answer requests.",
    "interactive": "Notebooks: somebody waits for them.",
    "batch": "What can begin again. It waits for room, and ends nobody else.",
}


class PriorityClassesConfig(Config):
    """What a stack file may say under `priority-classes:`."""

    default: Literal["serving", "interactive", "batch", "none"] = Field(
        default="interactive",
        description="class of pods that name none, such as notebooks, whose form knows no classes; none: they come "
        "after all others, as is right where the cluster has another default already",
    )


class PriorityClasses(Component[PriorityClassesConfig]):
    """Four classes. Notebooks, and whatever else names none, come before what can begin again."""

    single = True

    def build(self, cluster: Cluster) -> Priorities:
        """Make the classes."""
        for name, value in _VALUES.items():
            k8s.scheduling.v1.PriorityClass(
                f"{self.name}-{name}",
                metadata={"name": name},
                value=value,
                description=_MEANINGS[name],
                global_default=name == self.config.default,
                preemption_policy="Never" if name == "batch" else "PreemptLowerPriority",
                opts=cluster.options(self),
            )
        return Priorities()
