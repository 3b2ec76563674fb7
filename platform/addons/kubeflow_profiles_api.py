"""The kind of Kubeflow's profiles."""

from __future__ import annotations

from dataclasses import dataclass

from groundwork.core.component import ApiComponent
from groundwork.core.config import Config
from groundwork.core.contract import Contract
from groundwork.core.contracts import Cluster
from groundwork.core.definitions import install_definitions


class KubeflowProfilesApiConfig(Config):
    """What a stack file may say under `kubeflow-profiles-api:`: nothing yet."""


@dataclass(frozen=True, kw_only=True)
class ProfileKinds(Contract):
    """The kind is there: Profile."""


class KubeflowProfilesApi(ApiComponent[KubeflowProfilesApiConfig]):
    """Profile."""

    def build(self, cluster: Cluster) -> ProfileKinds:
        """Install the CRD."""
        install_definitions(self, cluster, "kubeflow-profiles")
        return ProfileKinds()
