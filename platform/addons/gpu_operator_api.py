"""The kinds of NVIDIA's GPU operator."""

from __future__ import annotations

from dataclasses import dataclass

from groundwork.core.component import ApiComponent
from groundwork.core.config import Config
from groundwork.core.contract import Contract
from groundwork.core.contracts import Cluster
from groundwork.core.definitions import install_definitions


class GpuOperatorApiConfig(Config):
    """What a stack file may say under `gpu-operator-api:`: nothing yet."""


@dataclass(frozen=True, kw_only=True)
class GpuOperatorKinds(Contract):
    """The kinds are there: ClusterPolicy, NVIDIADriver, GPUCluster, ComputeDomain."""


class GpuOperatorApi(ApiComponent[GpuOperatorApiConfig]):
    """ClusterPolicy, NVIDIADriver and the other kinds of the GPU operator."""

    def build(self, cluster: Cluster) -> GpuOperatorKinds:
        """Install the CRDs."""
        install_definitions(self, cluster, "gpu-operator")
        return GpuOperatorKinds()
