"""The kinds of Kubeflow Trainer, and the one that it runs on."""

from __future__ import annotations

from dataclasses import dataclass

from groundwork.core.component import ApiComponent
from groundwork.core.config import Config
from groundwork.core.contract import Contract
from groundwork.core.contracts import Cluster
from groundwork.core.definitions import install_definitions


class KubeflowTrainerApiConfig(Config):
    """What a stack file may say under `kubeflow-trainer-api:`: nothing yet."""


@dataclass(frozen=True, kw_only=True)
class TrainerKinds(Contract):
    """The kinds are there: TrainJob, TrainingRuntime and ClusterTrainingRuntime, and the JobSet they become."""


class KubeflowTrainerApi(ApiComponent[KubeflowTrainerApiConfig]):
    """TrainJob, TrainingRuntime, ClusterTrainingRuntime and JobSet."""

    def build(self, cluster: Cluster) -> TrainerKinds:
        """Install the CRDs."""
        install_definitions(self, cluster, "jobset")
        install_definitions(self, cluster, "kubeflow-trainer")
        return TrainerKinds()
