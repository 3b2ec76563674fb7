"""The kinds of Katib."""

from __future__ import annotations

from dataclasses import dataclass

from groundwork.core.component import ApiComponent
from groundwork.core.config import Config
from groundwork.core.contract import Contract
from groundwork.core.contracts import Cluster
from groundwork.core.definitions import install_definitions


class KatibApiConfig(Config):
    """What a stack file may say under `katib-api:`: nothing yet."""


@dataclass(frozen=True, kw_only=True)
class KatibKinds(Contract):
    """The kinds are there: Experiment, Suggestion and Trial."""


class KatibApi(ApiComponent[KatibApiConfig]):
    """Experiment, Suggestion and Trial."""

    def build(self, cluster: Cluster) -> KatibKinds:
        """Install the CRDs."""
        install_definitions(self, cluster, "katib")
        return KatibKinds()
