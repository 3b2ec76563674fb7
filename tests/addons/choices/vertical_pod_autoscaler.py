"""The vertical pod autoscaler's values."""

from __future__ import annotations

from typing import Any

from addons.vertical_pod_autoscaler import VerticalPodAutoscalerConfig, values

from groundwork.core.profiles import Profile

FREE: dict[str, set[str]] = {}


def choices(profile: Profile) -> dict[str, list[dict[str, Any]]]:
    """Return them."""
    config = VerticalPodAutoscalerConfig.load({}, profile)
    return {"vertical-pod-autoscaler-0.11.0": [values(config, applies=applies) for applies in (False, True)]}
