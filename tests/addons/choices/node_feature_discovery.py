"""Node feature discovery's values."""

from __future__ import annotations

from typing import Any

from addons.node_feature_discovery import NodeFeatureDiscoveryConfig, values

from groundwork.core.profiles import Profile
from tests.addons.choices.nvidia import POOL

FREE: dict[str, set[str]] = {}


def choices(profile: Profile) -> dict[str, list[dict[str, Any]]]:
    """Return them."""
    config = NodeFeatureDiscoveryConfig.load({}, profile)
    pools: list[list[Any]] = [[], [POOL]]
    return {
        "node-feature-discovery-0.19.0": [values(config, name="node-feature-discovery", pools=given) for given in pools]
    }
