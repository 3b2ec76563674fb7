"""metrics-server's values."""

from __future__ import annotations

from typing import Any

from addons.metrics_server import MetricsServerConfig, values

from groundwork.core.profiles import Profile

FREE: dict[str, set[str]] = {"metrics-server-3.13.1": {"resources.limits"}}


def choices(profile: Profile) -> dict[str, list[dict[str, Any]]]:
    """Return them."""
    return {
        "metrics-server-3.13.1": [
            values(MetricsServerConfig.load(given, profile), name="metrics-server")
            for given in ({}, {"unsignedKubelets": True})
        ]
    }
