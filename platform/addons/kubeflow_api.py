"""The kinds of Kubeflow."""

from __future__ import annotations

from dataclasses import dataclass

from groundwork.core.component import ApiComponent
from groundwork.core.config import Config
from groundwork.core.contract import Contract
from groundwork.core.contracts import Cluster
from groundwork.core.definitions import install_definitions


class KubeflowApiConfig(Config):
    """What a stack file may say under `kubeflow-api:`: nothing yet."""


@dataclass(frozen=True, kw_only=True)
class KubeflowKinds(Contract):
    """The kinds are there: ScheduledWorkflow and Viewer of Pipelines, Notebook."""


class KubeflowApi(ApiComponent[KubeflowApiConfig]):
    """ScheduledWorkflow, Viewer and Notebook."""

    def build(self, cluster: Cluster) -> KubeflowKinds:
        """Install the CRDs."""
        install_definitions(self, cluster, "kubeflow")
        return KubeflowKinds()
