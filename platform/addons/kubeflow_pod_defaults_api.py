"""The kind of Kubeflow's pod defaults."""

from __future__ import annotations

from dataclasses import dataclass

from groundwork.core.component import ApiComponent
from groundwork.core.config import Config
from groundwork.core.contract import Contract
from groundwork.core.contracts import Cluster
from groundwork.core.definitions import install_definitions


class KubeflowPodDefaultsApiConfig(Config):
    """What a stack file may say under `kubeflow-pod-defaults-api:`: nothing yet."""


@dataclass(frozen=True, kw_only=True)
class PodDefaultKinds(Contract):
    """The kind is there: PodDefault."""


class KubeflowPodDefaultsApi(ApiComponent[KubeflowPodDefaultsApiConfig]):
    """PodDefault."""

    def build(self, cluster: Cluster) -> PodDefaultKinds:
        """Install the CRD."""
        install_definitions(self, cluster, "kubeflow-pod-defaults")
        return PodDefaultKinds()
