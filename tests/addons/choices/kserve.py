"""KServe's values."""

from __future__ import annotations

from typing import Any

from addons import _kserve_values as kserve

from groundwork.core.profiles import Profile

FREE: dict[str, set[str]] = {}


def choices(profile: Profile) -> dict[str, list[dict[str, Any]]]:
    """Return them."""
    stores = (None, "http://minio.minio.svc.cluster.local:9000", "https://store.example")
    return {
        "kserve-resources-v0.20.0": [kserve.controller_values(store) for store in stores],
        "kserve-runtime-configs-v0.20.0": [
            kserve.runtime_values(formats) for formats in (tuple(kserve.RUNTIMES), ("sklearn",))
        ],
    }
