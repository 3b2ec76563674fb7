"""Values of Loki: https://github.com/grafana-community/helm-charts/tree/loki-18.11.0/charts/loki."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from addons._charts import budget
from addons._pods import resources, spread

from groundwork.core.contracts import Bucket

PORT = 3100
_OFF = {"enabled": False}


@dataclass(frozen=True)
class Sizes:
    """How much of everything.

    Attributes:
        copies: of the one program that does everything; each line is kept by as many of three.
        memory: request and limit of a copy.
        storage_gi: volume of a copy, for what is not in the bucket yet.
        retention_days: how long lines are kept.
    """

    copies: int
    memory: str
    storage_gi: int
    retention_days: int


def values(
    sizes: Sizes, *, name: str, account: str, bucket: Bucket, storage_class: str, priority: str | None
) -> dict[str, Any]:
    """Return the chart's values.

    Args:
        name: of what the chart makes.
        account: its service account, which reaches the bucket.
        priority: name of a priority class.
    """
    several = sizes.copies > 1
    return {
        "fullnameOverride": name,
        "deploymentMode": "Monolithic",
        "loki": _loki(sizes, bucket),
        "singleBinary": {
            "replicas": sizes.copies,
            "extraEnv": bucket.environment,
            "priorityClassName": priority,
            "resources": resources("200m", sizes.memory),
            # Beside the chart's own rule, that no two are on one node.
            "topologySpreadConstraints": spread(
                {"app.kubernetes.io/name": "loki", "app.kubernetes.io/component": "single-binary"}
            ),
            "persistence": {"enabled": True, "size": f"{sizes.storage_gi}Gi", "storageClass": storage_class},
            # Without a number the chart makes none.
            "podDisruptionBudget": {"enabled": several, **budget(sizes.copies)},
        },
        # The chart refuses one program beside the three that it would otherwise be divided into.
        **{part: {"replicas": 0} for part in ("backend", "read", "write")},
        # It asks the bucket, and never the API server.
        "serviceAccount": {"name": account, "automountServiceAccountToken": False},
        # Those who ask speak to it themselves; one program needs no proxy that knows its parts.
        "gateway": _OFF,
        # By default eight gibibytes of memory for what one program keeps by itself.
        "chunksCache": _OFF,
        "resultsCache": _OFF,
        # Alerts are Prometheus' matter. This sidecar reads the ConfigMaps and Secrets of every namespace.
        "sidecar": {"rules": _OFF},
        "rbac": {"namespaced": True},
        "lokiCanary": _OFF,
        "test": _OFF,
        "minio": _OFF,
    }


def _loki(sizes: Sizes, bucket: Bucket) -> dict[str, Any]:
    return {
        # Who may ask is decided at its door: it has no users of its own, only the names that callers give themselves.
        "auth_enabled": False,
        "analytics": {"reporting_enabled": False},
        # With two of two, one that restarts would stop all writing.
        "commonConfig": {"replication_factor": 3 if sizes.copies >= 3 else 1},
        "schemaConfig": {
            "configs": [
                {
                    # Never changed: what was written under it is read by it.
                    "from": "2024-04-01",
                    "store": "tsdb",
                    "object_store": "s3",
                    "schema": "v13",
                    "index": {"prefix": "index_", "period": "24h"},
                }
            ]
        },
        "storage": {
            "type": "s3",
            "bucketNames": dict.fromkeys(("chunks", "ruler", "admin"), bucket.name),
            "s3": _s3(bucket),
        },
        "limits_config": {
            "retention_period": f"{sizes.retention_days * 24}h",
            # One team that writes without end must not fill the bucket, nor slow the others.
            "ingestion_rate_mb": 16,
            "per_stream_rate_limit": "5MB",
            "max_global_streams_per_user": 50_000,
        },
        "compactor": {"retention_enabled": True, "delete_request_store": "s3"},
    }


def _s3(bucket: Bucket) -> dict[str, Any]:
    """Return where the bucket is; who may use it comes from the pod's identity, or from its environment."""
    if bucket.endpoint is None:
        return {"region": bucket.region}
    return {
        "region": bucket.region,
        "endpoint": bucket.endpoint,
        "s3ForcePathStyle": True,
        "insecure": bucket.endpoint.startswith("http://"),
    }
