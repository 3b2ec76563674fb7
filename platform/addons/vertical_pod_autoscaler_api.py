"""The kinds of the vertical pod autoscaler, and sizing by them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi_kubernetes as k8s
from pydantic import Field

from groundwork.core.component import ApiComponent, Component
from groundwork.core.config import Config
from groundwork.core.contracts import Cluster, Namespace, Sizing
from groundwork.core.contracts.scaling import claim_resources, workload
from groundwork.core.definitions import install_definitions
from groundwork.core.errors import StackError


class VerticalPodAutoscalerApiConfig(Config):
    """What a stack file may say under `vertical-pod-autoscaler-api:`."""

    apply: bool = Field(
        default=False,
        description="also change what pods request, where a component asks for it; else it only says what they should",
    )


@dataclass(frozen=True, kw_only=True)
class VpaSizing(Sizing):
    """Sizing by VerticalPodAutoscalers."""

    def size(
        self, name: str, *, parent: Component[Any], namespace: Namespace, target: str, apply: bool = False
    ) -> None:
        """Make a VerticalPodAutoscaler."""
        kind, of_kind = workload(target, parent, "size")
        if apply and kind == "StatefulSet":
            raise StackError([f"{parent.name}: cannot apply sizes to {target!r}: it holds data; they are advised only"])
        if apply and not self.applies:
            raise StackError(
                [
                    f"{parent.name}: cannot apply sizes to {target!r}: in this stack they are advised only; set "
                    "vertical-pod-autoscaler-api.apply: true"
                ]
            )
        if apply:
            claim_resources(parent, namespace, target, ["cpu", "memory"], by="VerticalPodAutoscaler")
        k8s.apiextensions.CustomResource(
            f"{parent.name}-{name}-size",
            api_version="autoscaling.k8s.io/v1",
            kind="VerticalPodAutoscaler",
            metadata={"name": name, "namespace": namespace.name},
            spec={
                "targetRef": {"apiVersion": "apps/v1", "kind": kind, "name": of_kind},
                "updatePolicy": {"updateMode": "InPlaceOrRecreate" if apply else "Off"},
            },
            opts=namespace.options(parent),
        )


class VerticalPodAutoscalerApi(ApiComponent[VerticalPodAutoscalerApiConfig]):
    """VerticalPodAutoscaler, and where its recommender keeps what it has seen."""

    def build(self, cluster: Cluster) -> VpaSizing:
        """Install the CRDs."""
        install_definitions(self, cluster, "vertical-pod-autoscaler")
        return VpaSizing(applies=self.config.apply)
