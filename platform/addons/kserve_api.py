"""The kinds of KServe."""

from __future__ import annotations

from dataclasses import dataclass

from groundwork.core.component import ApiComponent
from groundwork.core.config import Config
from groundwork.core.contract import Contract
from groundwork.core.contracts import Cluster
from groundwork.core.definitions import install_definitions


class KserveApiConfig(Config):
    """What a stack file may say under `kserve-api:`: nothing yet."""


@dataclass(frozen=True, kw_only=True)
class KserveKinds(Contract):
    """The kinds are there: InferenceService, ServingRuntime, ClusterServingRuntime, InferenceGraph, TrainedModel."""


class KserveApi(ApiComponent[KserveApiConfig]):
    """InferenceService and the other kinds of KServe, without LLMInferenceService: it has a controller of its own."""

    def build(self, cluster: Cluster) -> KserveKinds:
        """Install the CRDs."""
        install_definitions(self, cluster, "kserve")
        return KserveKinds()
