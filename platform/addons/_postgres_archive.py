"""What CloudNativePG is told of a server's archive: its log as it is written, and a copy of its files each night.

https://cloudnative-pg.io/plugin-barman-cloud/docs/usage/. To restore, make another Cluster from the archive: in
`spec.bootstrap` `recovery: {source: archive, recoveryTarget: {targetTime: ...}}`, and in `spec.externalClusters` one
called `archive` with the plugin's name and the parameters `barmanObjectName` and `serverName` of the old one.
"""

from __future__ import annotations

from typing import Any

from addons._pods import resources

from groundwork.core.contracts import Bucket

PLUGIN = "barman-cloud.cloudnative-pg.io"


def store(bucket: Bucket, *, days: int) -> dict[str, Any]:
    """Return the spec of the plugin's ObjectStore.

    Args:
        days: how far back the server can be restored to any second.
    """
    # Stores other than AWS' own refuse the checksums that its SDK sends by default.
    plain = ("AWS_REQUEST_CHECKSUM_CALCULATION", "AWS_RESPONSE_CHECKSUM_VALIDATION") if bucket.endpoint else ()
    configuration: dict[str, Any] = {
        "destinationPath": f"{bucket.url}/",
        "s3Credentials": _credentials(bucket),
        "wal": {"compression": "gzip"},
        "data": {"compression": "gzip"},
    }
    if bucket.endpoint:
        configuration["endpointURL"] = bucket.endpoint
    return {
        "configuration": configuration,
        "retentionPolicy": f"{days}d",
        "instanceSidecarConfiguration": {
            "resources": resources("100m", "256Mi", "512Mi"),
            "env": [
                {"name": "AWS_DEFAULT_REGION", "value": bucket.region},
                *({"name": name, "value": "when_required"} for name in plain),
            ],
        },
    }


def _credentials(bucket: Bucket) -> dict[str, Any]:
    if bucket.credentials is None:
        return {"inheritFromIAMRole": True}
    keys = {"accessKeyId": "AWS_ACCESS_KEY_ID", "secretAccessKey": "AWS_SECRET_ACCESS_KEY"}
    return {field: {"name": bucket.credentials, "key": key} for field, key in keys.items()}


def nightly(cluster: str) -> dict[str, Any]:
    """Return the spec of a ScheduledBackup: once now, since a log without a copy restores nothing, then each night."""
    return {
        "cluster": {"name": cluster},
        # With seconds first.
        "schedule": "0 0 2 * * *",
        "immediate": True,
        "backupOwnerReference": "self",
        "target": "prefer-standby",
        "method": "plugin",
        "pluginConfiguration": {"name": PLUGIN},
    }
