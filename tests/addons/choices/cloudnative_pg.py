"""CloudNativePG's values."""

from __future__ import annotations

from typing import Any

from addons import cloudnative_pg

from groundwork.core.profiles import Profile

FREE: dict[str, set[str]] = {}


def choices(profile: Profile) -> dict[str, list[dict[str, Any]]]:
    """Return them."""
    given = cloudnative_pg.CloudNativePgConfig.load({}, profile)
    return {
        "cloudnative-pg-0.29.0": [cloudnative_pg.values(given)],
        "plugin-barman-cloud-0.7.0": [cloudnative_pg.plugin_values(given)],
    }
