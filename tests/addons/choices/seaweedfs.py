"""SeaweedFS' values."""

from __future__ import annotations

from typing import Any

from addons._seaweedfs_values import values
from addons.seaweedfs import SeaweedfsConfig

from groundwork.core.profiles import Profile

# The chart hands on a security context as it is.
FREE: dict[str, set[str]] = {
    "seaweedfs-4.44.0": {
        "fullnameOverride",
        "allInOne.podSecurityContext",
        "allInOne.containerSecurityContext",
    }
}


def choices(profile: Profile) -> dict[str, list[dict[str, Any]]]:
    """Return them."""
    given = SeaweedfsConfig.load({}, profile)
    return {
        "seaweedfs-4.44.0": [
            values(
                "seaweedfs",
                storage_gi=given.storage_gi,
                memory=given.memory,
                claim="seaweedfs-data",
                identities_secret="seaweedfs-identities",  # noqa: S106 - the name of a Secret
            )
        ]
    }
