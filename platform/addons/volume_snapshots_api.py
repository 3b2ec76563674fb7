"""The kinds of volume snapshots."""

from __future__ import annotations

from groundwork.core.component import ApiComponent
from groundwork.core.config import Config
from groundwork.core.contracts import Cluster, SnapshotKinds
from groundwork.core.definitions import install_definitions


class VolumeSnapshotsApiConfig(Config):
    """What a stack file may say under `volume-snapshots-api:`: nothing yet."""


class VolumeSnapshotsApi(ApiComponent[VolumeSnapshotsApiConfig]):
    """VolumeSnapshot, VolumeSnapshotClass and VolumeSnapshotContent.

    A cloud's add-on that brings a snapshot controller writes the same kinds. So they are applied by force: whoever
    comes second changes nothing, and when the add-on goes the kinds stay, with every snapshot.
    """

    def build(self, cluster: Cluster) -> SnapshotKinds:
        """Install the CRDs."""
        install_definitions(self, cluster, "volume-snapshots")
        return SnapshotKinds()
