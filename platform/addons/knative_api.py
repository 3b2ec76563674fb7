"""The kinds of Knative Serving."""

from __future__ import annotations

from dataclasses import dataclass

from groundwork.core.component import ApiComponent
from groundwork.core.config import Config
from groundwork.core.contract import Contract
from groundwork.core.contracts import Cluster
from groundwork.core.definitions import install_definitions


class KnativeApiConfig(Config):
    """What a stack file may say under `knative-api:`: nothing yet."""


@dataclass(frozen=True, kw_only=True)
class KnativeKinds(Contract):
    """The kinds are there: Service, Route, Configuration and Revision, DomainMapping, and those between its parts."""


class KnativeApi(ApiComponent[KnativeApiConfig]):
    """Knative's Service, Route, Configuration, Revision and DomainMapping, and what its parts tell each other."""

    def build(self, cluster: Cluster) -> KnativeKinds:
        """Install the CRDs."""
        install_definitions(self, cluster, "knative")
        return KnativeKinds()
