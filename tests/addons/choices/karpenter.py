"""The values of Karpenter."""

from __future__ import annotations

from typing import Any

from groundwork.core.profiles import Profile
from infra import _karpenter_values as karpenter

FREE: dict[str, set[str]] = {"karpenter-1.14.1": {"nodeSelector.*", "controller.resources.*"}}


def choices(profile: Profile) -> dict[str, list[dict[str, Any]]]:
    """Return them."""
    replicas = 2 if profile.highly_available else 1
    return {
        "karpenter-1.14.1": [karpenter.values(cluster="c", queue="c", replicas=replicas, system_pool="system")],
    }
