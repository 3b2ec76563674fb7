"""Values of SeaweedFS' chart: https://github.com/seaweedfs/seaweedfs/tree/4.44/k8s/charts/seaweedfs."""

from __future__ import annotations

from typing import Any

from addons._pods import pod_security, resources

USER = 1000
S3, MASTER, FILER = 8333, 9333, 8888


def values(name: str, *, storage_gi: int, memory: str, claim: str, identities_secret: str) -> dict[str, Any]:
    """Return the values for one server that does everything.

    Args:
        name: of the release, with which everything that the chart makes begins.
        storage_gi: size of the claim.
        claim: of its data.
        identities_secret: with the key seaweedfs_s3_config: who may use the S3 API.
    """
    return {
        "fullnameOverride": name,
        # A right to delete any pod of the cluster, for a migration that is long over.
        "global": {"seaweedfs": {"createClusterRole": False, "automountServiceAccountToken": False}},
        "master": {
            "enabled": False,
            # The server keeps data in volumes of this size, and each bucket takes seven at once: with few big ones a
            # handful of buckets would take all there is.
            "volumeSizeLimitMB": max(100, storage_gi * 1024 // 200),
        },
        "volume": {"enabled": False},
        "filer": {"enabled": False},
        "allInOne": {
            "enabled": True,
            "s3": {"enabled": True, "enableAuth": True, "existingConfigSecret": identities_secret},
            "data": {"type": "existingClaim", "claimName": claim},
            "resources": resources("250m", memory),
            "podSecurityContext": {"enabled": True, **pod_security(USER)},
            "containerSecurityContext": {
                "enabled": True,
                "allowPrivilegeEscalation": False,
                "capabilities": {"drop": ["ALL"]},
            },
        },
    }
