"""The kinds of CloudNativePG."""

from __future__ import annotations

from groundwork.core.component import ApiComponent
from groundwork.core.config import Config
from groundwork.core.contract import Contract
from groundwork.core.contracts import Cluster
from groundwork.core.definitions import install_definitions


class CloudNativePgApiConfig(Config):
    """What a stack file may say under `cloudnative-pg-api:`: nothing yet."""


class CloudNativePgKinds(Contract):
    """The kinds are there; whether somebody acts on them is another matter."""


class CloudNativePgApi(ApiComponent[CloudNativePgApiConfig]):
    """Cluster, Database, DatabaseRole, Backup and the other kinds of CloudNativePG, and its archive's ObjectStore."""

    def build(self, cluster: Cluster) -> CloudNativePgKinds:
        """Install the CRDs."""
        install_definitions(self, cluster, "cloudnative-pg")
        install_definitions(self, cluster, "barman-cloud")
        return CloudNativePgKinds()
