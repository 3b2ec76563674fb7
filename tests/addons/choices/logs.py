"""The values of what carries and keeps logs."""

from __future__ import annotations

from typing import Any

from addons import _fluent_bit_values, _loki_values

from groundwork.core.contracts import Bucket
from groundwork.core.profiles import Profile

FREE: dict[str, set[str]] = {
    "fluent-bit-0.58.1": {"securityContext.*"},
    "loki-18.11.0": {
        *("loki.schemaConfig.*", "loki.compactor.*", "loki.analytics.*", "loki.storage.bucketNames"),
        *("loki.limits_config.retention_period", "loki.limits_config.ingestion_rate_mb"),
        *("loki.limits_config.per_stream_rate_limit", "loki.limits_config.max_global_streams_per_user"),
    },
}


def choices(profile: Profile) -> dict[str, list[dict[str, Any]]]:
    """Return them: in the cloud, and on a store of one's own."""
    cloud = Bucket(name="logs", endpoint=None, region="eu-west-1", credentials=None)
    own = Bucket(name="logs", endpoint="http://minio:9000", region="us-east-1", credentials="keys")
    return {
        "fluent-bit-0.58.1": [_fluent_bit_values.values(url="http://loki.loki.svc.cluster.local:3100", priority="")],
        "loki-18.11.0": [
            _loki_values.values(
                _loki_values.Sizes(copies, "1Gi", 10, 14),
                name="loki",
                account="loki",
                bucket=bucket,
                storage_class="gp3",
                priority=priority,
            )
            for copies, bucket, priority in ((1, own, None), (3, cloud, "platform"))
        ],
    }
